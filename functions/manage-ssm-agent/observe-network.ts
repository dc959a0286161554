import { BlockList } from 'node:net';
import {
  type EC2Client,
  type Instance,
  type IpPermission,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeVpcEndpoints,
  type RouteTable,
  type SecurityGroup,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { routeTableOf } from '../shared/route-table.ts';
import type { NetworkFinding } from './observation.ts';

/** The endpoints that an agent needs without a way out. Source: "Create VPC endpoints for Systems Manager". */
const SERVICES = ['ssm', 'ssmmessages', 'ec2messages'];
const HTTPS = 443;

/** The network as AWS describes it, for all VPCs of the given instances. */
interface Networks {
  readonly routeTables: readonly RouteTable[];
  readonly endpoints: readonly VpcEndpoint[];
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
}

/** How each instance may reach Systems Manager, by instance id: three descriptions serve all instances of all VPCs. */
export async function observeNetworks(
  ec2: EC2Client,
  instances: readonly Instance[],
): Promise<Map<string, NetworkFinding>> {
  const networks = await readNetworks(ec2, [...new Set(instances.map(({ VpcId = '' }) => VpcId))]);
  return new Map(instances.map((instance) => [instance.InstanceId ?? '', wayOf(instance, networks)]));
}

async function readNetworks(ec2: EC2Client, vpcIds: readonly string[]): Promise<Networks> {
  const Filters = [{ Name: 'vpc-id', Values: [...vpcIds] }];
  const [routeTables, endpoints]: [RouteTable[], VpcEndpoint[]] = [[], []];
  for await (const page of paginateDescribeRouteTables({ client: ec2 }, { Filters }))
    routeTables.push(...(page.RouteTables ?? []));
  for await (const page of paginateDescribeVpcEndpoints({ client: ec2 }, { Filters }))
    endpoints.push(...(page.VpcEndpoints ?? []));
  const groupIds = endpoints.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId));
  const securityGroups = new Map<string, SecurityGroup>();
  if (groupIds.length > 0) {
    const byId = [{ Name: 'group-id', Values: [...new Set(groupIds)] }];
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters: byId })) {
      for (const group of page.SecurityGroups ?? []) securityGroups.set(group.GroupId ?? '', group);
    }
  }
  return { routeTables, endpoints, securityGroups };
}

function wayOf(instance: Instance, networks: Networks): NetworkFinding {
  const out = routeOut(instance, networks.routeTables);
  if (out.kind === 'open') return out;
  const missing = SERVICES.map((service) => endpointFault(service, instance, networks)).filter(
    (fault) => fault !== undefined,
  );
  return missing.length === 0
    ? { kind: 'open', way: 'VPC endpoints' }
    : { kind: 'closed', missing: `${out.missing} And ${missing.join('; ')}.` };
}

/** Where the default route of the instance's subnet leads. */
function routeOut(
  { SubnetId = '', VpcId = '', PublicIpAddress }: Instance,
  routeTables: readonly RouteTable[],
): NetworkFinding {
  const route = routeTableOf(SubnetId, VpcId, routeTables)?.Routes?.find(
    ({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0',
  );
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

/** What keeps the instance from a service's endpoint, or undefined. */
function endpointFault(
  service: string,
  instance: Instance,
  { endpoints, securityGroups }: Networks,
): string | undefined {
  const { VpcId = '' } = instance;
  const endpoint = endpoints.find(
    ({ ServiceName = '', VpcId: vpc, State }) =>
      vpc === VpcId && ServiceName.endsWith(`.${service}`) && State?.toLowerCase() === 'available',
  );
  if (endpoint === undefined) return `${VpcId} has no endpoint for ${service}`;
  const id = endpoint.VpcEndpointId ?? '';
  if (endpoint.PrivateDnsEnabled !== true) return `endpoint ${id} (${service}) has private DNS off`;
  const groups = (endpoint.Groups ?? []).map(({ GroupId = '' }) => securityGroups.get(GroupId));
  const admits = groups.some((group) => (group?.IpPermissions ?? []).some((rule) => admitsHttps(rule, instance)));
  const names = (endpoint.Groups ?? []).map(({ GroupId }) => GroupId).join(', ');
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
