import { type ClosedGate, closedGate } from '../../shared/gates/gates.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import { meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from '../model/obstacles.ts';
import type { Moment } from './moment.ts';

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

function waitAt(
  { reason, message, which, until, isThrottled, isUnread, hint }: ClosedGate,
  { state, idle, now, releaseVersion, attempt, wait }: Moment,
): Decision {
  const variant = `${releaseVersion} ${attempt} ${which}`;
  if (reason !== 'gate-unreadable') return { ...wait(reason, message, until), variant };
  const obstacle = meet(state.obstacle, `gate ${which}`, now, UNREADABLE);
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
