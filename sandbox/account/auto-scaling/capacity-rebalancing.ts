import type { World } from '../world.ts';
import type { AutoScalingGroup, Member } from './group.ts';
import { type AutoScalingGroups, servingMembers } from './groups.ts';

const LOOKS_EVERY_MS = 15_000;
/** Between the replacement's start of service and the end of the instance at risk; AWS names no time. */
const HEALTH_CHECK_MS = 60_000;
const TERMINATION_MS = 60_000;

/**
 * Replaces a Spot Instance of which EC2 says that it may soon be taken back. The group launches a replacement first, and
 * ends the instance, through the group's hooks, once the replacement is healthy. The group may exceed its maximum size
 * for that by a tenth; that this is at least one instance is known of rebalancing between zones. Source: Auto Scaling
 * user guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot Instances".
 */
export function replaceAtRisk(world: World, groups: AutoScalingGroups, group: AutoScalingGroup, member: Member): void {
  const { time } = world;
  const isInService = () => group.members.get(member.instance.id) === member && member.lifecycleState === 'InService';
  const end = () => {
    if (!isInService()) return;
    if (group.suspended.has('Terminate')) time.after(LOOKS_EVERY_MS, end);
    else groups.terminate(group, member.instance, TERMINATION_MS);
  };
  const awaitReplacement = () => {
    const healthy = servingMembers(group).filter(({ lifecycleState }) => lifecycleState === 'InService');
    if (!isInService()) return;
    if (healthy.length >= group.desired + group.surge) time.after(HEALTH_CHECK_MS, end);
    else time.after(LOOKS_EVERY_MS, awaitReplacement);
  };
  const begin = () => {
    if (!isInService() || member.isAtRisk === true) return;
    const most = Math.max(group.max, group.desired) + Math.max(1, Math.floor(group.max / 10));
    const atRisk = [...group.members.values()].filter(
      (each) => each.isAtRisk === true && each.lifecycleState === 'InService',
    );
    if (servingMembers(group).length + atRisk.length >= most) {
      time.after(LOOKS_EVERY_MS, begin);
      return;
    }
    member.isAtRisk = true;
    groups.settle(group);
    awaitReplacement();
  };
  begin();
}
