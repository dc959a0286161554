import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Decision } from '../model/decision.ts';
import { GATE, gateBehind } from '../model/obstacles.ts';
import type { Moment } from './moment.ts';

/** Waits for a change window. A proposal changes nothing, so operators may get and approve one while windows are shut. */
export function outsideWindow({ now, pace, state, isProposal, wait }: Moment): Decision | undefined {
  const opensAt = nextOpening(pace.windows, now);
  if (opensAt <= now || isProposal) return undefined;
  return keepingGate(wait('outside-change-window', `The next window opens at ${iso(opensAt)}.`, opensAt), state);
}

/** Remembers a closed gate while something else that passes by itself holds the group: it may be closed again after that. */
export function keepingGate(waiting: Decision, { obstacle }: Pick<NodeGroupState, 'obstacle'>): Decision {
  const known = gateBehind(obstacle);
  const kept =
    obstacle?.what.startsWith(GATE) === true ? obstacle : known && { ...known, count: 1, until: known.since };
  return kept === undefined ? waiting : { ...waiting, memory: { ...waiting.memory, obstacle: kept } };
}
