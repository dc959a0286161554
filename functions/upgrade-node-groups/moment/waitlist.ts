import {
  makeUpgradeReconcileRequest,
  type UpgradeReconcileRequest,
} from '../../../events/upgrade-reconcile-request.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import { keyOf, type NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { NodeGroupState, Turn } from '../../shared/ledger/node-group-ledger.ts';
import { byTurn, type Contender } from '../../shared/ledger/turn-order.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { policyAt } from '../../shared/policy/policy-at.ts';
import { tripFor } from '../../shared/rollouts/breaker.ts';
import type { FleetFailures } from '../../shared/rollouts/fleet-failures.ts';
import type { Candidate, Rollouts } from '../../shared/rollouts/rollouts.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Decision } from '../model/decision.ts';
import { type Policy, READS } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** All subjects that wait for their turn, as the ledger has them, by subject. */
export type Waitlist = ReadonlyMap<string, NodeGroupState>;

/** The subjects that wait for a turn, and what the ledger remembers of them elsewhere. */
export interface Line {
  readonly waitlist: Waitlist;
  /** The waiting subjects that have urgent findings. */
  readonly urgent: ReadonlySet<string>;
  /** The releases that Amazon has withdrawn, by pair. */
  readonly withdrawn: ReadonlyMap<string, readonly string[]>;
}

/**
 * The subjects of the line that could start now. A subject that waits for a withdrawn release could not: its next look
 * finds another release.
 *
 * @param rollouts how the waves stand, where the policy has some: a subject that waves hold up is not in the line
 * @param fleetFailures who has failed: a subject that a breaker holds is not in the line either
 */
export function contendersOf(
  { waitlist, urgent, withdrawn }: Line,
  policy: Policy,
  now: number,
  rollouts?: Rollouts,
  fleetFailures?: FleetFailures,
): Contender[] {
  const opened = new Map<Policy['upgrades']['windows'], boolean>();
  return [...waitlist].flatMap(([subject, state]) => {
    const { turn, since, reason } = state;
    const key = keyOf(subject);
    if (isProposed(reason) || turn === undefined || turn.mayStartAt > now) return [];
    const { releaseVersion = '', kubernetesVersion, pair = '' } = turn;
    if (withdrawn.get(pair)?.includes(releaseVersion)) return [];
    const isHastened = urgent.has(subject);
    // The subject's tags are not known here. They may only shut windows: then the subject says so itself once it is
    // called.
    const own = policyAt<typeof READS, Policy>(policy, { ...key, tags: [] }, READS);
    if (isInvalid(own)) return [];
    const { windows, urgent: hastening } = own.upgrades;
    const isOpen = opened.get(windows) ?? nextOpening(windows, now) <= now;
    opened.set(windows, isOpen);
    if (!isOpen && !(isHastened && hastening.ignoreWindows)) return [];
    const candidate = { pair, releaseVersion, withdrawn: withdrawn.get(pair) ?? [] };
    if (rollouts !== undefined && isHeldUp(rollouts, subject, candidate, { own, isHastened, now })) return [];
    if (tripFor(fleetFailures, { ...state, key, releaseVersion, kubernetesVersion }, own) !== undefined) return [];
    return [{ key, subject, isHastened, turn, since }];
  });
}

/**
 * Whether the last reason is a proposal. A proposed upgrade starts once it is approved, and a look follows the approval
 * at once.
 */
const isProposed = (reason: string | undefined): boolean => reason !== undefined && PROPOSED.has(reason);
const PROPOSED: ReadonlySet<string> = new Set<Reason>(['would-upgrade', 'approval-required']);

/**
 * Whether waves hold up a subject that waits, as far as the ledger knows. A subject that has not said for which release
 * it waits is held up until its next look.
 */
function isHeldUp(
  rollouts: Rollouts,
  subject: string,
  candidate: Candidate,
  { own, isHastened, now }: { readonly own: Policy; readonly isHastened: boolean; readonly now: number },
): boolean {
  if (own.upgrades.waves.length === 0) return false;
  const member = rollouts.memberOf(subject);
  if (member?.progress === undefined || candidate.releaseVersion === '' || candidate.pair === '') return true;
  const { bakeBetween, urgent } = own.upgrades;
  const bakes = isHastened ? Math.min(bakeBetween, urgent.bakeAge) : bakeBetween;
  return rollouts.entryOf(member.key, member.wave, candidate, bakes, now).kind !== 'open';
}

/** The subjects that are under way or go first, without the subject itself. */
export interface Occupants {
  /** Subjects of the same cluster. */
  readonly inCluster: readonly string[];
  /** Subjects of the account. A stuck update holds up its cluster only, and is left out. */
  readonly inAccount: readonly string[];
}

/** Finds who takes the room that a subject needs. */
export function occupantsFor(
  { cluster, nodegroup }: NodeGroupKey,
  slots: BlastBudget['slots'],
  ahead: readonly NodeGroupKey[] = [],
): Occupants {
  const others = Object.entries(slots).filter(([subject]) => subject !== `${cluster}/${nodegroup}`);
  const next = ahead.filter((key) => !(`${key.cluster}/${key.nodegroup}` in slots));
  const named = ([subject, { foreign, stuck }]: (typeof others)[number]): string =>
    `${subject}${foreign ? ' (an update of somebody else)' : ''}${stuck ? ' (stuck)' : ''}`;
  const nextNamed = (keys: readonly NodeGroupKey[]) => keys.map((key) => `${key.cluster}/${key.nodegroup} (next)`);
  return {
    inCluster: [
      ...others.filter(([, slot]) => slot.cluster === cluster).map(named),
      ...nextNamed(next.filter((key) => key.cluster === cluster)),
    ],
    inAccount: [...others.filter(([, { stuck }]) => stuck !== true).map(named), ...nextNamed(next)],
  };
}

export const hasRoom = (
  { inCluster, inAccount }: Occupants,
  { perCluster, perAccount }: Policy['upgrades']['concurrency'],
): boolean => inCluster.length < perCluster && inAccount.length < perAccount;

/** The room that counts for a subject that waits. An override may make the room of its cluster smaller or larger. */
export const roomOf = (
  { perCluster }: Pick<Turn, 'perCluster'>,
  concurrency: Policy['upgrades']['concurrency'],
): Policy['upgrades']['concurrency'] => (perCluster === undefined ? concurrency : { ...concurrency, perCluster });

export interface CallOptions {
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The reconcile that calls the next subjects. Its name is part of each reconcile request's id. */
  readonly caller: string;
}

/**
 * Calls subjects of the waitlist now that there is room: in turn, as many as find room in their cluster and in the
 * account. A call is only a hint: the next reconcile decides.
 */
export function callNext(
  contenders: readonly Contender[],
  slots: BlastBudget['slots'],
  concurrency: Policy['upgrades']['concurrency'],
  { account, region, now, caller }: CallOptions,
): UpgradeReconcileRequest[] {
  const called: NodeGroupKey[] = [];
  for (const { key, subject, turn } of contenders.toSorted(byTurn)) {
    const hasPlace = hasRoom(occupantsFor(key, slots, called), roomOf(turn, concurrency));
    if (!(subject in slots) && hasPlace) called.push(key);
  }
  return called.map(({ cluster: clusterName, nodegroup: nodegroupName }) => {
    const id = `slot-free ${clusterName}/${nodegroupName} ${caller}`;
    const detail = { trigger: 'slot-free', clusterName, nodegroupName } as const;
    return makeUpgradeReconcileRequest({ account, region, time: iso(now) }, id, detail);
  });
}

/**
 * Since when a subject waits for its turn once a decision holds, epoch milliseconds; undefined while it does not. A
 * subject that something else holds up meanwhile, or for which a newer release appears, keeps its place. An attempt, or
 * the end of one, ends the wait.
 */
export function waitingSinceAfter(
  { since }: Pick<NodeGroupState, 'since'>,
  { decision, reason, turn }: Pick<Decision, 'decision' | 'reason' | 'turn'>,
  now: number,
): number | undefined {
  if (decision === 'acted' || decision === 'done' || reason === 'upgrade-failed' || reason === 'upgrade-refused') {
    return undefined;
  }
  return since ?? (turn === undefined ? undefined : now);
}
