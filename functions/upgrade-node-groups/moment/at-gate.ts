import { type ClosedGate, closedGate } from '../../shared/gates/gates.ts';
import { isLasting, toldOfLong } from '../../shared/gates/held-at-gate.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import { closedBy, GATE, gateBehind, meetUnknown, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from '../model/obstacles.ts';
import type { Moment } from './moment.ts';
import { keepingGate } from './outside-window.ts';
import { tellingUrgent } from './urgent-wait.ts';

/** The gate of nodes and pods where the look at the node group has left them out. */
const UNREAD = { reason: 'gate-unreadable', which: 'workloads', isThrottled: false } as const;

/**
 * Waits while a gate that the policy names is closed. The record tells of a gate that cannot be read, unless AWS is
 * only slow. A proposal changes nothing, so operators may get and approve one while a gate is closed.
 */
export function atGate(
  moment: Moment,
  { gates, preflights }: Pick<Circumstances, 'gates' | 'preflights'>,
): Decision | undefined {
  if (moment.isProposal) return undefined;
  const closed = closedGate(moment.upgrades.gates, gates, moment.now) ?? closedByWorkloads(moment, preflights);
  return closed === undefined ? undefined : waitAt(closed, moment);
}

/** Only a look before the start reads nodes and pods. They hold no node group without a look. */
function closedByWorkloads(
  { key, upgrades, now }: Moment,
  preflights: Circumstances['preflights'],
): ClosedGate | undefined {
  const seen = preflights?.found.get(subjectOf(key));
  if (!upgrades.gates.nodesAndPods || seen === undefined || seen.workloads === 'open') return undefined;
  const message = 'What cannot be read is closed: nobody has read nodes and pods.';
  return seen.workloads ?? { ...UNREAD, message, until: now };
}

const OPEN_THE_CALENDAR =
  'To have it start before, open the calendar, or take it out of upgrades.gates.calendars for the node group.';

function waitAt(closed: ClosedGate, moment: Moment): Decision {
  const { reason, message, which, until, isThrottled, isUnread, hint } = closed;
  const { state, idle, now, releaseVersion, attempt, wait } = moment;
  const variant = `${releaseVersion} ${attempt} ${which}`;
  if (isLasting(closed)) return waitForOpening(closed, variant, moment);
  // Somebody has written down when a calendar opens.
  if (reason !== 'gate-unreadable') {
    const waiting = { ...keepingGate(wait(reason, message, until), state), variant };
    return tellingUrgent(waiting, until, moment, OPEN_THE_CALENDAR);
  }
  const obstacle = meetUnknown(state.obstacle, `${GATE}${which}`, now, UNREADABLE);
  const isPatient = isThrottled && now - obstacle.since < SLOWNESS_IS_TOLD_AFTER;
  return {
    ...wait(reason, message, obstacle.until),
    decision: 'refused',
    variant,
    memory: { ...idle, obstacle },
    ...(hint !== undefined && { hint }),
    ...(isPatient && { isSilent: true }),
    ...(isUnread && { dependsOnGates: true }),
  };
}

/** Waits for what nobody knows when it opens, and reports it where it holds the upgrade back for long. */
function waitForOpening(closed: ClosedGate, variant: string, { state, idle, now, wait }: Moment): Decision {
  const { reason, message, until } = closed;
  // One alarm may follow another, and pods be pending where nodes were not Ready.
  const what = closedBy(reason);
  const known = gateBehind(state.obstacle);
  const since = known?.what === what ? known.since : now;
  // Only the time is needed, so nothing is saved again at each look.
  const obstacle = state.obstacle?.what === what ? state.obstacle : { what, count: 1, since, until: now };
  const memory = { ...idle, obstacle };
  const long = toldOfLong(closed, since, 'the upgrade', now);
  if (long === undefined) return { ...wait(reason, message, until), variant, memory };
  const { sentence, ...hint } = long;
  const told = wait(reason, `${message} ${sentence}`, until);
  return { ...told, decision: 'refused', variant: `${variant} long`, memory, ...hint };
}
