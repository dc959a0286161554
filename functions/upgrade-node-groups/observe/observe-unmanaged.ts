import {
  type AutoScalingClient,
  type AutoScalingGroup,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';
import { type EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import type { Cluster } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { isOfEks } from '../../shared/fleet/eks-group.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { describeInstances, filtersOf, LIVE } from '../../shared/fleet/instances.ts';
import { type Reading, read, type Unreadable } from '../../shared/fleet/reading.ts';
import { AUTO_SCALING_GROUP_TAG, groupOf, tagsOf, unmanagedGroup } from '../../shared/fleet/worker.ts';
import { type Ledger, withReadableItems } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { NEW_NODE_GROUP, NODE_GROUP_PK, readNodeGroups } from '../../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Scope } from '../batch.ts';
import type { Node } from '../model/nodes.ts';
import type { Observation, UnmanagedView } from '../model/observation.ts';

interface Clients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly ledger: Ledger;
}

/** Workers outside of managed node groups. Their `nodegroup` has a prefix that no node group's name can have. */
interface Unmanaged {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly view: UnmanagedView;
}

/** The calls by which groups outside of managed node groups are found, by their rights, and what each shows. */
export const FINDING_CALLS = {
  'autoscaling:DescribeAutoScalingGroups': 'self-managed node groups',
  'ec2:DescribeInstances': 'node pools of Karpenter, and how old the nodes of self-managed node groups are',
} as const;

export type FindingCall = keyof typeof FINDING_CALLS;

export interface UnmanagedGroups {
  readonly observations: readonly Observation[];
  /** What each call that was made ended with; undefined: it showed what there is. */
  readonly calls: ReadonlyMap<FindingCall, Unreadable | undefined>;
}

/**
 * Finds workers outside of managed node groups in the requested clusters. Such workers are reported, never changed. What
 * AWS does not show is left out, so that no upgrade waits: the next sweep finds it.
 */
export async function observeUnmanaged(
  clients: Clients,
  readCluster: ClusterReader,
  { clusters }: Scope,
): Promise<UnmanagedGroups> {
  const names = [...clusters.keys()];
  if (names.length === 0) return { observations: [], calls: new Map() };
  const [autoMode, groups, pools] = await Promise.all([
    findAutoMode(readCluster, names),
    read(() => findGroups(clients.autoScaling, names), 'tell'),
    read(() => findKarpenter(clients.ec2, names), 'tell'),
  ]);
  const launches = await read(() => readLaunches(clients.ec2, foundIn(groups)), 'tell');
  const launchedAt = launches.kind === 'found' ? launches.found : new Map<string, number>();
  const selfManaged = foundIn(groups).map((each) => withNodes(each, launchedAt));
  const found = [...autoMode, ...selfManaged, ...foundIn(pools)];
  const states = await readNodeGroups(clients.ledger, found.map(subjectOf));
  const readable = withReadableItems(clients.ledger, NODE_GROUP_PK, found, subjectOf);
  return {
    observations: readable.flatMap(({ view, ...key }) => {
      const trigger = clusters.get(key.cluster);
      return trigger === undefined ? [] : [{ key, trigger, view, state: states.get(subjectOf(key)) ?? NEW_NODE_GROUP }];
    }),
    calls: new Map([
      ['autoscaling:DescribeAutoScalingGroups', unreadIn(groups)],
      ['ec2:DescribeInstances', unreadIn(pools) ?? unreadIn(launches)],
    ]),
  };
}

const foundIn = <Found>(reading: Reading<Found[]>): Found[] => (reading.kind === 'found' ? reading.found : []);

const unreadIn = (reading: Reading<unknown>): Unreadable | undefined =>
  reading.kind === 'unreadable' ? reading : undefined;

async function findAutoMode(readCluster: ClusterReader, names: readonly string[]): Promise<Unmanaged[]> {
  const readings = await pMap(names, (name) => readCluster(name), { concurrency: READ_CONCURRENCY });
  const clusters = readings.flatMap((reading): Cluster[] => (reading.kind === 'found' ? [reading.found] : []));
  return clusters
    .filter(({ computeConfig }) => computeConfig?.enabled === true)
    .map(({ name = '', computeConfig }) => {
      const pools = (computeConfig?.nodePools ?? []).join(', ') || 'of your own';
      const message = `EKS Auto Mode replaces its nodes itself (node pools: ${pools}).`;
      return { cluster: name, nodegroup: 'auto-mode:*', view: { kind: 'unmanaged', reason: 'auto-mode', message } };
    });
}

type SelfManaged = Unmanaged & { readonly group: AutoScalingGroup };

async function findGroups(autoScaling: AutoScalingClient, names: readonly string[]): Promise<SelfManaged[]> {
  const found: SelfManaged[] = [];
  const Filters = [{ Name: 'tag-key', Values: names.map((name) => `kubernetes.io/cluster/${name}`) }];
  for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling }, { Filters })) {
    for (const group of page.AutoScalingGroups ?? []) {
      if (isOfEks(group)) continue;
      const cluster = names.find((name) => hasTag(group, `kubernetes.io/cluster/${name}`));
      if (cluster === undefined || group.AutoScalingGroupName === undefined) continue;
      found.push({
        group,
        cluster,
        nodegroup: `self-managed:${group.AutoScalingGroupName}`,
        view: {
          kind: 'unmanaged',
          reason: 'self-managed',
          message: `Auto Scaling group ${group.AutoScalingGroupName} is a self-managed node group.`,
        },
      });
    }
  }
  return found;
}

const withNodes = ({ group, view, ...key }: SelfManaged, launchedAt: ReadonlyMap<string, number>): Unmanaged => ({
  ...key,
  view: { ...view, nodes: inService(group, launchedAt) },
});

const inService = ({ Instances = [] }: AutoScalingGroup, launchedAt: ReadonlyMap<string, number>): Node[] =>
  Instances.flatMap(({ InstanceId = '', LifecycleState }) =>
    LifecycleState === 'InService' ? [nodeSince(launchedAt.get(InstanceId))] : [],
  );

const nodeSince = (launchedAt: number | undefined): Node => (launchedAt === undefined ? {} : { launchedAt });

/** Reads when the members of Auto Scaling groups were launched, by instance: one page per thousand. */
async function readLaunches(ec2: EC2Client, found: readonly SelfManaged[]): Promise<Map<string, number>> {
  const groups = found.flatMap(({ group }) => group.AutoScalingGroupName ?? []);
  const queries = filtersOf(`tag:${AUTO_SCALING_GROUP_TAG}`, groups).map((filter) => [filter, LIVE]);
  return new Map(
    (await describeInstances(ec2, queries)).flatMap(({ InstanceId, LaunchTime }) =>
      InstanceId === undefined || LaunchTime === undefined ? [] : [[InstanceId, LaunchTime.getTime()] as const],
    ),
  );
}

async function findKarpenter(ec2: EC2Client, names: readonly string[]): Promise<Unmanaged[]> {
  const Filters = [
    { Name: 'tag:aws:eks:cluster-name', Values: [...names] },
    { Name: 'tag-key', Values: [NODE_POOL] },
    LIVE,
  ];
  const pools = new Map<string, Unmanaged & { readonly view: { readonly nodes: Node[] } }>();
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const instance of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const cluster = tagOf(instance, 'aws:eks:cluster-name');
      const { ownership, nodegroup } = groupOf(tagsOf(instance));
      if (cluster === undefined || nodegroup === undefined || ownership !== 'karpenter') continue;
      const subject = subjectOf({ cluster, nodegroup });
      const nodes = pools.get(subject)?.view.nodes ?? [];
      nodes.push(nodeSince(instance.LaunchTime?.getTime()));
      const pool = unmanagedGroup(nodegroup)?.name;
      const message = `Karpenter replaces the nodes of pool ${pool} by drift.`;
      pools.set(subject, { cluster, nodegroup, view: { kind: 'unmanaged', reason: 'karpenter', message, nodes } });
    }
  }
  return [...pools.values()];
}

const NODE_POOL = 'karpenter.sh/nodepool';

const hasTag = ({ Tags }: AutoScalingGroup, key: string): boolean => (Tags ?? []).some((tag) => tag.Key === key);

const tagOf = ({ Tags }: DescribedInstance, key: string): string | undefined =>
  (Tags ?? []).find((tag) => tag.Key === key)?.Value;
