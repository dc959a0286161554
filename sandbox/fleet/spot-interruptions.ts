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
