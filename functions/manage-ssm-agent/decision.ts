import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsWith } from '../shared/records/decision.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { StartedRemedy, WorkerState } from './worker-ledger.ts';

/** What a decision depends on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** The registries from which the deployment allows installer images; absent: none. */
  readonly installerRegistries?: readonly string[];
}

/** What the ledger remembers of a worker's remedies, and of its lost sessions. */
export type Memory = Pick<WorkerState, 'remedy' | 'failures' | 'unconnectedSince'>;

export interface Decision extends Told<Reason> {
  readonly memory: Memory;
  /** The cause and its remedy, where the decision gets that far. */
  readonly target?: string;
  /** The proposal to remember. */
  readonly proposal?: Proposal;
  /** Id of the operator's request that this decision answers. A following reconcile records the worker's own state. */
  readonly answers?: string;
  /** The update that has succeeded; null forgets it. */
  readonly updated?: WorkerState['updated'] | null;
  /** The act: begin the remedy in `memory.remedy`. */
  readonly begin?: StartedRemedy['kind'];
  /** When to reconcile again, epoch milliseconds; absent when an event or the sweep will trigger it. */
  readonly lookAt?: number;
}

/** Memory that keeps only the failures, where there are any. */
export const remembered = (failures: Memory['failures']): Memory => (failures === undefined ? {} : { failures });

export const say = wordsWith<Reason, Memory>;

/** How often a worker is reconciled while it is waited for, ms. */
export const RECONCILE_EVERY = 2 * 60_000;
