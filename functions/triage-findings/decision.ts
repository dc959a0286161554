import type { FindingState } from '../shared/ledger/finding-ledger.ts';
import type { DecisionKind, RemediationRecord } from '../shared/records/record.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** What a decision rests on besides the observation. */
export interface Circumstances {
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
}

/** What is remembered of a node group's findings. */
export type Memory = Pick<FindingState, 'need' | 'notFixed'>;

/** Of a decision that may not have been carried out, what was remembered before it. */
export const memoryOf = ({ need, notFixed, pending }: FindingState): Memory =>
  pending ?? { ...(need !== undefined && { need }), ...(notFixed !== undefined && { notFixed }) };

export interface Outcome {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /** Tells this outcome from others of the same reason. */
  readonly variant: string;
  readonly details?: RemediationRecord['details'];
}

export interface Decision {
  /** Absent: there is nothing to tell. */
  readonly outcome?: Outcome;
  readonly memory: Memory;
  readonly act?: 'request-upgrade' | 'enable-inspector';
}

export const say = (
  decision: DecisionKind,
  reason: Reason,
  message: string,
  memory: Memory,
  variant = '',
): Decision & { readonly outcome: Outcome } => ({ outcome: { decision, reason, message, variant }, memory });
