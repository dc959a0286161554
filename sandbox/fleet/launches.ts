import { didYouMean } from '../../functions/shared/text/did-you-mean.ts';
import type { AutoScalingGroup } from '../account/auto-scaling/group.ts';
import { joinTimes } from '../account/eks/nodes.ts';
import { seedLaunchExposure } from './exposure.ts';
import type { Fleet, FleetProblem } from './fleet.ts';
import type { FleetFile } from './schema.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** The source of a launch: one member of a launch in the fleet file. */
type Source = 'nodeGroup' | 'selfManagedGroup' | 'karpenterNodePool' | 'autoMode';

type Launch = FleetFile['launches'][number];
type Change = FleetFile['changes'][number];

/** The key of a {@link Launcher}. */
export const launcherKey = (cluster: string, source: Source, name: string): string =>
  `${source} ${name} of cluster ${cluster}`;

function keyOf({ cluster, nodeGroup, selfManagedGroup, karpenterNodePool }: Launch | Change): string {
  if (nodeGroup !== undefined) return launcherKey(cluster, 'nodeGroup', nodeGroup);
  if (selfManagedGroup !== undefined) return launcherKey(cluster, 'selfManagedGroup', selfManagedGroup);
  if (karpenterNodePool !== undefined) return launcherKey(cluster, 'karpenterNodePool', karpenterNodePool);
  return launcherKey(cluster, 'autoMode', '');
}

/** Increases a group's desired size by one, and its maximum where necessary. */
export function grow(group: AutoScalingGroup): void {
  group.desired += 1;
  group.max = Math.max(group.max, group.desired);
}

/** Launches and changes that refer to something the fleet lacks, with repetitions spelled out. */
export function launchProblems({ clusters, launches, changes }: Fleet): FleetProblem[] {
  const known = new Set(
    clusters.flatMap(({ name, nodeGroups, selfManagedGroups, karpenterNodePools, autoMode }) => [
      ...nodeGroups.map((group) => launcherKey(name, 'nodeGroup', group.name)),
      ...selfManagedGroups.map((group) => launcherKey(name, 'selfManagedGroup', group.name)),
      ...karpenterNodePools.map((pool) => launcherKey(name, 'karpenterNodePool', pool.name)),
      ...(autoMode === undefined ? [] : [launcherKey(name, 'autoMode', '')]),
    ]),
  );
  return Object.entries({ launches, changes }).flatMap(([list, entries]) =>
    entries.flatMap((entry, index) => {
      const key = keyOf(entry);
      const meant = didYouMean(key, known);
      return known.has(key)
        ? []
        : [{ path: `${list}[${index}]`, message: `there is no ${key}${meant && `.${meant}`}` }];
    }),
  );
}

/** Schedules the launches of a fleet file, each instance at a time drawn from the seed. */
export function planLaunches(state: FleetState, { launches }: Fleet): void {
  const { world, launchers, eks } = state;
  const random = world.random.fork('launches');
  for (const launch of launches) {
    const launcher = launchers.get(keyOf(launch));
    const begin = parseTime(launch.at, world.time.now) ?? world.time.now;
    if (launcher === undefined) continue;
    const change = seedLaunchExposure(state, eks.cluster(launch.cluster), launch.exposure);
    for (let index = 0; index < launch.count; index += 1) {
      const at = begin + random.integer(0, launch.withinSeconds * 1000);
      const times = joinTimes(random.integer(180, 360) * 1000);
      world.time.at(at, () => void launcher(index, times, change));
    }
  }
}
