import type { EC2Client, Filter } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { describeInstances, filtersOf, RUNNING } from '../shared/fleet/instances.ts';
import { isIsolated, isOptedOut } from '../shared/fleet/scope.ts';
import {
  AUTO_SCALING_GROUP_TAG,
  isBorneOut,
  isObjectName,
  MEMBER_OF,
  ownerOf,
  tagsOf,
  type Worker,
  workerOf,
} from '../shared/fleet/worker.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';

/** A running member of a node group's Auto Scaling groups. */
export interface GroupMember {
  readonly instanceId: string;
  readonly imageId: string;
}

/** A worker with EC2's facts about it. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly imageId: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly ownership: Worker['ownership'];
  /** Whether the worker is in quarantine. It does not represent its node group, and nothing is advised for it. */
  readonly isolated?: true;
  /** Whether the instance's own tag has it left alone. */
  readonly optedOut?: true;
  /** The Auto Scaling group by the tag that only Auto Scaling can set. */
  readonly autoScalingGroup?: string;
  /** The worker's node group, Auto Scaling group or node pool. */
  readonly key: NodeGroupKey;
}

/**
 * Finds the workers among these instances, with one call per two hundred. It leaves out instances that are not workers,
 * that only claim to be by tags which anybody can set, or that are gone.
 */
export async function findWorkers(ec2: EC2Client, instanceIds: Iterable<string>): Promise<Map<string, FoundWorker>> {
  return describeWorkers(
    ec2,
    filtersOf('instance-id', [...new Set(instanceIds)]).map((filter) => [filter]),
  );
}

/**
 * Lists the running workers of managed node groups, by subject. Only members of a node group's Auto Scaling groups
 * count, by the tag that only Auto Scaling can set: other tags would let other instances speak for a node group, and let
 * its own workers fall silent. So would the tag of a quarantine on all of them, and then it counts for none.
 *
 * @param nodeGroups each with the names of its Auto Scaling groups, as EKS returns them
 */
export async function listWorkers(
  ec2: EC2Client,
  nodeGroups: ReadonlyArray<NodeGroupKey & { readonly autoScalingGroups: readonly string[] }>,
): Promise<Map<string, GroupMember[]>> {
  const subjects = new Map(
    nodeGroups.flatMap((key) => key.autoScalingGroups.map((name) => [name, subjectOf(key)] as const)),
  );
  const filters = filtersOf(`tag:${AUTO_SCALING_GROUP_TAG}`, [...subjects.keys()]);
  const members = await describeInstances(
    ec2,
    filters.map((filter) => [filter, RUNNING]),
  );
  const groups = Map.groupBy(members, (member) => subjects.get(tagsOf(member)[AUTO_SCALING_GROUP_TAG] ?? '') ?? '');
  return new Map(
    [...groups].map(([subject, all]) => {
      const others = all.filter((member) => !isIsolated(tagsOf(member)));
      return [subject, (others.length > 0 ? others : all).map(memberOf)];
    }),
  );
}

const memberOf = ({ InstanceId: instanceId = '', ImageId: imageId = '' }: DescribedInstance): GroupMember => ({
  instanceId,
  imageId,
});

/** A running worker of a group outside of managed node groups. */
export interface OtherMember extends GroupMember {
  /** The EC2NodeClass that Karpenter says it was launched by. */
  readonly nodeClass?: string;
}

/** Nodes of a cluster that are in no Auto Scaling group, and of no pool that has a name. */
export const NAMELESS = { kind: 'nameless', name: '*' } as const;

/** A group outside of managed node groups, by what its name stands for. */
export interface OtherKey {
  readonly key: NodeGroupKey;
  readonly kind: 'auto-scaling-group' | 'node-pool' | typeof NAMELESS.kind;
  readonly name: string;
}

/** Source: karpenter.sh, "NodeClasses", spec.tags. Anybody may set these tags, so they only tell one pool of the cluster from another. */
const [POOL_TAG, CLASS_TAG] = ['karpenter.sh/nodepool', 'karpenter.k8s.aws/ec2nodeclass'];

/**
 * Lists the running workers of Auto Scaling groups and node pools, by subject. Only instances count that have joined the
 * cluster of the group, by the tag that only EKS can set: others would speak for it, too. Those in quarantine count as in
 * a managed node group.
 */
export async function listOthers(ec2: EC2Client, groups: readonly OtherKey[]): Promise<Map<string, OtherMember[]>> {
  const namesOf = (wanted: string) => [
    ...new Set(groups.filter(({ kind }) => kind === wanted).map(({ name }) => name)),
  ];
  const nameless = groups.filter(({ kind }) => kind === NAMELESS.kind).map(({ key }) => key.cluster);
  const filters = [
    ...filtersOf(`tag:${AUTO_SCALING_GROUP_TAG}`, namesOf('auto-scaling-group')),
    ...filtersOf(`tag:${POOL_TAG}`, namesOf('node-pool')),
    ...filtersOf(`tag:${MEMBER_OF}`, [...new Set(nameless)]),
  ];
  const found = await describeInstances(
    ec2,
    filters.map((filter) => [filter, RUNNING]),
  );
  const wanted = new Set(groups.map(({ key }) => subjectOf(key)));
  const bySubject = Map.groupBy(found, (instance) => {
    const worker = workerOf(instance);
    return worker?.certain ? subjectOf(placeOf(worker, instance).key) : '';
  });
  return new Map(
    [...bySubject].flatMap(([subject, all]) => {
      if (!wanted.has(subject)) return [];
      const others = all.filter((member) => !isIsolated(tagsOf(member)));
      return [[subject, (others.length > 0 ? others : all).map(otherOf)]];
    }),
  );
}

function otherOf(instance: DescribedInstance): OtherMember {
  const nodeClass = tagsOf(instance)[CLASS_TAG];
  return { ...memberOf(instance), ...(nodeClass !== undefined && isObjectName(nodeClass) && { nodeClass }) };
}

async function describeWorkers(ec2: EC2Client, queries: readonly Filter[][]): Promise<Map<string, FoundWorker>> {
  return new Map((await describeInstances(ec2, queries)).flatMap((instance) => asEntry(instance)));
}

/**
 * The group of a worker; of one in none that has a name, all such nodes of its cluster and owner together. A worker that
 * was detached from the Auto Scaling group of its node group is a stray, whatever its other tags say: nothing replaces it.
 */
function placeOf(
  { cluster, ownership, nodegroup = `${ownership}:${NAMELESS.name}` }: Worker,
  instance: DescribedInstance,
): Pick<FoundWorker, 'key' | 'ownership'> {
  return ownerOf(instance) === 'stray'
    ? { ownership: 'self-managed', key: { cluster, nodegroup: `self-managed:${NAMELESS.name}` } }
    : { ownership, key: { cluster, nodegroup } };
}

function asEntry(instance: DescribedInstance): Array<[string, FoundWorker]> {
  const { InstanceId: instanceId = '', ImageId: imageId = '', LaunchTime } = instance;
  const worker = workerOf(instance);
  if (worker === undefined || !isBorneOut(worker, instance)) return [];
  const launchedAt = LaunchTime?.getTime() ?? 0;
  const tags = tagsOf(instance);
  const autoScalingGroup = tags[AUTO_SCALING_GROUP_TAG];
  const found = { instanceId, imageId, launchedAt, ...placeOf(worker, instance) };
  const isolated = isIsolated(tags) ? ({ isolated: true } as const) : {};
  const optedOut = isOptedOut(tags) ? ({ optedOut: true } as const) : {};
  const member = autoScalingGroup === undefined ? {} : { autoScalingGroup };
  return [[instanceId, { ...found, ...isolated, ...optedOut, ...member }]];
}
