import {
  type EC2Client,
  EC2ServiceException,
  type NatGateway,
  type NetworkAcl,
  type NetworkInterface,
  paginateDescribeNatGateways,
  paginateDescribeNetworkAcls,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcEndpoints,
  paginateGetManagedPrefixListEntries,
  type Route,
  type RouteTable,
  type SecurityGroup,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { type DescribedInstance, primaryGroupIds } from '../../shared/fleet/described-instance.ts';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { type Addresses, block, union } from './ipv4.ts';
import { readMute, readOwnDns } from './own-dns.ts';
import { type PrefixListEntries, prefixListsOf } from './security-groups.ts';

/** The network of all VPCs of some instances, as AWS describes it. */
export interface Networks {
  readonly routeTables: readonly RouteTable[];
  readonly networkAcls: readonly NetworkAcl[];
  /**
   * NAT gateways that routes name, by id. Those of an account that shares its VPC are missing. Undefined where EC2 lets
   * nobody read any.
   */
  readonly natGateways: ReadonlyMap<string, NatGateway> | undefined;
  /** The modes of VPC Block Public Access that hold for subnets, considering exclusions. Subnets without are missing. */
  readonly blocked: ReadonlyMap<string, string>;
  readonly endpoints: readonly VpcEndpoint[];
  /** Network interfaces of the endpoints, by id. */
  readonly interfaces: ReadonlyMap<string, NetworkInterface>;
  /** Security groups of instances and endpoints, by id. */
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
  /** The DNS servers that instances of a VPC with such endpoints use instead of Amazon's resolver, by the VPC. */
  readonly ownDns?: ReadonlyMap<string, readonly string[]>;
  /**
   * VPCs in which Amazon's resolver answers nobody, although their instances ask it. One whose attribute nobody may read is
   * missing.
   */
  readonly withoutDns?: ReadonlySet<string>;
  /** The prefix lists that these security groups and the routes name. */
  readonly prefixLists: PrefixListEntries;
}

/** The services whose endpoints an agent may need. */
export const SERVICES = ['ssm', 'ssmmessages', 'ec2messages'] as const;
export type Service = (typeof SERVICES)[number];

/** Reads the networks of all VPCs of these instances, with calls that describe several VPCs at once. */
export async function readNetworks(ec2: EC2Client, instances: readonly DescribedInstance[]): Promise<Networks> {
  const vpcs = filtersOf('vpc-id', distinct(instances.map(({ VpcId = '' }) => VpcId)));
  const [routeTables, networkAcls, endpoints]: [RouteTable[], NetworkAcl[], VpcEndpoint[]] = [[], [], []];
  for (const filter of vpcs) {
    const input = { Filters: [filter] };
    for await (const page of paginateDescribeRouteTables({ client: ec2 }, input))
      routeTables.push(...(page.RouteTables ?? []));
    for await (const page of paginateDescribeNetworkAcls({ client: ec2 }, input))
      networkAcls.push(...(page.NetworkAcls ?? []));
    for await (const page of paginateDescribeVpcEndpoints({ client: ec2 }, input)) {
      endpoints.push(...(page.VpcEndpoints ?? []).filter(isOfSystemsManager));
    }
  }
  const blocked = new Map<string, string>();
  for (const filter of vpcs) {
    for await (const { Subnets = [] } of paginateDescribeSubnets({ client: ec2 }, { Filters: [filter] })) {
      for (const { SubnetId = '', BlockPublicAccessStates } of Subnets) {
        const mode = BlockPublicAccessStates?.InternetGatewayBlockMode ?? 'off';
        if (mode !== 'off') blocked.set(SubnetId, mode);
      }
    }
  }
  const natGateways = await readNatGateways(ec2, routeTables);
  const groupIds = [
    ...endpoints.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId)),
    ...instances.flatMap(primaryGroupIds),
  ];
  const securityGroups = await readSecurityGroups(ec2, distinct(groupIds));
  const interfaces = new Map<string, NetworkInterface>();
  const interfaceIds = endpoints.flatMap(({ NetworkInterfaceIds = [] }) => NetworkInterfaceIds);
  for (const filter of filtersOf('network-interface-id', distinct(interfaceIds))) {
    for await (const page of paginateDescribeNetworkInterfaces({ client: ec2 }, { Filters: [filter] })) {
      for (const one of page.NetworkInterfaces ?? []) interfaces.set(one.NetworkInterfaceId ?? '', one);
    }
  }
  const listIds = distinct([
    ...[...securityGroups.values()].flatMap(prefixListsOf),
    ...routeTables.flatMap(({ Routes = [] }) => prefixListsOfRoutes(Routes)),
  ]);
  const lists = await pMap(listIds, async (id) => [id, await readPrefixList(ec2, id)] as const, {
    concurrency: READ_CONCURRENCY,
  });
  const mute = await readMute(ec2, distinct(instances.map(({ VpcId = '' }) => VpcId)));
  const named = endpoints.filter(({ PrivateDnsEnabled }) => PrivateDnsEnabled === true);
  const ownDns = await readOwnDns(ec2, [...named.map(({ VpcId = '' }) => VpcId), ...mute]);
  const withoutDns = new Set(mute.filter((vpcId) => !ownDns.has(vpcId)));
  const prefixLists = new Map(lists);
  return {
    routeTables,
    networkAcls,
    natGateways,
    blocked,
    endpoints,
    interfaces,
    securityGroups,
    ownDns,
    withoutDns,
    prefixLists,
  };
}

/** The NAT gateways that routes name. A route to one that was deleted, and is not described any more, is a black hole. */
async function readNatGateways(
  ec2: EC2Client,
  tables: readonly RouteTable[],
): Promise<Map<string, NatGateway> | undefined> {
  const ids = tables.flatMap(({ Routes = [] }) => Routes.flatMap(({ NatGatewayId }) => NatGatewayId ?? []));
  const found = new Map<string, NatGateway>();
  try {
    for (const filter of filtersOf('nat-gateway-id', distinct(ids))) {
      for await (const { NatGateways = [] } of paginateDescribeNatGateways({ client: ec2 }, { Filter: [filter] })) {
        for (const one of NatGateways) found.set(one.NatGatewayId ?? '', one);
      }
    }
    return found;
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The prefix lists that must be read to know where routes lead. */
const prefixListsOfRoutes = (routes: readonly Route[]): string[] =>
  // A route by prefix list to an endpoint leads to S3 or DynamoDB (VPC user guide, "Gateway endpoints").
  routes.flatMap(({ DestinationPrefixListId, GatewayId = '' }) =>
    DestinationPrefixListId === undefined || GatewayId.startsWith('vpce-') ? [] : DestinationPrefixListId,
  );

const isOfSystemsManager = ({ ServiceName = '' }: VpcEndpoint): boolean =>
  SERVICES.some((service) => ServiceName.endsWith(`.${service}`));

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '');

/** EC2's errors for a prefix list that is gone, that is not shared, or that the function may not read. */
const UNREADABLE = new Set(['InvalidPrefixListID.NotFound', 'InvalidPrefixListId.NotFound', 'UnauthorizedOperation']);

async function readPrefixList(ec2: EC2Client, PrefixListId: string): Promise<Addresses | undefined> {
  try {
    const blocks: Addresses[] = [];
    for await (const { Entries = [] } of paginateGetManagedPrefixListEntries({ client: ec2 }, { PrefixListId })) {
      blocks.push(...Entries.map(({ Cidr = '' }) => block(Cidr)));
    }
    return union(...blocks);
  } catch (error) {
    if (error instanceof EC2ServiceException && UNREADABLE.has(error.name)) return undefined;
    throw error;
  }
}
