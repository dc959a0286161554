import { nextOpening } from '../../shared/policy/change-window.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Decision } from '../model/decision.ts';
import { GATE } from '../model/obstacles.ts';
import type { Moment } from './moment.ts';

/** Waits for a change window. A proposal changes nothing, so operators may get and approve one while windows are shut. */
export function outsideWindow({ now, pace, state, isProposal, wait }: Moment): Decision | undefined {
  const opensAt = nextOpening(pace.windows, now);
  if (opensAt <= now || isProposal) return undefined;
  const waiting = wait('outside-change-window', `The next window opens at ${iso(opensAt)}.`, opensAt);
  // A gate may be closed in one window after the other.
  const atGates = state.obstacle?.what.startsWith(GATE) ? { obstacle: state.obstacle } : {};
  return { ...waiting, memory: { ...waiting.memory, ...atGates } };
}
