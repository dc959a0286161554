import type { WantedReading } from '../releases/read-wanted-images.ts';
import { type MachineImage, offerOf } from '../releases/wanted-image.ts';

/** How many AMIs older than the present one are remembered. */
const OLDER_KEPT = 26;

/** A group that runs an AMI of its owner. */
interface OwnImages {
  /** The AMIs that the policy names. */
  readonly wanted: WantedReading;
  /** The AMI that the group runs; absent where nobody can say. */
  readonly present: MachineImage | undefined;
  /** The newest Kubernetes version that the group's nodes may run. */
  readonly controlPlane: string;
}

/**
 * The AMIs of its owner that come to a group, by their creation, oldest first: the present one, those that the group
 * may move to, and those that the group is beyond. AMI ids say nothing of an order. Whose AMIs come to a group depends
 * on the policy where the group is.
 *
 * @returns undefined where the AMIs cannot be read: all later waves wait for the group
 */
export function imageOrder({ wanted, present, controlPlane }: OwnImages, now: number): string[] | undefined {
  if (present === undefined || wanted.kind === 'unreadable') return undefined;
  const { imageId, createdAt } = present;
  if (wanted.kind === 'none') return [imageId];
  const older = wanted.candidates
    .map(({ image }) => image)
    .filter((image) => image.createdAt < createdAt)
    .toSorted((a, b) => a.createdAt - b.createdAt);
  const { newer } = offerOf(wanted.candidates, present, { controlPlane, now });
  return [...older.slice(-OLDER_KEPT), { imageId }, ...newer].map((image) => image.imageId);
}

/**
 * Compares two AMIs by the order of `imageOrder`: negative when `a` is older; undefined where one of them does not come
 * to the group.
 */
export function compareImages(order: readonly string[], a: string, b: string): number | undefined {
  const [left, right] = [order.indexOf(a), order.indexOf(b)];
  return left < 0 || right < 0 ? undefined : left - right;
}
