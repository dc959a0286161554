import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Plans what happens at a time that the file states, if it does. */
export function until({ world }: FleetState, at: string | undefined, task: () => void): void {
  const due = at === undefined ? undefined : parseTime(at, world.time.now);
  if (due !== undefined) world.time.at(due, task);
}
