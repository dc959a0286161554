import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import type { HookState } from './hook-ledger.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** What a decision depends on besides the observation. */
export type Circumstances = CircumstancesOf<Policy>;

/** What is decided about the hook of a group. */
export interface HookDecision extends Told<Reason> {
  /** `put`: the hook is made, and retention is set; `remove`: both are taken back. */
  readonly act?: 'put' | 'remove';
  readonly made?: HookState['made'];
  /** Since when its cluster is not open to drains, epoch milliseconds; absent: it is, or nobody has asked. */
  readonly closedSince?: number;
  /** Nodes of the group are drained now. */
  readonly isDrainable?: true;
  readonly proposal?: Proposal | undefined;
  /** Id of the operator's request that this decision answers. */
  readonly answers?: string;
  /** All is well, and nothing else was ever recorded, so this is not recorded either. */
  readonly silent?: true;
  /** When the group is looked at again, epoch milliseconds. */
  readonly wakeAt?: number;
}

/** What is decided about one instance that ends. */
export interface DrainDecision extends Told<Reason> {
  /**
   * `drain`: its node is cordoned and its pods are evicted; `hold`: it only goes on waiting; `keep`: the hook is
   * abandoned, so that it is retained; `let-go`: Auto Scaling goes on; `end`: a retained instance is terminated;
   * `restore`: its node is given back.
   */
  readonly act?: 'drain' | 'hold' | 'keep' | 'let-go' | 'end' | 'restore';
  /** What is remembered from now on; a member that is undefined is forgotten. */
  readonly memory: { readonly letGoAt?: number | undefined; readonly retainedAt?: number };
  /** Since when its cluster has not let it be drained, epoch milliseconds; absent: it does. */
  readonly doubtSince?: number;
  /** Nothing is left to do. */
  readonly isOver?: true;
  readonly silent?: true;
  readonly wakeAt?: number;
}

export const say = wordsOf<Reason>;
