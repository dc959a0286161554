import { type Candidate, type MachineImage, type Offer, offerOf } from './wanted-image.ts';

/** What of a group an offer depends on. */
interface Group {
  /** The oldest AMI that a worker still has, where they have several. */
  readonly behind?: MachineImage;
  readonly controlPlane: string;
}

/**
 * The AMIs that the group may move to. Where only some of its workers run a named AMI, that AMI is on offer for the
 * others. A pure function.
 *
 * @param present the newest AMI that a worker has
 */
export function offerToGroup(
  candidates: readonly Candidate[],
  present: MachineImage,
  { behind, controlPlane }: Group,
  now: number,
): Offer {
  const newer = offerOf(candidates, present, { controlPlane, now });
  if (behind === undefined || newer.newer.length > 0 || newer.refused.length > 0) return newer;
  const same = candidates.filter(({ image }) => image.imageId === present.imageId);
  return offerOf(same, behind, { controlPlane, now });
}
