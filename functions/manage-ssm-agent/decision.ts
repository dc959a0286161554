import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsWith } from '../shared/records/decision.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { StartedRemedy, WorkerState } from './worker-ledger.ts';

/** What a decision rests on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** The registries that the deployment allows installer images of; absent: none. */
  readonly installerRegistries?: readonly string[];
}

/** What is remembered of a worker's remedies. */
export type Memory = Pick<WorkerState, 'remedy' | 'failures'>;

export interface Decision extends Told<Reason> {
  /** What to do, where that of the reason does not fit the worker. */
  readonly hint?: string;
  readonly memory: Memory;
  /** The cause and its remedy, where the decision gets as far as that. */
  readonly target?: string;
  /** What is proposed from now on. */
  readonly proposal?: Proposal;
  /** It answers this operator's request: how the worker stands is told by the reconcile that follows. */
  readonly answers?: string;
  /** The act: begin `memory.remedy`. */
  readonly begin?: StartedRemedy['kind'];
  /** When to look again, epoch milliseconds; absent when an event or the sweep will tell. */
  readonly lookAt?: number;
}

/** The part of the memory that tells of failures, where there were any. */
export const remembered = (failures: Memory['failures']): Memory => (failures === undefined ? {} : { failures });

export const say = wordsWith<Reason, Memory>;

/** How often a worker that is waited for is looked at, ms. */
export const RECONCILE_EVERY = 2 * 60_000;
