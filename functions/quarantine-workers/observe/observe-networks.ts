import type { IpPermission, RouteTable } from '@aws-sdk/client-ec2';
import type { Networks } from '../exposure/exposure.ts';
import { type InterfaceView, vpcsOf } from '../exposure/interface-view.ts';
import { gatewaysOf, type Referred, referredBy } from '../exposure/routes.ts';
import { leaksOf, stackOf } from '../steps/quarantine-groups.ts';
import type { NetworkReader } from './network-reader.ts';

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
 */
export async function observeNetworks(
  read: NetworkReader,
  places: readonly Target[],
  vpcs: readonly string[] = [],
): Promise<Networks> {
  const known = places.filter(({ interfaces }) => interfaces.some(mayBeKnown));
  const isHeld = places.some(({ inQuarantine }) => inQuarantine === true);
  if (known.length === 0 && !isHeld && vpcs.length === 0) return NOTHING;
  const vpcIds = unique([...known.flatMap(vpcsOf), ...vpcs]);
  const [tables, subnets, groups, acls] = await Promise.all([
    read.routeTables(vpcIds),
    read.subnets(vpcIds),
    read.groups(places),
    read.acls(vpcIds),
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
  const referred = await readReferred(read, tables, ingress);
  const vpcOf = [
    ...places.flatMap(({ vpcId, interfaces: own }) =>
      own.map(({ subnetId, otherVpcId }): [string, string] => [subnetId, otherVpcId ?? vpcId]),
    ),
    ...[...subnets].map(([subnetId, { vpcId }]): [string, string] => [subnetId, vpcId]),
  ];
  const gateways = new Map(vpcOf.map(([subnetId, vpcId]) => [subnetId, gatewaysOf(subnetId, vpcId, tables, referred)]));
  return { gateways, subnets, acls, stacks, leaks, ingress, ...listsOf(referred) };
}

const mayBeKnown = ({ addresses, ipv6, ipv6Prefixes }: InterfaceView): boolean =>
  addresses.length + ipv6.length + ipv6Prefixes.length > 0;

/** Reads what routes and rules refer to by id, which is mostly nothing. What cannot be read counts as open. */
async function readReferred(
  read: NetworkReader,
  tables: readonly RouteTable[],
  ingress: ReadonlyMap<string, readonly IpPermission[]>,
): Promise<Referred> {
  const { prefixLists, endpoints } = referredBy(tables);
  const ofRules = [...ingress.values()].flat().flatMap(({ PrefixListIds = [] }) => PrefixListIds);
  const lists = unique([...prefixLists, ...ofRules.flatMap(({ PrefixListId }) => PrefixListId ?? [])]);
  const [found, endpointSubnets] = await Promise.all([
    read.prefixLists(lists),
    read.endpointSubnets(unique([...endpoints])),
  ]);
  return {
    worldLists: new Map([...found].flatMap(([id, { worldOf }]) => (worldOf.size > 0 ? [[id, worldOf]] : []))),
    listRanges: new Map([...found].map(([id, { ranges }]) => [id, ranges])),
    endpointSubnets,
  };
}

const listsOf = ({ worldLists, listRanges }: Referred): Pick<Referred, 'worldLists' | 'listRanges'> => ({
  worldLists,
  ...(listRanges !== undefined && { listRanges }),
});

const unique = (values: readonly string[]): string[] => [...new Set(values)];
