import type { AMITypes } from '@aws-sdk/client-eks';
import type { AmiReleases } from '../account/eks/ami-releases.ts';
import type { AmiType } from '../account/eks/ami-types.ts';
import type { Fleet, FleetNodeGroup } from '../fleet/fleet.ts';
import { knownReleases } from '../fleet/releases.ts';
import { parseTime } from '../fleet/time.ts';
import type { ReplayedGroup } from './expectation.ts';
import { MINUTE } from './rules.ts';

/** The longest that the sandbox's EKS takes per node, and additionally for the whole update (see RollingUpdate), ms. */
const SLOWEST_NODE = 6 * MINUTE;
const AROUND = 3 * MINUTE;

/**
 * The node groups of a fleet file that take releases, each with its release history. Intended for fleets of plain
 * groups: a group that the policy leaves alone by tag or status is treated as one that must be upgraded.
 */
export function groupsOf(fleet: Fleet): ReplayedGroup[] {
  const { releases } = knownReleases(fleet);
  const startsAt = parseTime(fleet.startsAt, 0) ?? 0;
  return fleet.clusters.flatMap((cluster) =>
    cluster.nodeGroups.flatMap((group) => {
      const { name, amiType, version = cluster.version } = group;
      if (!isPublished(amiType)) return [];
      const startsWith = group.releaseVersion ?? latestRelease(releases, version, amiType, startsAt);
      const history = releases.history(version, amiType);
      const slowestUpdate = slowestUpdateOf(group);
      return [{ cluster: cluster.name, nodegroup: name, amiType, startsWith, releases: history, slowestUpdate }];
    }),
  );
}

const isPublished = (amiType: AMITypes): amiType is AmiType => amiType !== 'CUSTOM';

const latestRelease = (releases: AmiReleases, version: string, amiType: AmiType, now: number): string =>
  releases.latest(version, amiType, now)?.releaseVersion ?? '';

function slowestUpdateOf({ desiredSize, updateConfig = {}, updates }: FleetNodeGroup): number {
  const { maxUnavailable = 1, maxUnavailablePercentage } = updateConfig;
  const share = Math.floor((desiredSize * (maxUnavailablePercentage ?? 0)) / 100);
  const atATime = maxUnavailablePercentage === undefined ? maxUnavailable : Math.max(1, share);
  const msPerNode = updates.minutesPerNode === undefined ? SLOWEST_NODE : updates.minutesPerNode * MINUTE;
  const failsAfter = updates.fails.map(({ afterMinutes }) => afterMinutes * MINUTE);
  return Math.max(AROUND + Math.ceil(desiredSize / atATime) * msPerNode, ...failsAfter);
}
