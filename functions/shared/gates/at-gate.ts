import { type Told, wordsOf } from '../records/decision.ts';
import type { ClosedGate } from './gates.ts';

/** When the subject is reconciled again, and whether reading the gates may lead to another decision. */
interface More {
  readonly wakeAt: number;
  readonly dependsOnGates?: true;
}

/** What is said of a subject that waits at a closed gate; a pure function. */
export function atGate<Closed extends ClosedGate>(
  { reason, message, which, until, isThrottled, isUnread }: Closed,
  target: string,
): [told: Told<Closed['reason']>, more: More] {
  // Nothing keeps AWS busy for good, so that nobody has to act.
  const decision = reason === 'gate-unreadable' && !isThrottled ? 'refused' : 'waiting';
  const more = { wakeAt: until, ...(isUnread && { dependsOnGates: true as const }) };
  return [wordsOf<Closed['reason']>(decision, reason, message, `${target} ${which}`), more];
}
