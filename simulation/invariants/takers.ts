import { CLASS_AMI_TYPE } from '../node-classes.ts';
import { placeOf } from '../rollout.ts';
import type { Policy } from '../scenario.ts';
import { sweepPauseOf } from '../sweeps.ts';
import { type Day, IGNORE } from './invariant.ts';

/** How long after a sweep at most each node class was looked at, for all that faults may do, ms. */
const SEEN_WITHIN_MS = 2 * 3_600_000;

/** A node group or node class to which releases come. */
export interface Taker {
  readonly name: string;
  /** The place of its wave, from 0. */
  readonly place: number;
  readonly amiType: string;
  /** Whether those of later waves wait for it. */
  readonly counts: boolean;
  /** The release that all of its nodes run; of a node class the oldest one. */
  readonly releaseVersion: string;
  /** The releases that it moves to. */
  readonly taking: readonly string[];
  /** The release that a node class is pinned to. */
  readonly pinnedTo?: string | undefined;
}

/** All node groups and node classes, as they are. */
export const takersOf = (day: Day): Taker[] => [...nodeGroupsOf(day), ...nodeClassesOf(day)];

/** The change of a node class's pin. */
interface Pinned {
  /** The class, as it is by now. */
  readonly taker: Taker;
  /** The releases of the former pin and of the present one; the former is absent where the class floated. */
  readonly from: string | undefined;
  readonly release: string;
}

/** @returns what tells the pins that have changed since it was called last, in a day in which nobody else changes any */
export function watchPins(): (takers: readonly Taker[]) => Pinned[] {
  const before = new Map<string, string | undefined>();
  return (takers) =>
    takers.flatMap((taker) => {
      const { name, pinnedTo: release } = taker;
      const isKnown = before.has(name);
      const from = before.get(name);
      before.set(name, release);
      return !isKnown || release === undefined || from === release ? [] : [{ taker, from, release }];
    });
}

function nodeGroupsOf({ run, scenario: { waves } }: Day): Taker[] {
  const { eks } = run.account.fleet;
  return [...eks.clusters.keys()].flatMap((cluster) =>
    eks.nodeGroupsOf(cluster).map(({ name, tags, amiType, releaseVersion = '' }): Taker => {
      const updates = eks.updatesOf(cluster, name).filter(({ status }) => status === 'InProgress');
      return {
        name: `${cluster}/${name}`,
        place: waves === undefined ? 0 : placeOf(waves, { cluster, nodeGroup: name }, tags),
        amiType,
        counts: !Object.hasOwn(tags, IGNORE),
        releaseVersion,
        taking: updates.flatMap(({ params = [] }) => params.flatMap(({ value }) => value ?? [])),
      };
    }),
  );
}

function nodeClassesOf(day: Day): Taker[] {
  const { fleet } = day.run.account;
  const { waves } = day.scenario;
  return [...fleet.karpenter].flatMap(([cluster, karpenter]) =>
    karpenter.classes.map(({ name, terms }): Taker => {
      const releases = karpenter.pools
        .filter(({ nodeClass }) => nodeClass === name)
        .flatMap((pool) => karpenter.claimsOf(pool.name))
        .flatMap(({ imageId }) => fleet.releases.byImageId(imageId)?.releaseVersion ?? [])
        .toSorted();
      const alias = String(terms[0]?.alias);
      const pinnedTo = alias.endsWith('@latest')
        ? undefined
        : karpenter.releasesOf(alias).find(({ amiType }) => amiType === CLASS_AMI_TYPE)?.releaseVersion;
      const isMoving = pinnedTo !== undefined && releases.some((release) => release !== pinnedTo);
      return {
        name: `${cluster}/ec2nodeclass:${name}`,
        place: waves === undefined ? 0 : placeOf(waves, { cluster }, {}),
        amiType: CLASS_AMI_TYPE,
        counts: isWaitedFor(day),
        releaseVersion: releases[0] ?? pinnedTo ?? '',
        taking: isMoving ? [pinnedTo] : [],
        pinnedTo,
      };
    }),
  );
}

/** Whether later waves wait for node classes: the policy has them pinned, and each was looked at before. */
function isWaitedFor({ policies, run, scenario }: Day): boolean {
  const isOn = ({ killSwitch, upgrades }: Policy): boolean => !killSwitch && upgrades.mode !== 'off';
  const now = policies.at(-1)?.policy;
  return (
    now?.upgrades.mode === 'enforce' &&
    policies.some(
      ({ since, policy }, index) =>
        isOn(policy) &&
        (policies[index + 1]?.since ?? run.account.time.now) - since >= sweepPauseOf(scenario) + SEEN_WITHIN_MS,
    )
  );
}
