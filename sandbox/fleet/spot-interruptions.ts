import { replaceAtRisk } from '../account/auto-scaling/capacity-rebalancing.ts';
import type { AutoScalingGroup } from '../account/auto-scaling/group.ts';
import type { FleetSelfManagedGroup } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

const WARNED_AHEAD = 2 * 60_000;
const TAKEN_WITHIN = 60_000;

/**
 * Has EC2 take Spot Instances of a group back, two minutes after a warning, whatever runs on them. The group notices by
 * its health check, and hooks on terminations hold nothing up. Sources: EC2 user guide, "Spot Instance interruption
 * notices"; Auto Scaling user guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot Instances".
 */
export function seedSpotInterruptions(
  { world, instances }: FleetState,
  group: AutoScalingGroup,
  interruptions: NonNullable<FleetSelfManagedGroup['spotInterruptions']>,
): void {
  for (const { at, node } of interruptions) {
    world.time.at(parseTime(at, world.time.now) ?? world.time.now, () => {
      const instance = [...group.members.values()][node]?.instance;
      if (instance === undefined) return;
      const { partition, region, accountId } = world;
      world.emit({
        source: 'aws.ec2',
        detailType: 'EC2 Spot Instance Interruption Warning',
        resources: [`arn:${partition}:ec2:${region}:${accountId}:instance/${instance.id}`],
        detail: { 'instance-id': instance.id, 'instance-action': 'terminate' },
      });
      world.time.after(WARNED_AHEAD, () => instances.terminate(instance, TAKEN_WITHIN, () => {}));
    });
  }
}

/**
 * Has EC2 recommend that Spot Instances of a group be replaced, which the group does where it rebalances its capacity.
 * Source: EC2 user guide, "EC2 instance rebalance recommendations".
 */
export function seedRebalanceRecommendations(
  { world, autoScalingGroups }: FleetState,
  group: AutoScalingGroup,
  recommendations: NonNullable<FleetSelfManagedGroup['rebalanceRecommendations']>,
): void {
  for (const { at, node } of recommendations) {
    world.time.at(parseTime(at, world.time.now) ?? world.time.now, () => {
      const member = [...group.members.values()][node];
      if (member === undefined) return;
      const { partition, region, accountId } = world;
      const { id } = member.instance;
      world.emit({
        source: 'aws.ec2',
        detailType: 'EC2 Instance Rebalance Recommendation',
        resources: [`arn:${partition}:ec2:${region}:${accountId}:instance/${id}`],
        detail: { 'instance-id': id },
      });
      if (group.rebalancesCapacity === true) replaceAtRisk(world, autoScalingGroups, group, member);
    });
  }
}
