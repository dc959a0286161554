import { type Told, wordsOf } from '../records/decision.ts';
import { nextLook } from '../runtime/next-look.ts';
import { type ClosedGate, closedGate, type Gates, READ_EVERY } from './gates.ts';
import type { NamedGates } from './gates-policy.ts';
import { type HeldAtGate, heldAfter, toldOfLong } from './held-at-gate.ts';
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

/** What is told of a subject at a closed gate, and what is to be remembered; absent: nothing. */
export interface AtGate {
  readonly told: Told<ClosedGate['reason']>;
  readonly more: More;
  readonly held?: HeldAtGate | undefined;
}

/** What waits at the gates. */
interface Waiting {
  readonly target: string;
  readonly since: Since;
  readonly now: number;
  /** What has held it so far. */
  readonly held: HeldAtGate | undefined;
  /** What cannot start, at the end of a sentence: `the refresh`. */
  readonly what: string;
}

/**
 * What is said of a subject that is due where a gate is closed; a pure function. It is undefined where all are open.
 * Alarms and calendars are read before nodes and pods, which cost more.
 */
export function waitAtGates(named: NamedGates, { gates, workloads }: GatesRead, waiting: Waiting): AtGate | undefined {
  const { target, since, now, held } = waiting;
  const closed = closedGate(named, gates, now);
  if (closed !== undefined) return atGate(closed, waiting);
  if (!named.nodesAndPods || workloads === 'open') return undefined;
  if (workloads !== undefined) return atGate(workloads, waiting);
  const message = 'Nodes and pods are read before it begins.';
  const told = wordsOf<ClosedGate['reason']>('waiting', 'workload-gate-closed', message, target);
  return { told, more: { wakeAt: nextLook(now, READ_EVERY), dependsOnWorkloads: since }, held };
}

function atGate(closed: ClosedGate, { target, now, held: before, what }: Waiting): AtGate {
  const { reason, message, which, until, isThrottled, isUnread } = closed;
  const held = heldAfter(before, closed, target, now);
  const long = toldOfLong(closed, held?.since ?? now, what, now);
  // Nothing keeps AWS busy for good, so that nobody has to act.
  const decision = (reason === 'gate-unreadable' && !isThrottled) || long !== undefined ? 'refused' : 'waiting';
  const more = { wakeAt: until, ...(isUnread && { dependsOnGates: true as const }) };
  const words = long === undefined ? message : `${message} ${long.sentence}`;
  const hint = long?.hint ?? closed.hint;
  const variant = `${target} ${which}${long === undefined ? '' : ' long'}`;
  const told = wordsOf<ClosedGate['reason']>(decision, reason, words, variant);
  return { told: { ...told, ...(hint !== undefined && { hint }) }, more, held };
}
