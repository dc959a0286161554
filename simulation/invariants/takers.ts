import type { EksNodeGroup } from '../../sandbox/account/eks/node-group.ts';
import { followingMode } from '../scenario/parts/control-planes.ts';
import { CLASS_AMI_TYPE } from '../scenario/parts/node-classes.ts';
import { placeOf } from '../scenario/parts/rollout.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import type { Policy } from '../scenario/policy.ts';
import { type Day, IGNORE } from './invariant.ts';
import { releasesOf } from './moved-to.ts';
import { followsFrom, isSeen, SEEN_WITHIN_MS, type VersionHistory } from './settled.ts';

/** What becomes of the version of a control plane, by the name of its cluster. */
type Versions = (cluster: string) => VersionHistory;

/** A node group or node class to which releases come. */
export interface Taker {
  readonly name: string;
  /** The place of its wave, from 0. */
  readonly place: number;
  readonly amiType: string;
  /** The Kubernetes versions whose releases it takes. */
  readonly versions: readonly string[];
  /** Whether those of later waves wait for it. */
  readonly counts: boolean;
  /** The release that all of its nodes run; of a node class the oldest one. */
  readonly releaseVersion: string;
  /** The newest release that one of its nodes runs. */
  readonly newestRun: string;
  /** The releases that it moves to. */
  readonly taking: readonly string[];
  /** The date of the releases that a node class is pinned to, and the one of them for its Kubernetes version. */
  readonly pinnedTo?: { readonly date: string; readonly release: string | undefined } | undefined;
}

const UNCHANGED: VersionHistory = { isRolledBack: false, since: 0, seenAt: 0 };

/**
 * All node groups and node classes, as they are.
 * @param versions absent where nobody changes control planes, or nobody waits for others
 */
export const takersOf = (day: Day, versions: Versions = () => UNCHANGED): Taker[] => [
  ...nodeGroupsOf(day, versions),
  ...nodeClassesOf(day, versions),
];

/** The date in a release version, by which releases are in order. */
export const dateOf = (releaseVersion: string): string => releaseVersion.split('-').at(-1) ?? '';

/** The change of a node class's pin. */
interface Pinned {
  /** The class, as it is by now. */
  readonly taker: Taker;
  /** The dates of the former pin and of the present one; the former is absent where the class floated. */
  readonly from: string | undefined;
  readonly date: string;
  /** The release of that date for the Kubernetes version of its control plane, where there is one. */
  readonly release: string | undefined;
}

/** @returns what tells the pins that have changed since it was called last, in a day in which nobody else changes any */
export function watchPins(): (takers: readonly Taker[]) => Pinned[] {
  const before = new Map<string, string | undefined>();
  return (takers) =>
    takers.flatMap((taker) => {
      const { name, pinnedTo } = taker;
      const isKnown = before.has(name);
      const from = before.get(name);
      before.set(name, pinnedTo?.date);
      return !isKnown || pinnedTo === undefined || from === pinnedTo.date ? [] : [{ taker, from, ...pinnedTo }];
    });
}

function nodeGroupsOf(day: Day, versions: Versions): Taker[] {
  const { waves } = day.scenario;
  const { eks } = day.run.account.fleet;
  return [...eks.clusters.keys()].flatMap((cluster) =>
    eks.nodeGroupsOf(cluster).map((group): Taker => {
      const { name, tags, amiType, releaseVersion = '', launchTemplate } = group;
      const updates = eks.updatesOf(cluster, name).filter(({ status }) => status === 'InProgress');
      const optedOut = day.optedOut.get(`${cluster}/${name}`);
      return {
        name: `${cluster}/${name}`,
        place: waves === undefined ? 0 : placeOf(waves, { cluster, nodeGroup: name }, tags),
        amiType,
        versions: versionsOf(day, group, versions),
        counts: !Object.hasOwn(tags, IGNORE) && isSeen(day, optedOut?.until ?? 0),
        releaseVersion,
        newestRun: releaseVersion,
        taking: updates.flatMap((update) => releasesOf(day, update, launchTemplate?.id)),
      };
    }),
  );
}

/**
 * The Kubernetes version that a node group runs, and the one to which it is to follow, once all must know of it. What runs
 * an AMI of its owner takes those for the version of its control plane.
 */
function versionsOf(day: Day, { cluster, version, modifiedAt, amiType }: EksNodeGroup, versions: Versions): string[] {
  const { controlPlanes } = day.scenario;
  const history = versions(cluster.name);
  const from = followsFrom(day, history);
  if (amiType === 'CUSTOM') {
    return from !== undefined && isSeen(day, Math.max(from, history.since)) ? [cluster.version] : [];
  }
  if (controlPlanes === undefined || version === cluster.version) return [version];
  const { since = 0, policy } = day.policies.at(-1) ?? {};
  if (from === undefined || policy === undefined || !isSeen(day, Math.max(from, since, modifiedAt))) return [version];
  const isFollowing = !policy.killSwitch && followingMode(policy, controlPlanes) === 'enforce';
  return isFollowing ? [version, cluster.version] : [version];
}

function nodeClassesOf(day: Day, versions: Versions): Taker[] {
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
      const release = karpenter.releasesOf(alias).find(({ amiType }) => amiType === CLASS_AMI_TYPE)?.releaseVersion;
      const pinnedTo = alias.endsWith('@latest') ? undefined : { date: alias.split('@v').at(-1) ?? '', release };
      const taken = pinnedTo?.release;
      const isMoving = taken !== undefined && releases.some((running) => running !== taken);
      return {
        name: `${cluster}/ec2nodeclass:${name}`,
        place: waves === undefined ? 0 : placeOf(waves, { cluster }, {}),
        amiType: CLASS_AMI_TYPE,
        versions: [fleet.eks.cluster(cluster).version],
        counts: isWaitedFor(day) && isSeen(day, versions(cluster).seenAt),
        releaseVersion: releases[0] ?? taken ?? '',
        newestRun: releases.at(-1) ?? taken ?? '',
        taking: isMoving ? [taken] : [],
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
