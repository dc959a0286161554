import type { InvalidPolicy } from '../policy/policy.ts';
import type { DecisionKind, RemediationRecord } from './record.ts';

/** What every decision rests on besides the observation. */
export interface CircumstancesOf<Policy> {
  readonly policy: Policy | InvalidPolicy;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
}

/** What is told of a decision. */
export interface Told<Reason extends string> {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /**
   * Tells this outcome from others of the same reason; an outcome is recorded when reason or variant change. It is made of
   * codes: what AWS words may change from one reconcile to the next.
   */
  readonly variant: string;
  readonly details?: RemediationRecord['details'];
}

/** The words of a decision. */
export const wordsOf = <Reason extends string>(
  decision: DecisionKind,
  reason: Reason,
  message: string,
  variant = '',
): Told<Reason> => ({ decision, reason, message, variant });

/** The same, with what is to be remembered from now on. */
export const wordsWith = <Reason extends string, Memory>(
  decision: DecisionKind,
  reason: Reason,
  message: string,
  memory: Memory,
  variant = '',
): Told<Reason> & { readonly memory: Memory } => ({ ...wordsOf(decision, reason, message, variant), memory });
