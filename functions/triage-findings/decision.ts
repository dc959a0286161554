import type { FindingState } from '../shared/ledger/finding-ledger.ts';
import { type Told, wordsWith } from '../shared/records/decision.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** What a decision depends on besides the observation. */
export interface Circumstances {
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
}

/** What the ledger remembers about a node group's findings. */
export type Memory = Pick<FindingState, 'need' | 'notFixed'>;

/**
 * The memory to decide from. For a pending decision, which may not have been carried out, this is the memory before it.
 */
export const memoryOf = ({ need, notFixed, pending }: FindingState): Memory =>
  pending ?? { ...(need !== undefined && { need }), ...(notFixed !== undefined && { notFixed }) };

export type Outcome = Told<Reason>;

export interface Decision {
  /** Absent when there is nothing to record. */
  readonly outcome?: Outcome;
  readonly memory: Memory;
  readonly act?: 'request-upgrade' | 'request-refresh' | 'request-pin' | 'enable-inspector';
  /** Set where the end of some findings is told while others are open, which are to be decided on next. */
  readonly leavesOpen?: true;
}

export function say(...words: Parameters<typeof wordsWith<Reason, Memory>>): Decision & { readonly outcome: Outcome } {
  const { memory, ...outcome } = wordsWith(...words);
  return { outcome, memory };
}
