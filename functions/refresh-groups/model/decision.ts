import type { GatesRead } from '../../shared/gates/at-gate.ts';
import type { Since } from '../../shared/gates/workload-gate.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { Proposal } from '../../shared/ledger/proposal.ts';
import type { Refresh, RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../../shared/records/decision.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import type { OfferedImage } from '../../shared/releases/wanted-image.ts';
import type { FleetFailures } from '../../shared/rollouts/fleet-failures.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import type { Rollouts } from '../../shared/rollouts/rollouts.ts';
import { withSetback } from '../../shared/rollouts/setbacks.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** The AMI that a group is to move to. */
export interface Choice {
  readonly image: OfferedImage;
  /** Present where workers are replaced with the AMI that they run: those launched before then, epoch milliseconds. */
  readonly replaces?: number | undefined;
}

/** What a decision depends on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy>, GatesRead {
  /** The groups whose refresh is in progress, as `cluster/nodegroup`. */
  readonly underWay: ReadonlySet<string>;
  /** How the rollouts of the groups' AMIs stand; absent where nobody knows, or the policy has no waves. */
  readonly rollouts?: Rollouts;
  /** The groups with an order to replace workers; absent where nobody has read them, or the policy has no waves. */
  readonly replacements?: readonly OrderedGroup[];
  /** Who has failed in the fleet; absent where nobody has read it, and only what the group itself remembers counts. */
  readonly fleetFailures?: FleetFailures;
}

/** What the ledger remembers of the group from then on. */
export type Memory = Pick<
  RefreshState,
  | 'refresh'
  | 'done'
  | 'failures'
  | 'setbacks'
  | 'lifts'
  | 'pinned'
  | 'pinning'
  | 'quarantineWait'
  | 'heldAtGate'
  | 'foreign'
  | 'goneSince'
>;

export interface Decision extends Told<Reason> {
  /**
   * `start` begins the refresh of `memory`; `roll-back` rolls back the active one; `pin` pins the floating group to the
   * number of its version.
   */
  readonly act?: 'start' | 'roll-back' | 'pin';
  readonly memory: Memory;
  readonly proposal?: Proposal | undefined;
  /** Id of the operator's request that this decision answers. A following reconcile records the group's own state. */
  readonly answers?: string;
  /** Present where the decision is not recorded. */
  readonly silent?: true;
  /** When the group is reconciled again, epoch milliseconds. */
  readonly wakeAt?: number;
  /** Present where nobody has read the gates, and the decision may be another one once that is done. */
  readonly dependsOnGates?: true;
  /**
   * Present where nobody has read nodes and pods, and the decision may be another one once that is done: since when they
   * count.
   */
  readonly dependsOnWorkloads?: Since;
  /** Groups that others wait for and that nobody has seen for a day: they may be gone. */
  readonly lookAt?: readonly NodeGroupKey[];
  /** The AMI that the decision is about; absent where the decision does not get that far. */
  readonly target?: string;
  /** The target of the proposal, where it is more than the move to the AMI. */
  readonly plan?: string;
}

/** The decision after its act, with the calls that were made. */
export interface Acted {
  readonly decision: Decision;
  readonly calls: readonly AwsCall[];
}

export const say = wordsOf<Reason>;
/**
 * The remembered state. `goneSince` is left out, because a group that is seen is not gone, `foreign`, because only a
 * decision about that refresh keeps it, and `pinning`, because a look at the group says what became of it.
 */
export const memoryOf = ({
  refresh,
  done,
  failures,
  setbacks,
  lifts,
  pinned,
  quarantineWait,
  heldAtGate,
}: RefreshState): Memory => ({
  ...(refresh && { refresh }),
  ...(done && { done }),
  ...(failures && { failures }),
  ...(setbacks && { setbacks }),
  ...(lifts && { lifts }),
  ...(pinned && { pinned }),
  ...(quarantineWait && { quarantineWait }),
  ...(heldAtGate && { heldAtGate }),
});

/** The decision once the gates were found open: what held the group there is forgotten. */
export const pastGates = ({ memory: { heldAtGate: _, ...memory }, ...decision }: Decision): Decision => ({
  ...decision,
  memory,
});

/**
 * The memory without its refresh, with one more failed attempt. A failed attempt is not repeated until an operator
 * resumes it.
 *
 * @param setback the cause as a code, and when it was seen, epoch milliseconds; absent where somebody stopped the
 *   refresh, or workers are protected from it: breakers do not count that
 */
export function failedWith(
  { refresh: _, ...memory }: Memory,
  { target }: Pick<Refresh, 'target'>,
  setback?: { readonly cause: string; readonly at: number },
): Memory {
  const known = memory.failures?.target === target ? memory.failures : { target, count: 0, resumed: 0 };
  const failed = { ...memory, failures: { ...known, count: known.count + 1 } };
  if (setback === undefined) return failed;
  const { cause, at } = setback;
  return { ...failed, setbacks: withSetback(memory.setbacks ?? [], cause, { releaseVersion: target }, at) };
}

/** The memory of a group that runs an AMI as wanted: breakers count its failures no more. */
export const wellWith = ({ setbacks: _, ...memory }: Memory): Memory => memory;

/** The number of the next attempt to move to an AMI, from 1. */
export const nextAttempt = ({ failures }: RefreshState, target: string): number =>
  (failures?.target === target ? failures.count : 0) + 1;

/** Keeps the rejection after its refresh was undone, so that nothing begins it again until somebody approves it. */
export const staysRejected = ({ proposal }: RefreshState, target: string, now: number): Pick<Decision, 'proposal'> =>
  proposal?.ruling === undefined ? {} : { proposal: { target, at: now, ruling: proposal.ruling } };

/**
 * Whether a group still uses the launch template that a refresh was decided for. Each template counts its own versions
 * from 1.
 */
export const isOnTemplateOf = ({ from }: Refresh, { templateId }: { readonly templateId: string }): boolean =>
  (from.templateId ?? templateId) === templateId;

/** The target that a ruling on undoing a refresh names. */
export const undoOf = ({ target, from }: Refresh): string => `undo ${target} ${from.imageId}`;

const HOUR = 3_600_000;

/** How often a refresh is read, ms. Its events come sooner, but only on a best-effort basis. */
export const LOOK_AGAIN = 30 * 60_000;

/** How soon a pinned group is reconciled again, ms. */
export const PINNED_WITHIN = 60_000;

/**
 * How long somebody else's refresh may last before people are told, ms. Auto Scaling ends a refresh after 14 days. Some
 * last that long: a refresh with an empty list of checkpoints stayed pending (hashicorp/terraform-provider-aws#21656).
 */
export const FOREIGN_STUCK_AFTER = 24 * HOUR;

/** How long a refresh may replace nothing, beside the pauses that the policy has it make, before people are told, ms. */
export const STUCK_AFTER = 6 * HOUR;

/** How long Auto Scaling may not show what it has accepted, ms. */
export const SHOWN_WITHIN = 10 * 60_000;

/**
 * Whether a refresh with this status still goes on: `Baking` is not an end, and neither is a status that is newer than
 * this code. Source: API reference, InstanceRefresh.
 */
export const isActive = (status: string): boolean =>
  !/^(Successful|Failed|Cancelled|RollbackSuccessful|RollbackFailed)$/.test(status);
