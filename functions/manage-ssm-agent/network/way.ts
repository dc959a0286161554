import type { VpcEndpoint } from '@aws-sdk/client-ec2';
import { type DescribedInstance, primaryGroupIds } from '../../shared/fleet/described-instance.ts';
import { routeTableOf } from '../../shared/fleet/route-table.ts';
import type { AgentIdentity } from '../../shared/iam/agent-calls.ts';
import { isAtLeast } from '../agent-version.ts';
import type { NetworkFinding } from '../observation.ts';
import { endpointsFor, judgeEndpoint, type NodeEnd } from './endpoints.ts';
import { PUBLIC } from './ipv4.ts';
import { all, type Judgement, no, unsure } from './judgement.ts';
import { ephemeralPorts, HTTPS, judgeBorder } from './network-acls.ts';
import type { Networks, Service } from './networks.ts';
import { IPV6_NEEDS, judgeRoutes, orByIpv6 } from './routes.ts';
import { judgeRules } from './security-groups.ts';

/**
 * The endpoints that an agent needs. Agents before 3.3.40.0 get commands through `ec2messages`; later ones use
 * `ssmmessages` wherever it is available. Source: "Reference: ec2messages, ssmmessages, and other API operations", SSM
 * user guide.
 */
const NEEDED: readonly Service[] = ['ssm', 'ssmmessages'];
const OLD_AGENTS_NEED: Service = 'ec2messages';
const WITHOUT_EC2MESSAGES = [3, 3, 40, 0];

/** The network path of one instance to one service. */
interface Seen {
  readonly service: Service;
  readonly judgement: Judgement;
  readonly way: string;
  readonly unseen?: true;
}

/**
 * The network path of one instance to Systems Manager, or what it lacks. Each service is judged separately: where a VPC
 * has an endpoint with private DNS, the service's usual name resolves to it, whatever other path there is ("Private
 * DNS", AWS PrivateLink guide).
 *
 * @param version of the agent; undefined where none has ever registered
 * @param caller the identity that makes the agent's calls
 */
export function wayOf(
  instance: DescribedInstance,
  version: string | undefined,
  caller: AgentIdentity,
  networks: Networks,
): NetworkFinding {
  const found = nodeEndOf(instance, networks);
  const node = found && { ...found, mayUseIpv6: version === undefined || isAtLeast(version, IPV6_NEEDS) };
  if (instance.PrivateIpAddress === undefined || node === undefined) {
    return { kind: 'unsure', doubt: 'The network of the instance cannot be read.' };
  }
  const isOld = version !== undefined && !isAtLeast(version, WITHOUT_EC2MESSAGES);
  const seen = [...NEEDED, ...(isOld ? [OLD_AGENTS_NEED] : [])].map((service) => see(service, node, caller, networks));
  const shut = seen.filter(({ judgement }) => judgement.answer === 'no');
  const unclear = seen.filter(({ judgement }) => judgement.answer === 'unsure');
  if (shut.length > 0) {
    const missing = sentenceOf(shut);
    return shut.every(({ unseen }) => unseen) ? { kind: 'unseen', missing } : { kind: 'closed', missing };
  }
  if (unclear.length > 0) return { kind: 'unsure', doubt: sentenceOf(unclear) };
  const old = version === undefined ? oldAgentsDoubt(node, caller, networks) : undefined;
  if (old?.isNamed) return { kind: 'unsure', doubt: old.doubt };
  return { kind: 'open', way: seen[0]?.way ?? '', ...(old !== undefined && { unlessOld: old.doubt }) };
}

/**
 * Why nothing outside of AWS's private endpoints is reached from an instance, as a clause; undefined where something is, or
 * where that cannot be told.
 */
export function shutInBy(instance: DescribedInstance, networks: Networks): string | undefined {
  const node = nodeEndOf(instance, networks);
  if (node === undefined) return undefined;
  const { judgement } = routeOut(node, networks);
  return judgement.answer === 'no' ? judgement.why : undefined;
}

function nodeEndOf(instance: DescribedInstance, { securityGroups }: Networks): NodeEnd | undefined {
  const groupIds = primaryGroupIds(instance);
  const groups = groupIds.map((id) => securityGroups.get(id)).filter((group) => group !== undefined);
  if (groups.length < groupIds.length) return undefined;
  const further = (instance.NetworkInterfaces ?? []).flatMap(({ Groups = [] }) =>
    Groups.flatMap(({ GroupId }) => GroupId ?? []),
  );
  return { instance, groups, groupIds, furtherGroupIds: further.filter((id) => !groupIds.includes(id)) };
}

function see(service: Service, node: NodeEnd, caller: AgentIdentity, networks: Networks): Seen {
  const { VpcId = '' } = node.instance;
  if (networks.withoutDns?.has(VpcId) === true) {
    const why = `DNS resolution is off in ${VpcId} (enableDnsSupport), so that its instances find no name`;
    return { service, judgement: no(why), way: '' };
  }
  const endpoints = endpointsFor(service, node.instance, networks);
  const named = endpoints.find(({ PrivateDnsEnabled }) => PrivateDnsEnabled === true);
  if (named !== undefined) {
    const judgement = judgeEndpoint(named, service, node, caller, networks);
    return { service, judgement: byOwnDns(judgement, named, node, networks), way: 'VPC endpoints' };
  }
  const { judgement, way, unseen } = routeOut(node, networks);
  if (judgement.answer === 'yes') return { service, judgement, way };
  const [other] = endpoints;
  const owner = ownerOfShared(node.instance, caller, networks);
  if (other === undefined && owner !== undefined) {
    const hidden = `${node.instance.VpcId} is shared by account ${owner}, whose endpoints cannot be seen`;
    return { service, judgement: unsure(`${judgement.why}; ${hidden}`), way };
  }
  const why =
    other === undefined
      ? `${node.instance.VpcId} has no endpoint for ${service}`
      : `endpoint ${other.VpcEndpointId} (${service}) has private DNS off`;
  return { service, judgement: { ...judgement, why: `${judgement.why}; ${why}` }, way, ...(unseen && { unseen }) };
}

/**
 * The way to an endpoint with private DNS, where the VPC's instances may not ask Amazon's resolver: other DNS servers lead
 * the service's name to the endpoint only where they ask that one, and else to the public addresses.
 */
function byOwnDns(
  judgement: Judgement,
  { VpcId = '', VpcEndpointId, ServiceName = '' }: VpcEndpoint,
  node: NodeEnd,
  networks: Networks,
): Judgement {
  const servers = networks.ownDns?.get(VpcId);
  if (servers === undefined || judgement.answer === 'unsure') return judgement;
  const { judgement: out } = routeOut(node, networks);
  if (judgement.answer === out.answer) return judgement;
  const other = judgement.answer === 'no' ? judgement : out;
  const why = other.answer === 'yes' ? '' : `: ${other.why}`;
  const service = ServiceName.split('.').at(-1);
  return unsure(
    `by its DHCP options ${VpcId} uses the DNS servers ${servers.join(', ')}, and whether these lead ${service} to endpoint ${VpcEndpointId} or to public addresses cannot be seen; one of the two ways is closed${why}`,
  );
}

/**
 * The account that shares the instance's VPC with this one; undefined where the VPC is this account's own. Route tables
 * of shared subnets are visible here, and name their owner. Endpoints are not. Sources: VPC user guide, "Responsibilities
 * and permissions for owners and participants"; aws-containers/amazon-ecs-exec-checker#29.
 */
function ownerOfShared(
  { SubnetId = '', VpcId = '' }: DescribedInstance,
  { account }: AgentIdentity,
  { routeTables }: Networks,
): string | undefined {
  const owner = routeTableOf(SubnetId, VpcId, routeTables)?.OwnerId;
  return owner === account ? undefined : owner;
}

/** Whether HTTPS leaves the interface and its subnet, where it goes, and whether responses come back. */
function routeOut(node: NodeEnd, networks: Networks) {
  const { instance, groups, groupIds, mayUseIpv6 = false } = node;
  const { SubnetId = '', VpcId = '' } = instance;
  const table = routeTableOf(SubnetId, VpcId, networks.routeTables);
  const byIpv4 = judgeRoutes(table?.Routes ?? [], networks, instance);
  const routes = mayUseIpv6 ? orByIpv6(byIpv4, table?.Routes ?? [], networks, instance) : byIpv4;
  const name = 'AWS';
  const out = judgeRules(
    groups.flatMap(({ IpPermissionsEgress = [] }) => IpPermissionsEgress),
    { addresses: PUBLIC, groupIds: [], name },
    networks.prefixLists,
    `security group ${groupIds.join(', ')} of the instance lets nothing out to the Internet on port ${HTTPS}`,
  );
  const packets = [
    { egress: true, others: PUBLIC, ports: [HTTPS, HTTPS], what: 'HTTPS' },
    { egress: false, others: PUBLIC, ports: ephemeralPorts(instance), what: 'the answers to HTTPS' },
  ] as const;
  const borders = packets.map((some) => judgeBorder(SubnetId, some, networks));
  const facts = all([out, ...borders]);
  // What blocks the instance itself is reported before what is invisible behind a route.
  if (facts.answer === 'no') return { judgement: facts, way: routes.way };
  return {
    judgement: all([routes.judgement, facts]),
    way: routes.way,
    ...(routes.unseen && { unseen: routes.unseen }),
  };
}

/**
 * The doubt about an agent that has never registered: it may be an old one, which needs `ec2messages`. `isNamed`: an
 * endpoint for that blocks it. Where there is none, as AWS advises for present agents, a new agent registers all the same.
 */
function oldAgentsDoubt(
  node: NodeEnd,
  caller: AgentIdentity,
  networks: Networks,
): { readonly doubt: string; readonly isNamed: boolean } | undefined {
  const isNamed = endpointsFor(OLD_AGENTS_NEED, node.instance, networks).some((one) => one.PrivateDnsEnabled === true);
  const { judgement } = see(OLD_AGENTS_NEED, node, caller, networks);
  if (judgement.answer !== 'no') return undefined;
  const doubt = unsure(`agents before ${WITHOUT_EC2MESSAGES.join('.')} cannot answer: ${judgement.why}`);
  return { doubt: sentenceOf([{ service: OLD_AGENTS_NEED, judgement: doubt, way: '' }]), isNamed };
}

/** Joins the reasons into one sentence, without repeating those that several services share. */
function sentenceOf(seen: readonly Seen[]): string {
  const clauses = seen.flatMap(({ judgement }) => (judgement.answer === 'yes' ? [] : judgement.why.split('; ')));
  const text = [...new Set(clauses)].join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
