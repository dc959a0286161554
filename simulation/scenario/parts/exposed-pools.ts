import type { Draw } from '../choices.ts';
import { type Fleet, withAccess } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';
import type { Step } from '../step.ts';
import type { OfNodeClasses } from './node-classes.ts';

/** Nodes of Karpenter that the Internet comes to reach, in a day that has node classes. */
export interface ExposedPools {
  /** Launches and changes of the fleet file that expose them. */
  readonly launches: readonly object[];
  readonly changes: readonly object[];
  /** What operators ask for about workers in quarantine. */
  readonly steps: readonly Step[];
  /** What the pools have besides. */
  readonly pool: object;
  /** Whether the clusters let `quarantine-workers` mark nodes, so that Karpenter does not replace isolated ones. */
  readonly marksNodes: boolean;
  readonly terminationProtection: boolean;
}

/** The name of the pool of each cluster with node classes. */
const POOL = 'general';

/** The members of a scenario for it. */
export interface OfExposedPools {
  /** Absent: nodes of Karpenter are exposed by silent steps at most. */
  readonly exposedPools?: ExposedPools;
}

/** Draws exposed nodes for two of three days that have node classes. Each node has a budget of its pool to itself, or more. */
function drawExposedPools(draw: Draw, { nodeClasses, busyMinutes }: Ground & OfNodeClasses): OfExposedPools {
  if (nodeClasses === undefined || !draw.happens(0.67)) return {};
  const at = () => `+${draw.number(5, busyMinutes)}m`;
  const place = () => {
    const { cluster } = nodeClasses.clusters[draw.number(0, nodeClasses.clusters.length - 1)] ?? {};
    return { cluster, karpenterNodePool: POOL };
  };
  return {
    exposedPools: {
      launches: draw.some(1, 3, () => ({
        at: at(),
        ...place(),
        count: 1,
        withinSeconds: 0,
        exposure: { publicAddress: draw.of('automatic', 'elastic'), openPorts: draw.of([22], []) },
      })),
      changes: draw.some(1, 3, () => ({ at: at(), ...place(), index: 0, mayLack: true, associateAddress: true })),
      steps: draw.some(1, 4, () => ({
        atMinute: draw.number(30, busyMinutes),
        kind: 'ask',
        action: draw.of('release', 'release', 'release', 'terminate'),
        index: draw.number(0, 9),
      })),
      pool: {
        expireAfter: draw.of('720h', 'Never', '300h'),
        ...(draw.happens(0.3) && { terminationGracePeriod: '30m' }),
        budgets: [{ nodes: draw.of('1', '2', '100%') }],
      },
      marksNodes: draw.happens(0.75),
      terminationProtection: draw.happens(0.3),
    },
  };
}

/** A drawn policy that has isolated workers protected from termination, where that was drawn. */
const withExposedPools = (policy: Policy, { exposedPools }: OfExposedPools): Policy =>
  exposedPools?.terminationProtection === true
    ? { ...policy, quarantine: { ...policy.quarantine, terminationProtection: true } }
    : policy;

/** A drawn fleet, in which nodes of Karpenter are exposed. */
function fleetWithExposedPools(fleet: Fleet, { exposedPools, nodeClasses }: OfExposedPools & OfNodeClasses): Fleet {
  if (exposedPools === undefined || nodeClasses === undefined) return fleet;
  const { launches, changes, pool, marksNodes } = exposedPools;
  const withPools = new Set(nodeClasses.clusters.map(({ cluster }) => cluster));
  return {
    ...fleet,
    launches: [...fleet.launches, ...launches],
    changes: [...fleet.changes, ...changes],
    clusters: fleet.clusters.map((cluster) => {
      if (!withPools.has(cluster.name)) return cluster;
      const pools = Array.isArray(cluster.karpenterNodePools) ? cluster.karpenterNodePools : [];
      return {
        ...cluster,
        karpenterNodePools: pools.map((each: object) => ({ ...each, ...pool })),
        ...(marksNodes && {
          accessEntries: withAccess(cluster, 'quarantine-workers', 'eks-host-remediator-quarantine'),
        }),
      };
    }),
  };
}

export const EXPOSED_POOLS: Part<OfExposedPools & OfNodeClasses> = {
  stream: 'exposed-pools',
  draw: drawExposedPools,
  policy: withExposedPools,
  fleet: fleetWithExposedPools,
};
