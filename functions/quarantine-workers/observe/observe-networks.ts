import {
  type EC2Client,
  type Filter,
  type IpPermission,
  type NetworkAcl,
  paginateDescribeNetworkAcls,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcEndpoints,
  paginateGetManagedPrefixListEntries,
  type RouteTable,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';
import { isWorldTogether } from '../exposure/cidr.ts';
import type { Networks, SubnetView } from '../exposure/exposure.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import { type Family, gatewaysOf, type Referred, referredBy } from '../exposure/routes.ts';
import type { GroupFinder } from '../steps/group-finder.ts';
import { leaksOf, stackOf } from '../steps/quarantine-groups.ts';

/** The interfaces of one worker whose network is to be read. */
export interface Target {
  readonly vpcId: string;
  readonly interfaces: readonly InterfaceView[];
  /** Whether its security groups are read even without a public address. */
  readonly inQuarantine?: boolean;
}

const NOTHING: Networks = {
  gateways: new Map(),
  subnets: new Map(),
  acls: new Map(),
  stacks: new Map(),
  ingress: new Map(),
  worldLists: new Map(),
};

/**
 * Reads the network around the given workers with a few concurrent calls for all of them. Without an address that may
 * be public nothing can be exposed, and nothing is read but the security groups of workers in quarantine.
 *
 * @param vpcs further VPCs whose subnets and routes are read
 * @param groupsOf reads the security groups of interfaces
 */
export async function observeNetworks(
  ec2: EC2Client,
  places: readonly Target[],
  vpcs: readonly string[] = [],
  groupsOf: GroupFinder['ofInterfaces'] = groupsById(ec2),
): Promise<Networks> {
  const known = places.filter(({ interfaces }) => interfaces.some(mayBeKnown));
  const isHeld = places.some(({ inQuarantine }) => inQuarantine === true);
  if (known.length === 0 && !isHeld && vpcs.length === 0) return NOTHING;
  const ownSubnets = unique(known.flatMap((place) => place.interfaces.map(({ subnetId }) => subnetId)));
  const vpcIds = unique([...known.map(({ vpcId }) => vpcId), ...vpcs]);
  const [tables, subnets, groups, acls] = await Promise.all([
    readRouteTables(ec2, vpcIds),
    readSubnets(ec2, 'vpc-id', vpcIds),
    groupsOf(places),
    readAcls(ec2, ownSubnets),
  ]);
  const ingress = new Map([...groups].map(([id, { IpPermissions = [] }]) => [id, IpPermissions]));
  const stacks = new Map(
    [...groups].flatMap(([id, group]): Array<[string, string]> => {
      const stack = stackOf(group);
      return stack === undefined ? [] : [[id, stack]];
    }),
  );
  const leaks = new Map(
    [...stacks.keys()].flatMap((id): Array<[string, string]> => {
      const group = groups.get(id);
      const words = group === undefined ? [] : leaksOf(group);
      return words.length === 0 ? [] : [[id, words.join(', ')]];
    }),
  );
  const referred = await readReferred(ec2, tables, ingress);
  const vpcOf = [
    ...places.flatMap(({ vpcId, interfaces: own }) => own.map(({ subnetId }): [string, string] => [subnetId, vpcId])),
    ...[...subnets].map(([subnetId, { vpcId }]): [string, string] => [subnetId, vpcId]),
  ];
  const gateways = new Map(vpcOf.map(([subnetId, vpcId]) => [subnetId, gatewaysOf(subnetId, vpcId, tables, referred)]));
  return { gateways, subnets, acls, stacks, leaks, ingress, worldLists: referred.worldLists };
}

const groupsById =
  (ec2: EC2Client): GroupFinder['ofInterfaces'] =>
  (places) =>
    readSecurityGroups(
      ec2,
      places.flatMap(({ interfaces }) => interfaces.flatMap(({ groupIds }) => groupIds)),
    );

const mayBeKnown = ({ addresses, ipv6, ipv6Prefixes }: InterfaceView): boolean =>
  addresses.length + ipv6.length + ipv6Prefixes.length > 0;

async function readRouteTables(ec2: EC2Client, vpcIds: readonly string[]): Promise<RouteTable[]> {
  const tables: RouteTable[] = [];
  await eachFilter('vpc-id', vpcIds, async (Filters) => {
    for await (const page of paginateDescribeRouteTables({ client: ec2 }, { Filters })) {
      tables.push(...(page.RouteTables ?? []));
    }
  });
  return tables;
}

/** Existing subnets, by id. */
export async function readSubnets(
  ec2: EC2Client,
  by: 'subnet-id' | 'vpc-id',
  ids: readonly string[],
): Promise<Map<string, SubnetView>> {
  const subnets = new Map<string, SubnetView>();
  await eachFilter(by, ids, async (Filters) => {
    for await (const page of paginateDescribeSubnets({ client: ec2 }, { Filters })) {
      for (const subnet of page.Subnets ?? []) {
        const { SubnetId = '', VpcId = '', MapPublicIpOnLaunch, AssignIpv6AddressOnCreation } = subnet;
        const { BlockPublicAccessStates, Ipv6CidrBlockAssociationSet = [] } = subnet;
        const mode = BlockPublicAccessStates?.InternetGatewayBlockMode;
        subnets.set(SubnetId, {
          vpcId: VpcId,
          handsOut: { ipv4: MapPublicIpOnLaunch === true, ipv6: AssignIpv6AddressOnCreation === true },
          ipv6: Ipv6CidrBlockAssociationSet.length > 0,
          privateIpv6: Ipv6CidrBlockAssociationSet.flatMap(({ Ipv6CidrBlock, Ipv6AddressAttribute }) =>
            Ipv6AddressAttribute === 'private' && Ipv6CidrBlock !== undefined ? Ipv6CidrBlock : [],
          ),
          blocked: mode === 'block-bidirectional' || mode === 'block-ingress',
        });
      }
    }
  });
  return subnets;
}

/** The network ACL of each subnet. */
async function readAcls(ec2: EC2Client, subnetIds: readonly string[]): Promise<Map<string, NetworkAcl>> {
  const acls = new Map<string, NetworkAcl>();
  await eachFilter('association.subnet-id', subnetIds, async (Filters) => {
    for await (const page of paginateDescribeNetworkAcls({ client: ec2 }, { Filters })) {
      for (const acl of page.NetworkAcls ?? []) {
        for (const { SubnetId = '' } of acl.Associations ?? []) acls.set(SubnetId, acl);
      }
    }
  });
  return acls;
}

/** Reads what routes and rules refer to by id, which is mostly nothing. What cannot be read counts as open. */
async function readReferred(
  ec2: EC2Client,
  tables: readonly RouteTable[],
  ingress: ReadonlyMap<string, readonly IpPermission[]>,
): Promise<Referred> {
  const { prefixLists, endpoints } = referredBy(tables);
  const ofRules = [...ingress.values()].flat().flatMap(({ PrefixListIds = [] }) => PrefixListIds);
  const lists = unique([...prefixLists, ...ofRules.flatMap(({ PrefixListId }) => PrefixListId ?? [])]);
  const [entries, endpointSubnets] = await Promise.all([
    pMap(lists, async (id): Promise<[string, Set<Family>]> => [id, await readWorldOf(ec2, id)], {
      concurrency: READ_CONCURRENCY,
    }),
    readEndpointSubnets(ec2, endpoints),
  ]);
  return { worldLists: new Map(entries.filter(([, families]) => families.size > 0)), endpointSubnets };
}

async function readWorldOf(ec2: EC2Client, PrefixListId: string): Promise<Set<Family>> {
  const cidrs: string[] = [];
  try {
    for await (const page of paginateGetManagedPrefixListEntries({ client: ec2 }, { PrefixListId })) {
      cidrs.push(...(page.Entries ?? []).map(({ Cidr = '' }) => Cidr));
    }
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return new Set(['ipv4', 'ipv6']);
  }
  const isOf = (family: Family) => (cidr: string) => cidr.includes(':') === (family === 'ipv6');
  return new Set((['ipv4', 'ipv6'] as const).filter((family) => isWorldTogether(cidrs.filter(isOf(family)))));
}

async function readEndpointSubnets(ec2: EC2Client, ids: readonly string[]): Promise<Map<string, readonly string[]>> {
  const subnets = new Map<string, readonly string[]>();
  try {
    await eachFilter('vpc-endpoint-id', ids, async (Filters) => {
      for await (const page of paginateDescribeVpcEndpoints({ client: ec2 }, { Filters })) {
        for (const { VpcEndpointId = '', SubnetIds = [] } of page.VpcEndpoints ?? []) {
          subnets.set(VpcEndpointId, SubnetIds);
        }
      }
    });
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
  }
  return subnets;
}

async function eachFilter(
  name: string,
  values: readonly string[],
  read: (filters: Filter[]) => Promise<void>,
): Promise<void> {
  await pMap(filtersOf(name, values), (filter) => read([filter]), { concurrency: READ_CONCURRENCY });
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
