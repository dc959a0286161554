import type { EC2Client, NetworkInterface } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { identifyEach, telling, untoldOf } from '../../shared/fleet/identify-each.ts';
import type { IdentityClients } from '../../shared/fleet/identity-facts.ts';
import { describeInstances, filtersOf } from '../../shared/fleet/instances.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import { tagsOf, type Worker } from '../../shared/fleet/worker.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { wantedClosed } from '../decide/exposure-text.ts';
import type { Circumstances } from '../model/decision.ts';
import type { GroupObservation, NetworkUser } from '../model/observation.ts';
import { describeInterfaces } from './observe-interfaces.ts';

export interface UserClients extends IdentityClients {
  readonly ec2: EC2Client;
}

/**
 * Adds to groups the other users of the security groups and subnets that the policy wants closed. A group with nothing
 * to close costs no call.
 */
export async function withUsers(
  clients: UserClients,
  readCluster: ClusterReader,
  groups: readonly GroupObservation[],
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Promise<readonly GroupObservation[]> {
  const wanted = groups.map((group) => wantedClosed(group, circumstances));
  const securityGroups = unique(wanted.flatMap((each) => each.securityGroups));
  const subnets = unique(wanted.flatMap((each) => each.subnets));
  if (securityGroups.length + subnets.length === 0) return groups;
  const users = await readUsers(clients, readCluster, { securityGroups, subnets });
  return groups.map((group) => ({ ...group, ...users }));
}

/** Reads the users of these security groups and subnets, or why AWS refuses to name them. */
export async function readUsers(
  clients: UserClients,
  readCluster: ClusterReader,
  { securityGroups, subnets }: { readonly securityGroups: readonly string[]; readonly subnets: readonly string[] },
): Promise<Partial<Pick<GroupObservation, 'users' | 'usersUnreadable'>>> {
  const { ec2 } = clients;
  try {
    // Interfaces are read before instances, so that an instance that is launched in between is recognized.
    const interfaces = await describeInterfaces(ec2, 'group-id', securityGroups);
    const filters = [...filtersOf('network-interface.group-id', securityGroups), ...filtersOf('subnet-id', subnets)];
    const instances = await describeInstances(
      ec2,
      filters.map((filter) => [filter]),
    );
    const known = await readWorkers(clients, readCluster, instances);
    const users = new Map([
      ...usersOfSecurityGroups(securityGroups, interfaces, instances, known),
      ...workersOfSubnets(subnets, instances, known),
    ]);
    return { users };
  } catch (error) {
    // Without a list of users nothing is closed for the group. Workers are quarantined all the same.
    const usersUnreadable = refusalOf(error);
    if (usersUnreadable === undefined) throw error;
    return { usersUnreadable };
  }
}

/**
 * The error for which messages about a group come again: the owner of a user of these security groups or subnets cannot
 * be read for now. Undefined where all are read, and once another delivery has failed, too: what is used by such a worker
 * is left open then, and that is told.
 */
export function unreadUser(
  { trigger, users }: Pick<GroupObservation, 'trigger' | 'users'>,
  ids: readonly string[],
): Error | undefined {
  for (const user of ids.flatMap((id) => users.get(id) ?? [])) {
    const why = user.kind === 'worker' ? untoldOf(user.owner, trigger) : undefined;
    if (why !== undefined) return new Error(`The owner of a user of ${ids.join(', ')} cannot be read for now: ${why}`);
  }
  return undefined;
}

/** The workers among the instances, with their owners, by instance id. */
async function readWorkers(
  clients: IdentityClients,
  readCluster: ClusterReader,
  instances: readonly DescribedInstance[],
): Promise<Map<string, NetworkUser>> {
  const byId = new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]));
  const { identities } = await identifyEach(clients, telling(readCluster), [...byId.values()]);
  return new Map(
    [...identities].map(([instanceId, { worker, owner }]) => {
      const { SubnetId: subnetId, ...instance } = byId.get(instanceId) ?? {};
      const user = workerAsUser({ ...worker, instanceId, tags: tagsOf(instance) }, owner);
      return [instanceId, { ...user, ...(subnetId !== undefined && { subnetId }) }];
    }),
  );
}

const workerAsUser = (
  { instanceId, cluster, nodegroup, ownership, tags }: Worker & { instanceId: string; tags: Record<string, string> },
  owner: Owner,
): NetworkUser => ({
  kind: 'worker',
  instanceId,
  cluster,
  ...(nodegroup !== undefined && { nodegroup }),
  ownership,
  tags,
  owner,
});

const usersOfSecurityGroups = (
  groupIds: readonly string[],
  interfaces: readonly NetworkInterface[],
  instances: readonly DescribedInstance[],
  workers: ReadonlyMap<string, NetworkUser>,
): Array<[string, NetworkUser[]]> =>
  groupIds.map((groupId) => {
    const isIn = ({ Groups = [] }: Pick<NetworkInterface, 'Groups'>) => Groups.some((each) => each.GroupId === groupId);
    return [
      groupId,
      [
        ...interfaces.filter(isIn).map((each) => userOf(each, workers)),
        ...instances
          .filter(({ NetworkInterfaces = [] }) => NetworkInterfaces.some(isIn))
          .map(({ InstanceId = '' }) => instanceAsUser(InstanceId, workers)),
      ],
    ];
  });

const instanceAsUser = (instanceId: string, workers: ReadonlyMap<string, NetworkUser>): NetworkUser =>
  workers.get(instanceId) ?? { kind: 'instance', instanceId };

const EKS_DESCRIPTION = 'Amazon EKS ';

/** The user of an interface. An interface that is not proven to be a worker's or EKS's own belongs to somebody else. */
function userOf(each: NetworkInterface, workers: ReadonlyMap<string, NetworkUser>): NetworkUser {
  const { NetworkInterfaceId: interfaceId = '', Description: description = '', Attachment } = each;
  const instanceId = Attachment?.InstanceId;
  if (instanceId !== undefined) return instanceAsUser(instanceId, workers);
  if (description.startsWith(EKS_DESCRIPTION) && isMadeByEks(each)) {
    return { kind: 'control-plane', cluster: description.slice(EKS_DESCRIPTION.length) };
  }
  return { kind: 'interface', interfaceId, description };
}

/**
 * Whether EKS made an interface. Anybody can copy the description of EKS's interfaces. EKS attaches its own to
 * instances of another account. Recorded ones are not `RequesterManaged`, but name EKS as the requester.
 */
const isMadeByEks = ({ RequesterManaged, RequesterId = '', Attachment, OwnerId }: NetworkInterface): boolean =>
  (RequesterManaged === true || RequesterId.endsWith(':AmazonEKS')) &&
  Attachment?.InstanceOwnerId !== undefined &&
  Attachment.InstanceOwnerId !== OwnerId;

/** Only workers count as users of a subnet: any other instance keeps the address that it has. */
const workersOfSubnets = (
  subnetIds: readonly string[],
  instances: readonly DescribedInstance[],
  workers: ReadonlyMap<string, NetworkUser>,
): Array<[string, NetworkUser[]]> =>
  subnetIds.map((subnetId) => [
    subnetId,
    instances
      .filter(({ SubnetId }) => SubnetId === subnetId)
      .flatMap(({ InstanceId = '' }) => workers.get(InstanceId) ?? []),
  ]);

const unique = (values: readonly string[]): string[] => [...new Set(values)];
