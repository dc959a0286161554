import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import type { AwsCall } from '../shared/records/record.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Refresh, RefreshState } from './refresh-ledger.ts';

/** What a decision rests on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** The groups that are being refreshed, as `cluster/nodegroup`. */
  readonly underWay: ReadonlySet<string>;
}

/** What is remembered of the group from then on. */
export type Memory = Pick<RefreshState, 'refresh' | 'done' | 'failures' | 'pinned' | 'quarantineWait' | 'goneSince'>;

export interface Decision extends Told<Reason> {
  /**
   * `start`: the refresh of `memory` is begun; `roll-back`: that which is active is rolled back; `pin`: the group, which floats, is
   * pinned to the number of its version.
   */
  readonly act?: 'start' | 'roll-back' | 'pin';
  readonly memory: Memory;
  readonly proposal?: Proposal | undefined;
  /** It answers this operator's request: how the group stands is told by the reconcile that follows. */
  readonly answers?: string;
  /** There is nothing to tell. */
  readonly silent?: true;
  /** When it is looked at again, epoch milliseconds. */
  readonly wakeAt?: number;
  /** The AMI that the decision is about; absent: it did not get that far. */
  readonly target?: string;
  /** What is proposed, where that is more than to move to the AMI. */
  readonly plan?: string;
}

/** What a decision came to. */
export interface Acted {
  readonly decision: Decision;
  readonly calls: readonly AwsCall[];
}

export const say = wordsOf<Reason>;
/** What was remembered so far. `goneSince` is left out: a group that is seen is not gone. */
export const memoryOf = ({ refresh, done, failures, pinned, quarantineWait }: RefreshState): Memory => ({
  ...(refresh && { refresh }),
  ...(done && { done }),
  ...(failures && { failures }),
  ...(pinned && { pinned }),
  ...(quarantineWait && { quarantineWait }),
});

/** Without the refresh, and with one more attempt that failed: none follows by itself. */
export function failedWith({ refresh: _, ...memory }: Memory, { target }: Pick<Refresh, 'target'>): Memory {
  const known = memory.failures?.target === target ? memory.failures : { target, count: 0, resumed: 0 };
  return { ...memory, failures: { ...known, count: known.count + 1 } };
}

/** The number of the next attempt to move to an AMI, from 1. */
export const nextAttempt = ({ failures }: RefreshState, target: string): number =>
  (failures?.target === target ? failures.count : 0) + 1;

/** What was rejected stays rejected, also after it was undone: nothing begins it again until somebody approves it. */
export const staysRejected = ({ proposal }: RefreshState, target: string, now: number): Pick<Decision, 'proposal'> =>
  proposal?.ruling === undefined ? {} : { proposal: { target, at: now, ruling: proposal.ruling } };

/** Whether a group still uses the launch template that a refresh was decided for: each template counts its versions from 1. */
export const isOnTemplateOf = ({ from }: Refresh, { templateId }: { readonly templateId: string }): boolean =>
  (from.templateId ?? templateId) === templateId;

/** What undoing a refresh is about, for the ruling on it. */
export const undoOf = ({ target, from }: Refresh): string => `undo ${target} ${from.imageId}`;

/** Between two looks at a refresh, ms: its events come sooner, and are best effort. */
export const LOOK_AGAIN = 30 * 60_000;

/** How long Auto Scaling may not show what it has taken, ms. */
export const SHOWN_WITHIN = 10 * 60_000;

/** Whether a refresh with this status still goes on. Source: API reference, InstanceRefresh: baking is no end. */
export const isActive = (status: string): boolean =>
  /^(Pending|InProgress|Cancelling|RollbackInProgress|Baking)$/.test(status);
