import type { InvalidPolicy } from '../policy/policy.ts';
import type { DecisionKind, RemediationRecord } from './record.ts';

/** What every decision depends on besides the observation. */
export interface CircumstancesOf<Policy> {
  readonly policy: Policy | InvalidPolicy;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
}

/** The outcome of a decision, as it is recorded. */
export interface Told<Reason extends string> {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /**
   * Tells this outcome from others with the same reason. An outcome is recorded when its reason or variant changes. The
   * variant consists of codes, because AWS's wording may change between reconciles.
   */
  readonly variant: string;
  readonly details?: RemediationRecord['details'];
  /** What to do, where the hint of the reason does not fit the subject. */
  readonly hint?: string;
}

/** Builds the outcome of a decision. */
export const wordsOf = <Reason extends string>(
  decision: DecisionKind,
  reason: Reason,
  message: string,
  variant = '',
): Told<Reason> => ({ decision, reason, message, variant });

/** Builds an outcome together with the memory to save. */
export const wordsWith = <Reason extends string, Memory>(
  decision: DecisionKind,
  reason: Reason,
  message: string,
  memory: Memory,
  variant = '',
): Told<Reason> & { readonly memory: Memory } => ({ ...wordsOf(decision, reason, message, variant), memory });
