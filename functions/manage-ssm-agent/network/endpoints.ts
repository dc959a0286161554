import type { NetworkInterface, SecurityGroup, VpcEndpoint } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { AgentIdentity } from '../../shared/iam/agent-calls.ts';
import { judgeEndpointPolicy } from './endpoint-policy.ts';
import { address } from './ipv4.ts';
import { all, type Judgement, unsure, YES } from './judgement.ts';
import { ephemeralPorts, HTTPS, judgeBorder, type Packets } from './network-acls.ts';
import type { Networks, Service } from './networks.ts';
import { judgeRules } from './security-groups.ts';

/** The node's end of its connections: the primary interface, which the agent uses. */
export interface NodeEnd {
  readonly instance: DescribedInstance;
  readonly groups: readonly SecurityGroup[];
  readonly groupIds: readonly string[];
  readonly furtherGroupIds: readonly string[];
  /** Whether what is asked for may be reached by IPv6, too. */
  readonly mayUseIpv6?: boolean;
}

/** The endpoints of a service in the VPC, with or without private DNS. */
export const endpointsFor = (service: string, { VpcId }: DescribedInstance, { endpoints }: Networks): VpcEndpoint[] =>
  endpoints.filter(
    (one) => one.VpcId === VpcId && one.ServiceName?.endsWith(`.${service}`) === true && SERVES.has(stateOf(one)),
  );

/** EC2 returns the state in lower case, unlike its API model. */
const stateOf = ({ State }: VpcEndpoint): string => State?.toLowerCase() ?? '';
/** The states in which an endpoint's name leads to it. AWS does not say what `partial` is: some of it may not work. */
const SERVES: ReadonlySet<string> = new Set(['available', 'partial']);

/** Whether the node reaches an endpoint with private DNS, and may call the service through it. */
export function judgeEndpoint(
  endpoint: VpcEndpoint,
  service: Service,
  node: NodeEnd,
  caller: AgentIdentity,
  networks: Networks,
): Judgement {
  const id = `endpoint ${endpoint.VpcEndpointId} (${service})`;
  const ends = (endpoint.NetworkInterfaceIds ?? []).map((interfaceId) => networks.interfaces.get(interfaceId));
  if (ends.length === 0 || ends.includes(undefined)) return unsure(`the interfaces of ${id} cannot be read`);
  const reached = ends.map((end) => judgeEnd(end ?? {}, id, endpoint, node, networks));
  const whole = stateOf(endpoint) === 'partial' ? unsure(`${id} is in the state partial`) : YES;
  return all([anyOf(reached, id), judgeEndpointPolicy(endpoint.PolicyDocument, service, caller, id), whole]);
}

/** DNS resolves to any of an endpoint's interfaces, so an interface that rejects the node may be the one. */
function anyOf(ends: readonly Judgement[], id: string): Judgement {
  const shut = ends.find(({ answer }) => answer === 'no');
  if (shut === undefined || ends.every(({ answer }) => answer === 'no')) return all(ends);
  return unsure(`only some interfaces of ${id} are reached`);
}

function judgeEnd(
  { SubnetId: endSubnet = '', PrivateIpAddress: endIp = '' }: NetworkInterface,
  id: string,
  { Groups = [] }: VpcEndpoint,
  node: NodeEnd,
  networks: Networks,
): Judgement {
  const { SubnetId: nodeSubnet = '', PrivateIpAddress: nodeIp = '' } = node.instance;
  const endGroupIds = Groups.map(({ GroupId = '' }) => GroupId);
  const endGroups = endGroupIds.map((groupId) => networks.securityGroups.get(groupId));
  if (endGroups.includes(undefined)) return unsure(`the security groups of ${id} cannot be read`);
  const out = judgeRules(
    node.groups.flatMap(({ IpPermissionsEgress = [] }) => IpPermissionsEgress),
    { addresses: address(endIp), groupIds: endGroupIds, name: id },
    networks.prefixLists,
    `security group ${node.groupIds.join(', ')} of the instance lets nothing out to ${id} on port ${HTTPS}`,
  );
  const into = judgeRules(
    endGroups.flatMap((group) => group?.IpPermissions ?? []),
    {
      addresses: address(nodeIp),
      groupIds: node.groupIds,
      furtherGroupIds: node.furtherGroupIds,
      name: 'the instance',
    },
    networks.prefixLists,
    `security group ${endGroupIds.join(', ')} of ${id} does not admit ${nodeIp} on port ${HTTPS}`,
  );
  // Network ACLs do not apply within a subnet.
  if (nodeSubnet === endSubnet) return all([out, into]);
  const answers = ephemeralPorts(node.instance);
  const [toEnd, toNode] = [address(endIp), address(nodeIp)];
  const borders: ReadonlyArray<readonly [string, Packets]> = [
    [nodeSubnet, { egress: true, others: toEnd, ports: [HTTPS, HTTPS], what: `HTTPS to ${id}` }],
    [endSubnet, { egress: false, others: toNode, ports: [HTTPS, HTTPS], what: `HTTPS to ${id}` }],
    [endSubnet, { egress: true, others: toNode, ports: answers, what: `the answers of ${id}` }],
    [nodeSubnet, { egress: false, others: toEnd, ports: answers, what: `the answers of ${id}` }],
  ];
  return all([out, into, ...borders.map(([subnetId, packets]) => judgeBorder(subnetId, packets, networks))]);
}
