import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { World } from '../world.ts';
import type { EksNodeGroup } from './node-group.ts';
import type { EksState } from './state.ts';

/** How long EKS takes to delete a node group, ms. */
const TAKES_MS = 5 * 60_000;
/** How long EC2 takes to end its instances, ms. */
const ENDS_WITHIN_MS = 60_000;

/**
 * Simulates that somebody deletes a node group: its nodes end, in standby too, and then it and its Auto Scaling group are
 * gone. An instance that was detached from that stays, and so do its tags. During an update EKS refuses to delete it.
 * Source: EKS API reference, DeleteNodegroup (ResourceInUseException).
 *
 * @returns whether it is being deleted
 */
export function deleteNodeGroup(
  { time }: Pick<World, 'time'>,
  eks: EksState,
  autoScalingGroups: AutoScalingGroups,
  group: EksNodeGroup,
): boolean {
  const { autoScalingGroup } = group;
  if (group.status === 'UPDATING' || group.status === 'DELETING') return false;
  group.status = 'DELETING';
  autoScalingGroup.min = 0;
  autoScalingGroup.desired = 0;
  for (const { instance } of [...autoScalingGroup.members.values()]) {
    autoScalingGroups.terminate(autoScalingGroup, instance, ENDS_WITHIN_MS);
  }
  const removeOnceEmpty = (): void => {
    if (autoScalingGroup.members.size > 0) {
      time.after(ENDS_WITHIN_MS, removeOnceEmpty);
      return;
    }
    eks.removeNodeGroup(group);
    autoScalingGroups.remove(autoScalingGroup);
  };
  time.after(TAKES_MS, removeOnceEmpty);
  return true;
}
