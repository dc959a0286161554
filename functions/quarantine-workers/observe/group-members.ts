import type { EC2Client } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { identifyEach, telling } from '../../shared/fleet/identify-each.ts';
import type { IdentityClients } from '../../shared/fleet/identity-facts.ts';
import { describeInstances, filtersOf, instancePages, LIVE } from '../../shared/fleet/instances.ts';
import { isProven, type Owner } from '../../shared/fleet/owners.ts';
import { AUTO_SCALING_GROUP_TAG, unmanagedGroup } from '../../shared/fleet/worker.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { Exposure, Networks } from '../exposure/exposure.ts';
import type { Family } from '../exposure/routes.ts';
import type { WorkerView } from '../model/observation.ts';
import { filterBy, type GroupFacts, type GroupTag } from './group-facts.ts';
import type { NetworkReader } from './network-reader.ts';
import { viewWorkers } from './view-workers.ts';

/** A group whose members are counted. */
export interface MemberGroup {
  readonly key: NodeGroupKey;
  readonly owner: Pick<Owner, 'autoScalingGroups'>;
}

/** What security groups admit. */
export type Rules = Pick<Networks, 'ingress' | 'worldLists'>;

/** How much of a group is exposed. */
export interface Share {
  /** Ids of workers that are exposed, or would be without their quarantine. */
  readonly exposed: readonly string[];
  readonly boundLater: number;
  readonly views: readonly WorkerView[];
  /** The rules of members' security groups that this reconcile had not read before. */
  readonly rules: ReadonlyArray<Rules>;
  /** How many workers of the group are pending or running, as far as the count goes. */
  readonly size: number;
  /** Whether the group may have more exposed workers, or more workers, than were counted. */
  readonly moreExposed: boolean;
  readonly moreWorkers: boolean;
}

/** What decides how many members are counted. */
export interface ShareLimits {
  /** Whether the configuration makes the group public, so that only some members are counted. */
  readonly isConfigured: boolean;
  /** The policy's limit, percent. */
  readonly exposedShare: number;
  /** The families of which its workers may have addresses. */
  readonly families: readonly Family[];
}

export interface MemberClients extends IdentityClients {
  readonly ec2: EC2Client;
}

/** What members of groups are read with. */
export interface MemberReaders {
  readonly clients: MemberClients;
  readonly readCluster: ClusterReader;
  readonly facts: Pick<GroupFacts, 'known'>;
  /** The reader of the reconcile, which knows the network of a group's workers from those that it has looked at. */
  readonly network: NetworkReader;
}

/** How many workers of a group that is public by its configuration are counted. The count is only for the record. */
const COUNTED = 200;

/**
 * Counts the exposed workers of a group among the instances with public addresses, so that the cost follows what is
 * exposed, not what exists. The others are counted only as far as the share needs it.
 *
 * @param seen workers of the group that this reconcile has read already, by instance id
 */
export async function shareOf(
  readers: MemberReaders,
  group: MemberGroup,
  seen: ReadonlyMap<string, WorkerView>,
  slots: BlastBudget['slots'],
  limits: ShareLimits,
): Promise<Share> {
  const { ec2 } = readers.clients;
  const isOurs = membersBy(readers, group);
  const known = await readKnown(readers, group, isOurs, new Set(seen.keys()), limits);
  const views = new Map([...known.views, ...seen]);
  const open = [...views].filter(
    ([, { instanceState, exposures }]) =>
      (instanceState === 'pending' || instanceState === 'running') && exposures.length > 0,
  );
  const boundLater = open.filter(([id, { exposures }]) => !(id in slots) && isBoundLater(exposures)).length;
  const exposedWith = (held: readonly string[]) => [...new Set([...open.map(([id]) => id), ...held])].sort();
  const holders = holdersIn(group.key, slots);
  const planned = exposedWith(holders).length - boundLater;
  const wanted = countedFor(planned, limits);
  const size = await countMembers(ec2, group, isOurs, wanted);
  // Some of the holders may be gone, which only matters where all of them together would be enough.
  const isSmall = !limits.isConfigured && isTooFew(planned, Math.max(size, planned), limits);
  const exposed = exposedWith(isSmall ? holders : await present(ec2, holders));
  return {
    exposed,
    boundLater,
    views: [...views.values()],
    rules: known.rules,
    size: Math.max(size, exposed.length),
    moreExposed: known.isCut,
    moreWorkers: wanted > 0 && size >= wanted,
  };
}

/** Whether so many exposed workers are no more than the share that the policy allows, in a group of this size. */
const isTooFew = (exposed: number, size: number, { exposedShare }: Pick<ShareLimits, 'exposedShare'>): boolean =>
  exposed <= 1 || exposed * 100 <= exposedShare * size;

/** How many workers of a group need to be counted, given how many are exposed. */
function countedFor(exposed: number, limits: Pick<ShareLimits, 'isConfigured' | 'exposedShare'>): number {
  if (limits.isConfigured) return COUNTED;
  // No share is above that of a group whose members are all exposed.
  if (isTooFew(exposed, exposed, limits)) return 0;
  // In a group of this size the share is too small, whatever its size beyond that.
  return limits.exposedShare === 0 ? exposed : Math.floor((exposed * 100) / limits.exposedShare) + 1;
}

/**
 * Reads the members that have public addresses.
 *
 * @param seen ids of those that are known already, which are not read again
 * @returns `isCut` where there may be more of them than are counted
 */
async function readKnown(
  { clients, facts, network }: MemberReaders,
  group: MemberGroup,
  isOurs: Members,
  seen: ReadonlySet<string>,
  { isConfigured, families }: Pick<ShareLimits, 'isConfigured' | 'families'>,
) {
  const most = isConfigured ? COUNTED : Number.POSITIVE_INFINITY;
  const views = new Map<string, WorkerView>();
  const rules: Rules[] = [];
  let count = 0;
  for (const tag of tagsOfGroup(group)) {
    for await (const page of facts.known(tag, families)) {
      const fresh = page.filter(({ InstanceId = '' }) => !seen.has(InstanceId) && !views.has(InstanceId));
      const ours = await isOurs(fresh);
      if (ours.length > 0) {
        const members = await viewMembers(clients.ec2, group.key, ours, network);
        for (const [id, view] of members.views) views.set(id, view);
        rules.push(members.networks);
      }
      count += page.length;
      if (count >= most) return { views, rules, isCut: true };
    }
  }
  return { views, rules, isCut: false };
}

/** A controller or an attacker can associate an Elastic IP with a running worker, so an Elastic IP proves no design. */
const isBoundLater = (exposures: readonly Exposure[]): boolean => exposures.every(({ kind }) => kind === 'elastic');

/** The tags of a group's members: the one that only Auto Scaling sets, or that of a node pool, which proves nothing. */
export function tagsOfGroup({ key: { nodegroup }, owner: { autoScalingGroups = [] } }: MemberGroup): GroupTag[] {
  const unmanaged = unmanagedGroup(nodegroup);
  if (unmanaged?.kind === 'node-pool') return [{ key: 'karpenter.sh/nodepool', value: unmanaged.name }];
  const names = unmanaged === undefined ? autoScalingGroups : [unmanaged.name];
  return names.map((value) => ({ key: AUTO_SCALING_GROUP_TAG, value }));
}

/** Those of some instances that are members of the group. */
type Members = (instances: readonly DescribedInstance[]) => Promise<readonly DescribedInstance[]>;

/**
 * Each member of a node pool needs its own proof, since nobody must be able to enlarge a group by a tag. Where AWS shows
 * none for now, it does not count: pools of other clusters have the same names, and hold up nobody here.
 */
const membersBy = ({ clients, readCluster }: MemberReaders, { key }: MemberGroup): Members => {
  if (unmanagedGroup(key.nodegroup)?.kind !== 'node-pool') return async (instances) => instances;
  return async (instances) => {
    const { identities } = await identifyEach(clients, telling(readCluster), instances);
    return instances.filter(({ InstanceId = '' }) => {
      const identity = identities.get(InstanceId);
      if (identity === undefined || !isProven(identity.owner)) return false;
      return identity.worker.cluster === key.cluster && identity.worker.nodegroup === key.nodegroup;
    });
  };
};

function viewMembers(
  ec2: EC2Client,
  key: NodeGroupKey,
  instances: readonly DescribedInstance[],
  network: NetworkReader,
) {
  const worker = { ...key, ownership: 'self-managed', certain: true } as const;
  const members = instances.map((instance) => ({ instanceId: instance.InstanceId ?? '', instance, worker }));
  return viewWorkers(ec2, members, network);
}

/** Members that hold a slot. In quarantine they have no address by which a filter finds them. */
const holdersIn = ({ cluster, nodegroup }: NodeGroupKey, slots: BlastBudget['slots']): string[] =>
  Object.entries(slots).flatMap(([id, slot]) => (slot.cluster === cluster && slot.nodegroup === nodegroup ? [id] : []));

/** Those of these instances that EC2 still shows as alive. */
async function present(ec2: EC2Client, ids: readonly string[]): Promise<string[]> {
  const found = await describeInstances(
    ec2,
    filtersOf('instance-id', ids).map((filter) => [LIVE, filter]),
  );
  return found.map(({ InstanceId = '' }) => InstanceId);
}

/** Counts the members, up to `most`. */
async function countMembers(ec2: EC2Client, group: MemberGroup, members: Members, most: number): Promise<number> {
  if (most === 0) return 0;
  let size = 0;
  for (const tag of tagsOfGroup(group)) {
    for await (const page of instancePages(ec2, [filterBy(tag), LIVE], Math.min(1000, Math.max(5, most)))) {
      size += (await members(page)).length;
      if (size >= most) return size;
    }
  }
  return size;
}
