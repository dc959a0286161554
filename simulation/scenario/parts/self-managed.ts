import type { Draw } from '../choices.ts';
import { type Fleet, withAccess } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Mode, Policy } from '../policy.ts';

/** Auto Scaling groups of a day that EKS does not manage, with what the policy says about them all day. */
export interface SelfManaged {
  readonly groups: ReadonlyArray<{ readonly cluster: string; readonly name: string; readonly [key: string]: unknown }>;
  /** When the AMI that is wanted comes out, minutes. */
  readonly imageAtMinute: number;
  readonly refreshes: NonNullable<Policy['refreshes']>;
  readonly drains: NonNullable<Policy['drains']>;
  /** When Auto Scaling ends a node of a group, minutes. */
  readonly terminations: ReadonlyArray<{ readonly atMinute: number; readonly index: number }>;
}

/** The AMI that self-managed groups run at first, and the one that the policy wants. */
export const [FORMER_IMAGE, WANTED_IMAGE] = ['ami-0123456789abcdef0', 'ami-0123456789abcdef1'] as const;
/** The Deployment whose pods run on the nodes of self-managed groups. */
const WORKLOAD = 'cart';
/** How long a node may take to be drained, minutes. */
export const DRAINED_WITHIN = 60;
/** How long a node is retained at most, hours. */
export const RETAINED_FOR = 2;

/** The parameters that name the wanted AMI, each by a Kubernetes version. */
export const PARAMETERS = '/eks-host-remediator/images';
const OF_FIRST = { kubernetesVersion: '1.33', parameter: `${PARAMETERS}/1.33` };

/** The members of a scenario for it. */
export interface OfSelfManaged {
  /** Absent: EKS manages all groups. */
  readonly selfManaged?: SelfManaged;
}

/** Draws self-managed groups for two days of five. */
function drawSelfManaged(draw: Draw, { clusters, busyMinutes }: Ground): OfSelfManaged {
  if (!draw.happens(0.4)) return {};
  const mode = (): Mode => draw.of('enforce', 'enforce', 'enforce', 'observe');
  const names = draw.of(['own'], ['own', 'gpu'], ['own', 'gpu', 'etl']);
  const selfManaged: SelfManaged = {
    groups: names.map((name) => drawGroup(draw, clusters[draw.number(0, clusters.length - 1)] ?? 'shop', name)),
    imageAtMinute: draw.number(30, 300),
    refreshes: {
      mode: mode(),
      templates: 'change',
      wanted: { ssmParameter: `${PARAMETERS}/{kubernetesVersion}` },
      bakeAge: draw.of('1m', '1h'),
      concurrency: { perCluster: draw.number(1, 2), perAccount: draw.number(1, 2) },
      checkpoints: draw.of<number[]>([], [50]),
      checkpointDelay: '30m',
      bakeTime: draw.of('10m', '1h'),
      waitForQuarantine: draw.of('0m', '2h'),
      floating: draw.of('refuse', 'pin'),
      undrained: draw.of('refuse', 'go'),
    },
    drains: {
      mode: mode(),
      within: `${DRAINED_WITHIN}m`,
      atDeadline: draw.of('keep', 'keep', 'go'),
      retained: { most: draw.number(0, 2), forAtMost: `${RETAINED_FOR}h` },
    },
    terminations: draw.some(0, 3, () => ({ atMinute: draw.number(60, busyMinutes), index: draw.number(0, 9) })),
  };
  return { selfManaged };
}

function drawGroup(draw: Draw, cluster: string, name: string): SelfManaged['groups'][number] {
  const size = draw.number(1, 3);
  return {
    cluster,
    name,
    size,
    maxSize: size + draw.number(1, 2),
    imageId: FORMER_IMAGE,
    terminationHooks: draw.of<object[]>([], [], [{ name: 'theirs' }]),
    ...(draw.happens(0.2) && { [draw.of('brokenImages', 'absentImages')]: [WANTED_IMAGE] }),
    ...(draw.happens(0.2) && { launchesFrom: '$Latest' }),
    ...(draw.happens(0.6) && {
      workloads: [
        {
          name: WORKLOAD,
          replicas: draw.number(1, 4),
          ...(draw.happens(0.6) && { disruptionBudget: { maxUnavailable: draw.of(0, 1, 1) } }),
        },
      ],
    }),
  };
}

/** A drawn policy with what it says about self-managed groups. */
const withSelfManaged = (policy: Policy, { selfManaged }: OfSelfManaged): Policy =>
  selfManaged === undefined ? policy : { ...policy, refreshes: selfManaged.refreshes, drains: selfManaged.drains };

/** A drawn fleet with its self-managed groups, and with their AMIs. */
function fleetWithSelfManaged(fleet: Fleet, { selfManaged }: OfSelfManaged): Fleet {
  if (selfManaged === undefined) return fleet;
  const groupsOf = (name: string): object[] =>
    selfManaged.groups.flatMap(({ cluster, ...group }) => (cluster === name ? [group] : []));
  return {
    ...fleet,
    images: [
      { imageId: FORMER_IMAGE, name: 'golden-eks-1.33-1', at: '-30d', ...OF_FIRST },
      { imageId: WANTED_IMAGE, name: 'golden-eks-1.33-2', at: `+${selfManaged.imageAtMinute}m`, ...OF_FIRST },
    ],
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      rbacDrains: true,
      accessEntries: withAccess(cluster, 'drain-nodes', 'eks-host-remediator-drains'),
      selfManagedGroups: groupsOf(cluster.name),
    })),
  };
}

export const SELF_MANAGED: Part<OfSelfManaged> = {
  stream: 'self-managed',
  draw: drawSelfManaged,
  policy: withSelfManaged,
  fleet: fleetWithSelfManaged,
};
