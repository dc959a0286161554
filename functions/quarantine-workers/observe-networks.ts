import {
  type EC2Client,
  type Filter,
  type IpPermission,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  type RouteTable,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../shared/fleet/instances.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { gatewaysOf, type Networks } from './exposure.ts';
import type { InterfaceView } from './observation.ts';

/** What is read of one worker to know its network. */
export interface Target {
  readonly vpcId: string;
  readonly interfaces: readonly InterfaceView[];
}

/**
 * Reads the network around the given workers: a few calls for all of them. Where no interface has an address that the
 * Internet could know, nothing is read: nothing can be exposed.
 */
export async function observeNetworks(ec2: EC2Client, places: readonly Target[]): Promise<Networks> {
  const known = places.filter(({ interfaces }) =>
    interfaces.some(({ addresses, ipv6 }) => addresses.length > 0 || ipv6.length > 0),
  );
  const vpcOf = new Map(places.flatMap(({ vpcId, interfaces }) => interfaces.map(({ subnetId }) => [subnetId, vpcId])));
  if (known.length === 0) return { gateways: new Map(), ingress: new Map(), publicSubnets: new Set() };
  const interfaces = places.flatMap((place) => place.interfaces);
  const [tables, publicSubnets, ingress] = await Promise.all([
    readRouteTables(ec2, unique(known.map(({ vpcId }) => vpcId))),
    readPublicSubnets(ec2, unique(interfaces.map(({ subnetId }) => subnetId))),
    readIngress(ec2, unique(interfaces.flatMap(({ groupIds }) => groupIds))),
  ]);
  const gateways = new Map([...vpcOf].map(([subnetId, vpcId]) => [subnetId, gatewaysOf(subnetId, vpcId, tables)]));
  return { gateways, ingress, publicSubnets };
}

async function readRouteTables(ec2: EC2Client, vpcIds: readonly string[]): Promise<RouteTable[]> {
  const tables: RouteTable[] = [];
  await eachFilter('vpc-id', vpcIds, async (Filters) => {
    for await (const page of paginateDescribeRouteTables({ client: ec2 }, { Filters })) {
      tables.push(...(page.RouteTables ?? []));
    }
  });
  return tables;
}

/** Those of the given subnets that hand out public IPv4 addresses. */
export async function readPublicSubnets(ec2: EC2Client, subnetIds: readonly string[]): Promise<Set<string>> {
  const subnets = new Set<string>();
  await eachFilter('subnet-id', subnetIds, async (Filters) => {
    for await (const page of paginateDescribeSubnets({ client: ec2 }, { Filters })) {
      for (const { SubnetId, MapPublicIpOnLaunch } of page.Subnets ?? []) {
        if (SubnetId !== undefined && MapPublicIpOnLaunch === true) subnets.add(SubnetId);
      }
    }
  });
  return subnets;
}

/** Ingress by security group id; a group that does not exist is missing. */
export async function readIngress(ec2: EC2Client, groupIds: readonly string[]): Promise<Map<string, IpPermission[]>> {
  const ingress = new Map<string, IpPermission[]>();
  await eachFilter('group-id', groupIds, async (Filters) => {
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters })) {
      for (const { GroupId = '', IpPermissions = [] } of page.SecurityGroups ?? []) ingress.set(GroupId, IpPermissions);
    }
  });
  return ingress;
}

async function eachFilter(
  name: string,
  values: readonly string[],
  read: (filters: Filter[]) => Promise<void>,
): Promise<void> {
  await pMap(filtersOf(name, values), (filter) => read([filter]), { concurrency: READ_CONCURRENCY });
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
