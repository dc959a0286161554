import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { approvalEnds } from '../../shared/ledger/proposal.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Decision } from '../model/decision.ts';
import { GATE, gateBehind } from '../model/obstacles.ts';
import type { Moment } from './moment.ts';
import { tellingUrgent } from './urgent-wait.ts';

/** Waits for a change window. A proposal changes nothing, so operators may get and approve one while windows are shut. */
export function outsideWindow(moment: Moment): Decision | undefined {
  const { now, pace, state, isProposal, wait } = moment;
  const opensAt = nextOpening(pace.windows, now);
  if (opensAt <= now || isProposal) return undefined;
  const message = `The next window opens at ${iso(opensAt)}.${endsBefore(opensAt, moment)}`;
  const waiting = keepingGate(wait('outside-change-window', message, opensAt), state);
  return tellingUrgent(waiting, opensAt, moment, START_IN_NO_WINDOW);
}

const START_IN_NO_WINDOW =
  'To have it start before, open a window (upgrades.windows), or let urgent findings pass windows (upgrades.urgent.ignoreWindows).';

/** Says where the approval of an upgrade ends before the next window opens. */
function endsBefore(
  opensAt: number,
  { approval: { ruling, isNeeded }, state: { proposal }, upgrades }: Moment,
): string {
  if (proposal === undefined || ruling === undefined || !isNeeded) return '';
  const ends = approvalEnds(proposal, ruling, upgrades.approvalExpiresAfter);
  return ends > opensAt
    ? ''
    : ` The approval ends before, at ${iso(ends)} (upgrades.approvalExpiresAfter): approve it later.`;
}

/** Remembers a closed gate while something else that passes by itself holds the group: it may be closed again after that. */
export function keepingGate(waiting: Decision, { obstacle }: Pick<NodeGroupState, 'obstacle'>): Decision {
  const known = gateBehind(obstacle);
  const kept =
    obstacle?.what.startsWith(GATE) === true ? obstacle : known && { ...known, count: 1, until: known.since };
  return kept === undefined ? waiting : { ...waiting, memory: { ...waiting.memory, obstacle: kept } };
}
