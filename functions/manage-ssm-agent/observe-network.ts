import { BlockList } from 'node:net';
import {
  type EC2Client,
  type Instance,
  type IpPermission,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeVpcEndpoints,
  type Route,
  type RouteTable,
  type SecurityGroup,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { filtersOf } from '../shared/fleet/instances.ts';
import { routeTableOf } from '../shared/fleet/route-table.ts';
import { isAtLeast } from './agent-version.ts';
import type { NetworkFinding } from './observation.ts';

/**
 * The endpoints that an agent needs without a way out. Agents before 3.3.40.0 get their commands by `ec2messages`, later
 * ones by `ssmmessages` wherever that is available. Source: "Reference: ec2messages, ssmmessages, and other API
 * operations", SSM user guide.
 */
const servicesFor = (version: string | undefined): string[] =>
  // Of an agent that has never registered nobody knows the version: AMIs have had a newer one since early in 2024.
  version === undefined || isAtLeast(version, [3, 3, 40, 0])
    ? ['ssm', 'ssmmessages']
    : ['ssm', 'ssmmessages', 'ec2messages'];

const HTTPS = 443;

/** The default route, or the halves that it is written in now and then: the narrower one wins. */
const EVERYWHERE = '0.0.0.0/0';
const HALVES = ['0.0.0.0/1', '128.0.0.0/1'];

/** The network as AWS describes it, for all VPCs of the given instances. */
export interface Networks {
  readonly routeTables: readonly RouteTable[];
  readonly endpoints: readonly VpcEndpoint[];
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
}

/**
 * How each instance may reach Systems Manager, by instance id: three descriptions serve all instances of all VPCs.
 *
 * @param versions of the agents that have ever registered, by instance id
 */
export async function observeNetworks(
  ec2: EC2Client,
  instances: readonly Instance[],
  versions: ReadonlyMap<string, string>,
): Promise<Map<string, NetworkFinding>> {
  const networks = await readNetworks(ec2, [...new Set(instances.map(({ VpcId = '' }) => VpcId))]);
  return new Map(
    instances.map((instance) => {
      const { InstanceId = '' } = instance;
      return [InstanceId, wayOf(instance, versions.get(InstanceId), networks)];
    }),
  );
}

async function readNetworks(ec2: EC2Client, vpcIds: readonly string[]): Promise<Networks> {
  const [routeTables, endpoints]: [RouteTable[], VpcEndpoint[]] = [[], []];
  for (const filter of filtersOf('vpc-id', vpcIds)) {
    const input = { Filters: [filter] };
    for await (const page of paginateDescribeRouteTables({ client: ec2 }, input))
      routeTables.push(...(page.RouteTables ?? []));
    for await (const page of paginateDescribeVpcEndpoints({ client: ec2 }, input))
      endpoints.push(...(page.VpcEndpoints ?? []));
  }
  const groupIds = endpoints.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId));
  const securityGroups = new Map<string, SecurityGroup>();
  for (const filter of filtersOf('group-id', [...new Set(groupIds)])) {
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters: [filter] })) {
      for (const group of page.SecurityGroups ?? []) securityGroups.set(group.GroupId ?? '', group);
    }
  }
  return { routeTables, endpoints, securityGroups };
}

/**
 * Exported for its test: the way of one instance to Systems Manager, or what is missing.
 *
 * @param version of its agent; undefined where none has ever registered
 */
export function wayOf(instance: Instance, version: string | undefined, networks: Networks): NetworkFinding {
  const out = routeOut(instance, networks.routeTables);
  if (out.kind === 'open') return out;
  const missing = servicesFor(version)
    .map((service) => serviceFault(service, instance, networks))
    .filter((fault) => fault !== undefined);
  return missing.length === 0
    ? { kind: 'open', way: 'VPC endpoints' }
    : { kind: 'closed', missing: `${out.missing} And ${missing.join('; ')}.` };
}

/** Where the default route of the instance's subnet leads, or the first of its halves that leads nowhere. */
function routeOut(instance: Instance, routeTables: readonly RouteTable[]): NetworkFinding {
  const { SubnetId = '', VpcId = '' } = instance;
  const routes = routeTableOf(SubnetId, VpcId, routeTables)?.Routes ?? [];
  const routeTo = (cidr: string) => routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === cidr);
  const general = routeTo(EVERYWHERE);
  const [low, high] = HALVES.map((half) => judgeRoute(routeTo(half) ?? general, instance));
  return [low, high].find((half) => half?.kind === 'closed') ?? low ?? judgeRoute(general, instance);
}

function judgeRoute(route: Route | undefined, { SubnetId, PublicIpAddress }: Instance): NetworkFinding {
  const closed = (why: string): NetworkFinding => ({ kind: 'closed', missing: `Subnet ${SubnetId} has ${why}.` });
  if (route === undefined) return closed('no default route');
  if (route.State === 'blackhole') return closed('a default route whose target is gone');
  if (route.GatewayId?.startsWith('igw-') === true) {
    if (PublicIpAddress === undefined)
      return closed('a default route to an Internet gateway, and the instance no public address');
    return { kind: 'open', way: route.GatewayId };
  }
  // NAT gateway, transit gateway, appliance: there is a way out; what lies behind it, EC2 does not tell.
  const way = route.NatGatewayId ?? route.TransitGatewayId ?? route.NetworkInterfaceId ?? route.GatewayId ?? 'a route';
  return { kind: 'open', way };
}

/** What keeps the instance from a service, or undefined: one endpoint of it that will do is enough. */
function serviceFault(
  service: string,
  instance: Instance,
  { endpoints, securityGroups }: Networks,
): string | undefined {
  const { VpcId = '' } = instance;
  const candidates = endpoints.filter(
    ({ ServiceName = '', VpcId: vpc, State }) =>
      vpc === VpcId && ServiceName.endsWith(`.${service}`) && State?.toLowerCase() === 'available',
  );
  if (candidates.length === 0) return `${VpcId} has no endpoint for ${service}`;
  const faults = candidates.map((endpoint) => endpointFault(endpoint, service, instance, securityGroups));
  return faults.includes(undefined) ? undefined : faults.join(', and ');
}

function endpointFault(
  { VpcEndpointId: id, PrivateDnsEnabled, Groups = [] }: VpcEndpoint,
  service: string,
  instance: Instance,
  securityGroups: Networks['securityGroups'],
): string | undefined {
  if (PrivateDnsEnabled !== true) return `endpoint ${id} (${service}) has private DNS off`;
  const groups = Groups.map(({ GroupId = '' }) => securityGroups.get(GroupId));
  const admits = groups.some((group) => (group?.IpPermissions ?? []).some((rule) => admitsHttps(rule, instance)));
  const names = Groups.map(({ GroupId }) => GroupId).join(', ');
  return admits
    ? undefined
    : `${names} of endpoint ${id} (${service}) does not admit ${instance.PrivateIpAddress} on port ${HTTPS}`;
}

/** Whether an ingress rule lets the instance in on port 443. */
function admitsHttps(rule: IpPermission, { PrivateIpAddress = '', SecurityGroups = [] }: Instance): boolean {
  const { IpProtocol, FromPort = 0, ToPort = 65_535, IpRanges = [], UserIdGroupPairs = [] } = rule;
  const covers = IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= HTTPS && HTTPS <= ToPort);
  if (!covers) return false;
  const groupIds = SecurityGroups.map(({ GroupId }) => GroupId);
  return (
    UserIdGroupPairs.some(({ GroupId }) => groupIds.includes(GroupId)) ||
    IpRanges.some(({ CidrIp = '' }) => contains(CidrIp, PrivateIpAddress))
  );
}

function contains(cidr: string, address: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), 'ipv4');
  return list.check(address, 'ipv4');
}
