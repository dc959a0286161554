import { type Told, wordsOf } from '../records/decision.ts';
import { type ClosedGate, closedGate, type Gates, READ_EVERY } from './gates.ts';
import type { NamedGates } from './gates-policy.ts';
import type { Since } from './workload-gate.ts';

/** What was read of the gates; absent members: nobody has read them. */
export interface GatesRead {
  /** The alarms and calendars that the policy names. */
  readonly gates?: Gates;
  /** The gate of nodes and pods. */
  readonly workloads?: 'open' | ClosedGate;
}

/** When the subject is reconciled again, and whether reading the gates may lead to another decision. */
interface More {
  readonly wakeAt: number;
  readonly dependsOnGates?: true;
  /** Since when nodes and pods count; absent where reading them changes nothing. */
  readonly dependsOnWorkloads?: Since;
}

/** What is told of a subject at a closed gate. */
export type AtGate = [told: Told<ClosedGate['reason']>, more: More];

/**
 * What is said of a subject that is due where a gate is closed; a pure function. It is undefined where all are open.
 * Alarms and calendars are read before nodes and pods, which cost more.
 */
export function waitAtGates(
  named: NamedGates,
  { gates, workloads }: GatesRead,
  { target, since, now }: { readonly target: string; readonly since: Since; readonly now: number },
): AtGate | undefined {
  const closed = closedGate(named, gates, now);
  if (closed !== undefined) return atGate(closed, target);
  if (!named.nodesAndPods || workloads === 'open') return undefined;
  if (workloads !== undefined) return atGate(workloads, target);
  const message = 'Nodes and pods are read before it begins.';
  const told = wordsOf<ClosedGate['reason']>('waiting', 'workload-gate-closed', message, target);
  return [told, { wakeAt: now + READ_EVERY, dependsOnWorkloads: since }];
}

function atGate({ reason, message, which, until, isThrottled, isUnread, hint }: ClosedGate, target: string): AtGate {
  // Nothing keeps AWS busy for good, so that nobody has to act.
  const decision = reason === 'gate-unreadable' && !isThrottled ? 'refused' : 'waiting';
  const more = { wakeAt: until, ...(isUnread && { dependsOnGates: true as const }) };
  const told = wordsOf<ClosedGate['reason']>(decision, reason, message, `${target} ${which}`);
  return [{ ...told, ...(hint !== undefined && { hint }) }, more];
}
