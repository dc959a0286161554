import { HOUR } from '../model/observation.fixture.ts';
import { LAST_RELEASE, type Trouble } from './any-fleet.fixture.ts';
import { firstVersionOf, type ModelGroup } from './eks-model.fixture.ts';
import type { FleetPlay } from './play-fleet.fixture.ts';
import { waveOf } from './wave-laws.fixture.ts';

const isForEver = ({ hours }: Trouble): boolean => hours > 1000;

/** Whether a trouble lasts for ever. */
const hasForEver = (troubles: readonly Trouble[], ...kinds: ReadonlyArray<Trouble['kind']>): boolean =>
  troubles.some((trouble) => kinds.includes(trouble.kind) && isForEver(trouble));

/** How long it takes until each sweep has seen what stands, hours. */
const SWEPT = 2;

/**
 * What keeps a group from ever reaching its goal; undefined: nothing. `others`: groups of later waves wait for the
 * group.
 */
function forbiddenBy(play: FleetPlay, group: ModelGroup): 'left-alone' | 'others' | undefined {
  const { model } = play;
  const { approvesAfter, resumesAfter, policy } = model.fleet;
  const { troubles, special, isCustom } = group.given;
  // A group with an AMI of its owner has the version of its control plane from the start.
  const behind = isCustom ? 0 : group.given.behind;
  const inCluster = model.groups
    .filter(({ key }) => key.cluster === group.key.cluster)
    .flatMap(({ given }) => given.troubles);
  const optedOut = [
    ...troubles.filter(({ kind }) => kind === 'opted-out'),
    ...inCluster.filter(({ kind }) => kind === 'cluster-opted-out'),
  ].filter(isForEver);
  // Nobody sees what begins once a group cannot be read any more, so later waves go on to wait for the group.
  const ifSeen = (since: number) =>
    troubles.some((trouble) => trouble.kind === 'unreadable' && isForEver(trouble) && trouble.from < since + SWEPT)
      ? 'others'
      : 'left-alone';
  if (optedOut.length > 0) return ifSeen(Math.min(...optedOut.map(({ from }) => from)));
  // EKS takes no update at the version that the group has stayed at, and no proposal to follow is made.
  const isTooFarBehind = behind > 3 && group.version === firstVersionOf(group.given);
  if (isTooFarBehind && policy.followMode === 'observe') return 'left-alone';
  const { isRolledBack, since } = model.controlPlaneOf(group);
  if (isTooFarBehind && isRolledBack) return ifSeen((since - model.start) / HOUR);
  if (hasForEver(troubles, 'unreadable', 'unhealthy', 'blocked')) return 'others';
  const isAsked = special === 'asked' || (policy.followMode === 'observe' && behind > 0);
  if (approvesAfter === undefined && isAsked) return 'others';
  const hasFailed = play.events.some((event) => event.kind === 'failure');
  return resumesAfter === undefined && hasFailed ? 'others' : undefined;
}

/** The groups that nothing forbids to reach their goals. */
export function free(play: FleetPlay): ModelGroup[] {
  const { groups, fleet } = play.model;
  // AMIs of owners go through the waves apart from EKS's releases.
  const firstOf = (isCustom: boolean): number => {
    const holding = groups.filter(
      (group) => group.given.isCustom === isCustom && forbiddenBy(play, group) === 'others',
    );
    return fleet.policy.isWaved ? Math.min(...holding.map(waveOf)) : Number.POSITIVE_INFINITY;
  };
  const first = new Map([true, false].map((isCustom) => [isCustom, firstOf(isCustom)]));
  return groups.filter(
    (group) => forbiddenBy(play, group) === undefined && waveOf(group) <= (first.get(group.given.isCustom) ?? 0),
  );
}

/** What a group is to run in the end. */
export function goalOf(
  { model }: FleetPlay,
  group: ModelGroup,
): { readonly version: string; readonly releaseVersion: string } {
  const { fleet } = model;
  if (group.given.isCustom) return { version: group.version, releaseVersion: `ami-${Math.max(0, ...fleet.images)}` };
  const isFollowing = fleet.policy.followMode === 'enforce' || fleet.approvesAfter !== undefined;
  const version =
    isFollowing && !model.controlPlaneOf(group).isRolledBack ? model.clusterOf(group).version : group.version;
  return { version, releaseVersion: model.releases.nameOf(version, LAST_RELEASE) };
}
