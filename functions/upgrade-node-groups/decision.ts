import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Failures, Upgrade } from '../shared/ledger/node-group-ledger.ts';
import type { Proposal } from '../shared/ledger/proposal.ts';
import type { InvalidPolicy } from '../shared/policy/policy.ts';
import type { DecisionKind, RemediationRecord } from '../shared/records/record.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** What a decision rests on besides the observation. */
export interface Circumstances {
  readonly policy: Policy | InvalidPolicy;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
  /** The slots held, the subject's own among them. */
  readonly slots: BlastBudget['slots'];
}

/** What is remembered of a subject's upgrades. A subject with an upgrade holds a slot of the blast budget. */
export interface Memory {
  readonly upgrade?: Upgrade;
  readonly failures?: Failures;
}

export interface Decision {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /** Tells this outcome from others of the same reason; an outcome is recorded when reason or variant change. */
  readonly variant: string;
  /** The release that the decision is about, where there is one. */
  readonly releaseVersion?: string;
  /** When to look again, epoch milliseconds; absent when an event, a freed slot or the sweep will tell. */
  readonly wakeAt?: number;
  readonly details?: RemediationRecord['details'];
  /** What to remember from now on. */
  readonly memory: Memory;
  /** What is proposed from now on. */
  readonly proposal?: Proposal;
  /** It answers this operator's request: how the subject stands is told by the reconcile that follows. */
  readonly answers?: string;
  /** The act: call UpdateNodegroupVersion for `memory.upgrade`. */
  readonly start?: { readonly version: string; readonly force: boolean };
}

/** The common part of every decision. */
export const say = (
  decision: DecisionKind,
  reason: Reason,
  message: string,
  memory: Memory,
  variant: string,
): Decision => ({ decision, reason, message, memory, variant });

/** The wait after the n-th failure, ms: doubled each time, at most a week. */
export const retryDelay = (retryAfter: number, failureCount: number): number =>
  Math.min(retryAfter * 2 ** (failureCount - 1), 7 * 86_400_000);

export const iso = (time: number): string => new Date(time).toISOString();

/** How often an update under way is looked at, ms: it takes minutes a node. */
export const RECONCILE_EVERY = 5 * 60_000;
