import {
  type EC2Client,
  type Filter,
  type NetworkAcl,
  paginateDescribeNetworkAcls,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcEndpoints,
  paginateGetManagedPrefixListEntries,
  type RouteTable,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { isOf, isWorldTogether } from '../exposure/cidr.ts';
import type { SubnetView } from '../exposure/exposure.ts';
import type { Family } from '../exposure/routes.ts';
import type { Grouped, GroupFinder } from '../steps/group-finder.ts';

/**
 * Reads what is around workers. Workers of one group share nearly all of it, so a reader asks for each resource once,
 * and a reconcile has its own.
 */
export interface NetworkReader {
  /** The route tables of VPCs. */
  readonly routeTables: (vpcIds: readonly string[]) => Promise<RouteTable[]>;
  /** The existing subnets of VPCs, by id. */
  readonly subnets: (vpcIds: readonly string[]) => Promise<Map<string, SubnetView>>;
  /** The network ACL of each subnet of VPCs, by the subnet's id. */
  readonly acls: (vpcIds: readonly string[]) => Promise<Map<string, NetworkAcl>>;
  /** The existing security groups of interfaces, by id. */
  readonly groups: (workers: readonly Grouped[]) => Promise<Map<string, SecurityGroup>>;
  /** Managed prefix lists, by id. */
  readonly prefixLists: (prefixListIds: readonly string[]) => Promise<Map<string, PrefixList>>;
  /** The subnets of VPC endpoints, by the endpoint's id. An endpoint that cannot be read is missing. */
  readonly endpointSubnets: (endpointIds: readonly string[]) => Promise<Map<string, readonly string[]>>;
}

/** A managed prefix list. One that cannot be read names the world. */
export interface PrefixList {
  /** The families of which the list alone names the world. */
  readonly worldOf: ReadonlySet<Family>;
  readonly ranges: readonly string[];
}

/** @param groupsOf reads the security groups of interfaces; by default by their ids alone */
export function networkReader(ec2: EC2Client, groupsOf: GroupFinder['ofInterfaces'] = groupsById(ec2)): NetworkReader {
  const tables = eachOnce((ids) => readRouteTables(ec2, ids), own);
  const subnets = eachOnce((ids) => readSubnetsOfVpcs(ec2, ids), own);
  const acls = eachOnce((ids) => readAcls(ec2, ids), own);
  return {
    routeTables: async (vpcIds) => [...(await tables(vpcIds)).values()].flat(),
    subnets: async (vpcIds) => new Map([...(await subnets(vpcIds)).values()].flat()),
    acls: async (vpcIds) => bySubnet([...(await acls(vpcIds)).values()].flat()),
    groups: eachOnce(groupsOf, groupIdsOf),
    prefixLists: eachOnce((ids) => readPrefixLists(ec2, ids), own),
    endpointSubnets: eachOnce((ids) => readEndpointSubnets(ec2, ids), own),
  };
}

const bySubnet = (acls: readonly NetworkAcl[]): Map<string, NetworkAcl> =>
  new Map(acls.flatMap((acl) => (acl.Associations ?? []).map(({ SubnetId = '' }) => [SubnetId, acl] as const)));

const own = (id: string): readonly string[] => [id];

const groupIdsOf = ({ interfaces }: Grouped): readonly string[] => interfaces.flatMap(({ groupIds }) => groupIds);

const groupsById =
  (ec2: EC2Client): GroupFinder['ofInterfaces'] =>
  (workers) =>
    readSecurityGroups(ec2, workers.flatMap(groupIdsOf));

/**
 * Memoizes a read of many resources at a time: only what was not asked for before is asked for, with one read.
 *
 * @param idsOf the ids of the resources that an item stands for
 */
function eachOnce<Item, Found>(
  read: (items: readonly Item[]) => Promise<ReadonlyMap<string, Found>>,
  idsOf: (item: Item) => readonly string[],
): (items: readonly Item[]) => Promise<Map<string, Found>> {
  const reads = new Map<string, Promise<ReadonlyMap<string, Found>>>();
  return async (items) => {
    const unread = items.filter((item) => idsOf(item).some((id) => !reads.has(id)));
    if (unread.length > 0) {
      const reading = read(unread);
      for (const id of unread.flatMap(idsOf)) reads.set(id, reading);
    }
    const ids = [...new Set(items.flatMap(idsOf))];
    const found = await Promise.all(ids.map(async (id) => [id, (await reads.get(id))?.get(id)] as const));
    return new Map(found.flatMap(([id, one]) => (one === undefined ? [] : [[id, one] as const])));
  };
}

/** Reads what lies in VPCs, by the VPC's id. */
async function readInVpcs<Page, Found extends { readonly VpcId?: string | undefined }>(
  vpcIds: readonly string[],
  pagesOf: (input: { Filters: Filter[] }) => AsyncIterable<Page>,
  foundOn: (page: Page) => readonly Found[] | undefined,
): Promise<Map<string, Found[]>> {
  const found: Found[] = [];
  await eachFilter('vpc-id', vpcIds, async (Filters) => {
    for await (const page of pagesOf({ Filters })) found.push(...(foundOn(page) ?? []));
  });
  return Map.groupBy(found, ({ VpcId = '' }) => VpcId);
}

const readRouteTables = (client: EC2Client, vpcIds: readonly string[]): Promise<Map<string, RouteTable[]>> =>
  readInVpcs(
    vpcIds,
    (input) => paginateDescribeRouteTables({ client }, input),
    ({ RouteTables }) => RouteTables,
  );

const readAcls = (client: EC2Client, vpcIds: readonly string[]): Promise<Map<string, NetworkAcl[]>> =>
  readInVpcs(
    vpcIds,
    (input) => paginateDescribeNetworkAcls({ client }, input),
    ({ NetworkAcls }) => NetworkAcls,
  );

const readSubnetsOfVpcs = async (ec2: EC2Client, vpcIds: readonly string[]) =>
  Map.groupBy(await readSubnets(ec2, 'vpc-id', vpcIds), ([, { vpcId }]) => vpcId);

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
        const { SubnetId = '', VpcId = '', OwnerId, MapPublicIpOnLaunch, AssignIpv6AddressOnCreation } = subnet;
        const { BlockPublicAccessStates, Ipv6CidrBlockAssociationSet = [] } = subnet;
        const mode = BlockPublicAccessStates?.InternetGatewayBlockMode;
        subnets.set(SubnetId, {
          vpcId: VpcId,
          ...(OwnerId !== undefined && { ownerId: OwnerId }),
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

async function readPrefixLists(ec2: EC2Client, prefixListIds: readonly string[]): Promise<Map<string, PrefixList>> {
  const read = async (id: string): Promise<[string, PrefixList]> => [id, await readPrefixList(ec2, id)];
  return new Map(await pMap(prefixListIds, read, { concurrency: READ_CONCURRENCY }));
}

async function readPrefixList(ec2: EC2Client, PrefixListId: string): Promise<PrefixList> {
  const ranges: string[] = [];
  try {
    for await (const page of paginateGetManagedPrefixListEntries({ client: ec2 }, { PrefixListId })) {
      ranges.push(...(page.Entries ?? []).map(({ Cidr = '' }) => Cidr));
    }
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return { worldOf: new Set(['ipv4', 'ipv6']), ranges: [] };
  }
  const families = (['ipv4', 'ipv6'] as const).filter((family) => isWorldTogether(ranges.filter(isOf(family))));
  return { worldOf: new Set(families), ranges };
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
