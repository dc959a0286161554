import { type Candidate, type MachineImage, type Offer, offerOf } from '../shared/releases/wanted-image.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';

/**
 * The target of a proposal to move to an AMI. Where a floating group is pinned first, the pin and its version are part
 * of the target. The approval still holds once the group is on that version.
 */
export function planTo(
  target: string,
  { group: { source }, template, state: { pinned, proposal } }: Observation,
  { floating }: Policy['refreshes'],
): string {
  if (source.kind !== 'floating' && source.kind !== 'version') return target;
  const version = source.kind === 'floating' ? (template?.version ?? '') : source.version;
  const withPin = `${target}, pinned to version ${version} of ${source.templateId} first`;
  const mustBePinned = source.kind === 'floating' && floating === 'pin' && pinned === undefined;
  return mustBePinned || proposal?.target === withPin ? withPin : target;
}

/**
 * The AMIs that the group may move to. Where only some of its workers run a named AMI, that AMI is on offer for the
 * others.
 */
export function offerHere(
  candidates: readonly Candidate[],
  present: MachineImage,
  { behind, controlPlane }: Observation,
  now: number,
): Offer {
  const newer = offerOf(candidates, present, { controlPlane, now });
  if (behind === undefined || newer.newer.length > 0 || newer.refused.length > 0) return newer;
  const same = candidates.filter(({ image }) => image.imageId === present.imageId);
  return offerOf(same, behind, { controlPlane, now });
}
