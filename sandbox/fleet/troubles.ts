import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Plans the calls of EKS that a fleet file has fail. */
export function planTroubles({ eks, world }: FleetState, { troubles }: Fleet): void {
  for (const { from, until, operations, cluster, nodeGroup, code, status, message } of troubles) {
    eks.troubles.add({
      from: from === undefined ? world.time.now : (parseTime(from, world.time.now) ?? world.time.now),
      until: until === undefined ? Number.POSITIVE_INFINITY : (parseTime(until, world.time.now) ?? 0),
      operations: new Set(operations),
      cluster,
      nodeGroup,
      code,
      status,
      message,
    });
  }
}
