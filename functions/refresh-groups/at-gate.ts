import type { ClosedNamedGate } from '../shared/gates/gates.ts';
import type { Told } from '../shared/records/decision.ts';
import { type Decision, say } from './decision.ts';
import type { Reason } from './reasons.ts';

/** What is said of a group that waits at a closed gate, and when it is reconciled again; a pure function. */
export function atGate(
  { reason, message, which, until, isThrottled, isUnread }: ClosedNamedGate,
  target: string,
): [told: Told<Reason>, more: Pick<Decision, 'wakeAt' | 'dependsOnGates'>] {
  // Nothing keeps AWS busy for good, so that nobody has to act.
  const decision = reason === 'gate-unreadable' && !isThrottled ? 'refused' : 'waiting';
  const more = { wakeAt: until, ...(isUnread && { dependsOnGates: true as const }) };
  return [say(decision, reason, message, `${target} ${which}`), more];
}
