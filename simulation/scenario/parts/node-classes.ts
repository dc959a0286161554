import type { Draw } from '../choices.ts';
import { type Fleet, withAccess } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';
import { type OfRollout, windowsOf } from './rollout.ts';

/** Clusters of a day in which Karpenter runs nodes of one EC2NodeClass. */
export interface NodeClasses {
  readonly clusters: ReadonlyArray<{
    readonly cluster: string;
    /** The alias that the class begins with. */
    readonly alias: string;
    /** Nodes of its pool, and how many of them Karpenter may replace at a time. */
    readonly size: number;
    readonly budget: string;
  }>;
  readonly bakeAge: string;
}

/** The name of each class, as an EC2NodeClass and where a node group stands. */
const CLASS = 'default';
/** The AMI type of its nodes. */
export const CLASS_AMI_TYPE = 'AL2023_x86_64_STANDARD';

/** The members of a scenario for it. */
export interface OfNodeClasses {
  /** Absent: no cluster has Karpenter. */
  readonly nodeClasses?: NodeClasses;
}

/** Draws node classes for a third of all days. */
function drawNodeClasses(draw: Draw, { clusters }: Ground): OfNodeClasses {
  if (!draw.happens(0.33)) return {};
  const some = clusters.filter(() => draw.happens(0.7));
  const drawn = (some.length === 0 ? clusters : some).map((cluster) => ({
    cluster,
    alias: draw.of('al2023@v20260625', 'al2023@v20260625', 'al2023@latest'),
    size: draw.number(1, 3),
    budget: draw.of('1', '1', '100%', '0'),
  }));
  return { nodeClasses: { clusters: drawn, bakeAge: draw.of('1m', '1h') } };
}

/** A drawn policy with what it says about node classes: the same mode and window as for upgrades. */
const withNodeClasses = (policy: Policy, day: OfNodeClasses & OfRollout): Policy =>
  day.nodeClasses === undefined
    ? policy
    : {
        ...policy,
        nodeClasses: { mode: policy.upgrades.mode, bakeAge: day.nodeClasses.bakeAge, ...windowsOf(day) },
      };

/** A drawn fleet with Karpenter in some clusters. */
function fleetWithNodeClasses(fleet: Fleet, { nodeClasses }: OfNodeClasses): Fleet {
  if (nodeClasses === undefined) return fleet;
  return {
    ...fleet,
    clusters: fleet.clusters.map((cluster) => {
      const drawn = nodeClasses.clusters.find((each) => each.cluster === cluster.name);
      if (drawn === undefined) return cluster;
      return {
        ...cluster,
        rbacNodeClasses: true,
        accessEntries: withAccess(cluster, 'steer-node-classes', 'eks-host-remediator-node-classes'),
        karpenterNodeClasses: [{ name: CLASS, amiSelectorTerms: [{ alias: drawn.alias }] }],
        karpenterNodePools: [{ name: 'general', size: drawn.size, budgets: [{ nodes: drawn.budget }] }],
      };
    }),
  };
}

export const NODE_CLASSES: Part<OfNodeClasses & OfRollout> = {
  stream: 'node-classes',
  draw: drawNodeClasses,
  policy: withNodeClasses,
  fleet: fleetWithNodeClasses,
};
