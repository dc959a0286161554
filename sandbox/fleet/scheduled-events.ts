import type { AutoScalingGroup } from '../account/auto-scaling/group.ts';
import type { FleetSelfManagedGroup } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** How long an instance takes to stop, ms. */
const STOPPING_MS = 30_000;
/** Codes of events that stop an instance. The others only reboot it, or disturb it for a while. */
const STOPS: ReadonlySet<string> = new Set(['instance-retirement', 'instance-stop']);

/**
 * Has EC2 schedule events for members of a group. At its time one that stops an instance fails the health check of the
 * group, which then replaces it; in standby Auto Scaling checks no health, and the instance is only stopped. Sources: EC2
 * user guide, "Scheduled events for Amazon EC2 instances"; Auto Scaling user guide, "Temporarily remove instances".
 */
export function seedScheduledEvents(
  { world, instances, autoScalingGroups }: FleetState,
  group: AutoScalingGroup,
  events: FleetSelfManagedGroup['scheduledEvents'],
): void {
  const ids = world.random.fork(`scheduled events of ${group.name}`);
  for (const { at, code, notBefore, node } of events) {
    const due = parseTime(notBefore, world.time.now) ?? world.time.now;
    world.time.at(parseTime(at, world.time.now) ?? world.time.now, () => {
      const member = [...group.members.values()][node];
      if (member === undefined) return;
      const { instance } = member;
      instance.scheduledEvent = { id: `instance-event-0${ids.hex(16)}`, code, notBefore: due };
      world.time.at(due, () => {
        if (instance.scheduledEvent === undefined) return;
        instance.scheduledEvent = { ...instance.scheduledEvent, isOver: true };
        if (!STOPS.has(code)) return;
        if (member.lifecycleState === 'Standby') instances.stop(instance, STOPPING_MS, () => undefined);
        else autoScalingGroups.failHealthCheck(group, instance);
      });
    });
  }
}
