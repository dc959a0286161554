import type { EC2Client, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { readAnsweringAgents } from '../../shared/fleet/answering-agents.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { identifyEach, telling, untoldOf } from '../../shared/fleet/identify-each.ts';
import { describeInstances, LIVE } from '../../shared/fleet/instances.ts';
import { insideOf, isPublicNetwork, readVpcBlocks } from '../../shared/fleet/networks.ts';
import { isProven } from '../../shared/fleet/owners.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { type Host, readSessions } from '../../shared/fleet/session-channels.ts';
import { SHELL_PORTS, shellPortsOf } from '../../shared/fleet/shell-ports.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { ruleInWords } from '../decide/exposure-text.ts';
import {
  EXPOSED_GROUP_PK,
  type ExposedGroupState,
  NEW_EXPOSED_GROUP,
  readExposedGroups,
} from '../model/exposed-group-ledger.ts';
import type { GroupObservation, NetworkUser } from '../model/observation.ts';
import { filterBy } from '../observe/group-facts.ts';
import { tagsOfGroup } from '../observe/group-members.ts';
import { readUsers, type UserClients, unreadUser } from '../observe/observe-users.ts';

export interface ShellIngressClients extends UserClients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A group with the rules that let public addresses in at the ports of its workers' shells. */
export interface ShellIngress
  extends Pick<GroupObservation, 'key' | 'trigger' | 'state' | 'owner' | 'users' | 'usersUnreadable'> {
  /** The rules that open only such a port, each reduced to its public sources. */
  readonly rules: GroupObservation['worldOpen'];
  /** The rules that also open other ports, in words. Revoking one would close more than shells. */
  readonly wide: readonly string[];
  /** Names of groups of the cluster that a waiver of the check is about. */
  readonly waived: readonly string[];
  /** The groups behind these rules for which an operator had something reopened, as `cluster/nodegroup`. */
  readonly leftOpen: ReadonlySet<string>;
  /** Ids of the workers whose SSM agent answers, and which sessions reach. */
  readonly answering: ReadonlySet<string>;
}

/**
 * Reads anew what a check of posture reported of a group. The request only says where to look.
 *
 * @returns undefined where the group has no workers, and so nothing names its security groups
 * @throws where the messages are to come again, since something may be read then
 */
export async function observeShellIngress(
  clients: ShellIngressClients,
  readCluster: ClusterReader,
  { key, trigger, owner, waived }: Pick<ShellIngress, 'key' | 'trigger' | 'owner' | 'waived'>,
  state: ExposedGroupState = NEW_EXPOSED_GROUP,
): Promise<ShellIngress | undefined> {
  const { ec2, ssm, ledger } = clients;
  const filters = tagsOfGroup({ key, owner }).map((tag) => [filterBy(tag), LIVE]);
  const instances = await describeInstances(ec2, filters);
  const { identities } = await identifyEach(clients, telling(readCluster), instances);
  const own = instances.filter(({ InstanceId = '' }) => {
    const { worker } = identities.get(InstanceId) ?? {};
    return worker?.cluster === key.cluster && worker.nodegroup === key.nodegroup;
  });
  for (const { InstanceId = '' } of own) {
    const why = untoldOf(identities.get(InstanceId)?.owner ?? {}, trigger);
    if (why !== undefined) throw new Error(`${InstanceId} cannot be read for now: ${why}`);
  }
  const members = own.filter(({ InstanceId = '' }) => isProven(identities.get(InstanceId)?.owner));
  if (members.length === 0) return undefined;
  const ids = members.flatMap(({ NetworkInterfaces = [] }) =>
    NetworkInterfaces.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId }) => GroupId ?? [])),
  );
  const groups = [...(await readSecurityGroups(ec2, ids)).values()];
  const blocks = await readVpcBlocks(ec2, [...new Set(groups.flatMap(({ VpcId }) => VpcId ?? []))]);
  const open = groups.map((group) => openRules(group, blocks.get(group.VpcId ?? '') ?? []));
  const rules = open.flatMap(({ groupId, narrow }) => (narrow.length === 0 ? [] : [{ groupId, permissions: narrow }]));
  const wide = open.flatMap(({ groupId, wide: all }) => (all.length === 0 ? [] : [ruleInWords(groupId, all)]));
  const nobody = { users: new Map(), answering: new Set<string>(), leftOpen: new Set<string>() };
  const found = { key, trigger, state, owner, waived, rules, wide, ...nobody };
  if (rules.length === 0) return found;
  const known = await readUsers(clients, readCluster, {
    securityGroups: rules.map(({ groupId }) => groupId),
    subnets: [],
  });
  const trouble = unreadUser({ trigger, users: known.users ?? new Map() }, [...(known.users?.keys() ?? [])]);
  if (trouble !== undefined) throw trouble;
  const workers = [...(known.users?.values() ?? [])].flat().filter((user) => user.kind === 'worker');
  const subjects = workers.flatMap(({ cluster, nodegroup }) =>
    nodegroup === undefined ? [] : [subjectOf({ cluster, nodegroup })],
  );
  const states = await readExposedGroups(ledger, [...new Set(subjects)]);
  const leftOpen = new Set([
    ...[...states].flatMap(([subject, each]) => (each.leftOpen === true ? [subject] : [])),
    // Nobody knows of these whether they are to keep it open.
    ...subjects.filter((subject) => ledger.unreadable?.has(EXPOSED_GROUP_PK, subject)),
  ]);
  try {
    const agents = await readAnsweringAgents(
      ssm,
      workers.map(({ instanceId }) => instanceId),
    );
    const hosts = workers.filter(({ instanceId }) => agents.has(instanceId)).map(hostOfUser);
    const sessions = await readSessions(ssm, hosts);
    const answering = new Set(hosts.flatMap(({ id }) => (sessions.get(id) === true ? id : [])));
    return { ...found, ...known, leftOpen, answering };
  } catch (error) {
    // Only Systems Manager can show that a worker has another way in. Without its answer the rules stay.
    const usersUnreadable = refusalOf(error);
    if (usersUnreadable === undefined) throw error;
    return { ...found, usersUnreadable };
  }
}

/** Workers of a group are alike, but for the routes and network ACLs of their subnets. */
export const hostOfUser = ({
  instanceId,
  cluster,
  nodegroup = '',
  subnetId = '',
}: Pick<WorkerUser, 'instanceId' | 'cluster' | 'nodegroup' | 'subnetId'>): Host => ({
  id: instanceId,
  alike: `${cluster}/${nodegroup} ${subnetId}`,
});

type WorkerUser = Extract<NetworkUser, { kind: 'worker' }>;

/** The rules of a security group that let public addresses from outside its VPC in at the ports of shells. */
export function openRules(
  { GroupId: groupId = '', IpPermissions = [] }: SecurityGroup,
  blocks: readonly string[],
): { readonly groupId: string; readonly narrow: IpPermission[]; readonly wide: IpPermission[] } {
  const isInside = insideOf(blocks);
  const isOutside = (cidr = ''): boolean => isPublicNetwork(cidr) && !isInside(cidr);
  const open = IpPermissions.filter((rule) => shellPortsOf(rule).length > 0).flatMap((rule): IpPermission[] => {
    const { IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [] } = rule;
    const ipv4 = IpRanges.filter(({ CidrIp }) => isOutside(CidrIp));
    const ipv6 = Ipv6Ranges.filter(({ CidrIpv6 }) => isOutside(CidrIpv6));
    if (ipv4.length + ipv6.length === 0) return [];
    const ports = { ...(FromPort !== undefined && { FromPort }), ...(ToPort !== undefined && { ToPort }) };
    const sources = { ...(ipv4.length > 0 && { IpRanges: ipv4 }), ...(ipv6.length > 0 && { Ipv6Ranges: ipv6 }) };
    return [{ IpProtocol, ...ports, ...sources }];
  });
  const isNarrow = ({ IpProtocol, FromPort, ToPort }: IpPermission): boolean =>
    IpProtocol !== '-1' && FromPort === ToPort && SHELL_PORTS.includes(FromPort ?? 0);
  return { groupId, narrow: open.filter(isNarrow), wide: open.filter((rule) => !isNarrow(rule)) };
}
