import { makeReconcileRequest, type UpgradeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import { keyOf, type NodeGroupKey, type NodeGroupState, type Turn } from '../shared/ledger/node-group-ledger.ts';
import { byTurn, type Contender } from '../shared/ledger/turn-order.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { policyAt } from '../shared/policy/policy-at.ts';
import type { Candidate, Rollouts } from '../shared/rollouts/rollouts.ts';
import { iso } from '../shared/runtime/clock.ts';
import { tripFor } from './breaker.ts';
import type { Decision } from './decision.ts';
import type { FleetFailures } from './fleet-failures.ts';
import { type Policy, READS } from './policy.ts';
import type { Reason } from './reasons.ts';

/** All that wait for their turn, as the ledger has them, by subject. */
export type Waitlist = ReadonlyMap<string, NodeGroupState>;

/** Who waits for a turn, and what of them the ledger remembers elsewhere. */
export interface Line {
  readonly waitlist: Waitlist;
  /** Who of them has urgent findings, by subject. */
  readonly urgent: ReadonlySet<string>;
  /** The releases that Amazon has withdrawn, by pair. */
  readonly withdrawn: ReadonlyMap<string, readonly string[]>;
}

/**
 * Who of the line could start now. Whoever waits for a release that was withdrawn could not: its next look finds it another one.
 *
 * @param rollouts how the waves stand, where the policy has some: whom they hold up is not in the line
 * @param fleetFailures who has failed: whom a breaker holds is not in the line either
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
    // Its tags are not known here. They may only shut windows: then it says so itself once it is called.
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

/** Whether the last word is a proposal: it starts once it is approved, and a look follows that at once. */
const isProposed = (reason: string | undefined): boolean => reason !== undefined && PROPOSED.has(reason);
const PROPOSED: ReadonlySet<string> = new Set<Reason>(['would-upgrade', 'approval-required']);

/** Whether waves hold up somebody who waits, as far as the ledger knows: who has not said for which release waits for its next look. */
function isHeldUp(
  rollouts: Rollouts,
  subject: string,
  candidate: Candidate,
  { own, isHastened, now }: { readonly own: Policy; readonly isHastened: boolean; readonly now: number },
): boolean {
  const member = rollouts.memberOf(subject);
  if (member?.progress === undefined || candidate.releaseVersion === '' || candidate.pair === '') return true;
  const { bakeBetween, urgent } = own.upgrades;
  const bakes = isHastened ? Math.min(bakeBetween, urgent.bakeAge) : bakeBetween;
  return rollouts.entryOf(member.key, member.wave, candidate, bakes, now).kind !== 'open';
}

/** Who is under way or goes first, of all but the subject itself. */
export interface Occupants {
  /** Of the cluster. */
  readonly inCluster: readonly string[];
  /** Of the account: what hangs holds up its cluster only. */
  readonly inAccount: readonly string[];
}

/** Who takes the room that a subject needs. */
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

/** The room that counts for whoever waits: its cluster's may be smaller or larger by an override. */
export const roomOf = (
  { perCluster }: Pick<Turn, 'perCluster'>,
  concurrency: Policy['upgrades']['concurrency'],
): Policy['upgrades']['concurrency'] => (perCluster === undefined ? concurrency : { ...concurrency, perCluster });

export interface CallOptions {
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Names the reconcile that calls the next ones: part of each reconcile request's id. */
  readonly caller: string;
}

/**
 * Who of the waitlist is called now that there is room: in turn, as many as find room in their cluster and in the account. Being
 * called is only a hint: the next reconcile decides.
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
    return makeReconcileRequest({ account, region, time: iso(now) }, id, detail);
  });
}

/**
 * Since when a subject waits for its turn once a decision holds, epoch milliseconds; undefined while it does not. One that is
 * held up by something else meanwhile, or for which a newer release appears, keeps its place; an attempt or its end ends it.
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
