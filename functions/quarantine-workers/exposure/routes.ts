import type { NetworkAcl, RouteTable } from '@aws-sdk/client-ec2';
import { routeTableOf } from '../../shared/fleet/route-table.ts';
import { isOf, isWorld, isWorldTogether, WHOLE_WORLD, worldShareOf } from './cidr.ts';

export type Family = 'ipv4' | 'ipv6';
/** The gateways of a subnet, by family, in words. */
export interface Gateways {
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Whether EC2 does not show the routes of the subnet. */
  readonly isUnseen?: true;
}

type Route = NonNullable<RouteTable['Routes']>[number];

/** The parts of a VPC's routes that the route tables do not contain. */
export interface Referred {
  /** Managed prefix lists that count as the whole world, by family. A list that could not be read counts as such. */
  readonly worldLists: ReadonlyMap<string, ReadonlySet<Family>>;
  /** What managed prefix lists name, by their ids: several may be the world together. */
  readonly listRanges?: ReadonlyMap<string, readonly string[]>;
  /**
   * The subnets of endpoints that default routes lead to, by endpoint id. An endpoint that could not be read is
   * missing.
   */
  readonly endpointSubnets: ReadonlyMap<string, readonly string[]>;
}

/**
 * The gateways through which the Internet reaches a subnet, by family, in words. Besides Internet gateways these are
 * carrier gateways (the carrier's network and the Internet), local gateways (the network around an Outpost, and what it
 * advertises on the Internet), and endpoints of a firewall or a Gateway Load Balancer whose own subnet leads to an
 * Internet gateway. Interfaces of appliances count where an Internet gateway hands them what comes in. An egress-only gateway admits nobody. Sources: VPC user guide, "Example routing options" (Internet and carrier gateways, middlebox
 * appliances). `isUnseen`: EC2 shows neither a route table of the subnet nor a main one of its VPC, so that nobody knows
 * whether one leads there, as may be in a VPC that another account shares.
 */
export function gatewaysOf(
  subnetId: string,
  vpcId: string,
  tables: readonly RouteTable[],
  referred: Referred,
): Gateways {
  if (routeTableOf(subnetId, vpcId, tables) === undefined) return { isUnseen: true };
  const appliances = appliancesOf(vpcId, tables);
  const lead = (family: Family, of: string, seen: readonly string[]): string | undefined => {
    const routes = routeTableOf(of, vpcId, tables)?.Routes ?? [];
    const inPieces = gatewaysInPieces(routes, family, referred.listRanges);
    for (const route of routes) {
      const isPiece = route.GatewayId !== undefined && inPieces.has(route.GatewayId);
      if (!isPiece && !leadsToWorld(route, family, referred.worldLists)) continue;
      const { GatewayId = '', CarrierGatewayId, LocalGatewayId } = route;
      if (GatewayId.startsWith('igw-')) return GatewayId;
      const other = CarrierGatewayId ?? LocalGatewayId;
      if (other !== undefined) return other;
      const before = appliances[family].get(route.NetworkInterfaceId ?? '');
      if (before !== undefined) return `${before} behind ${route.NetworkInterfaceId}`;
      if (!GatewayId.startsWith('vpce-')) continue;
      const subnets = referred.endpointSubnets.get(GatewayId);
      // Nobody knows where the endpoint leads, so it counts as open.
      if (subnets === undefined) return GatewayId;
      for (const next of subnets) {
        if (seen.includes(next)) continue;
        const beyond = lead(family, next, [...seen, next]);
        if (beyond !== undefined) return `${beyond} behind ${GatewayId}`;
      }
    }
    return undefined;
  };
  const ipv4 = lead('ipv4', subnetId, [subnetId]);
  const ipv6 = lead('ipv6', subnetId, [subnetId]);
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

/**
 * The Internet gateways that hand what comes in to the interface of an appliance, by that interface, for each family. What
 * they let in for a subnet comes back only where the subnet leads out by the same interface; a NAT instance has no such
 * gateway before it. Source: VPC user guide, "Gateway route tables".
 */
function appliancesOf(vpcId: string, tables: readonly RouteTable[]): Record<Family, ReadonlyMap<string, string>> {
  const routes = tables
    .filter(({ VpcId }) => VpcId === vpcId)
    .flatMap(({ Associations = [], Routes = [] }) => {
      const gateway = Associations.find(({ GatewayId }) => GatewayId?.startsWith('igw-') === true)?.GatewayId;
      return gateway === undefined ? [] : Routes.map((route) => ({ ...route, gateway }));
    })
    .filter(({ State }) => State !== 'blackhole');
  const by = (destination: 'DestinationCidrBlock' | 'DestinationIpv6CidrBlock'): ReadonlyMap<string, string> =>
    new Map(
      routes.flatMap((route) =>
        route[destination] === undefined || route.NetworkInterfaceId === undefined
          ? []
          : [[route.NetworkInterfaceId, route.gateway] as const],
      ),
    );
  return { ipv4: by('DestinationCidrBlock'), ipv6: by('DestinationIpv6CidrBlock') };
}

/**
 * Whether a route leads to the world. A default route may be written in halves, or name a prefix list, so any wide
 * route counts.
 */
function leadsToWorld(
  { State, DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId }: Route,
  family: Family,
  worldLists: Referred['worldLists'],
): boolean {
  if (State === 'blackhole') return false;
  if (DestinationPrefixListId !== undefined) return worldLists.get(DestinationPrefixListId)?.has(family) === true;
  const cidr = family === 'ipv4' ? DestinationCidrBlock : DestinationIpv6CidrBlock;
  return cidr !== undefined && isWorld(cidr);
}

/** The gateways to which narrow routes lead that are the world together. */
function gatewaysInPieces(
  routes: readonly Route[],
  family: Family,
  listRanges: Referred['listRanges'],
): ReadonlySet<string> {
  const ranges = new Map<string, string[]>();
  for (const route of routes) {
    const { State, GatewayId = '', DestinationPrefixListId = '' } = route;
    if (State === 'blackhole' || !GatewayId.startsWith('igw-')) continue;
    const cidr = family === 'ipv4' ? route.DestinationCidrBlock : route.DestinationIpv6CidrBlock;
    const listed = (listRanges?.get(DestinationPrefixListId) ?? []).filter(isOf(family));
    const known = ranges.get(GatewayId) ?? [];
    ranges.set(GatewayId, [...known, ...listed, ...(cidr === undefined ? [] : [cidr])]);
  }
  return new Set([...ranges].flatMap(([gateway, cidrs]) => (isWorldTogether(cidrs) ? [gateway] : [])));
}

/** The prefix lists and endpoints that must be read to know where the routes of these tables lead. */
export function referredBy(tables: readonly RouteTable[]): {
  readonly prefixLists: string[];
  readonly endpoints: string[];
} {
  const routes = tables.flatMap(({ Routes = [] }) => Routes).filter(({ State }) => State !== 'blackhole');
  const isOut = ({ GatewayId = '', CarrierGatewayId, LocalGatewayId, NetworkInterfaceId }: Route) =>
    GatewayId.startsWith('igw-') || (CarrierGatewayId ?? LocalGatewayId ?? NetworkInterfaceId) !== undefined;
  return {
    // A route by prefix list to an endpoint leads to S3 or DynamoDB.
    prefixLists: unique(routes.filter(isOut).flatMap(({ DestinationPrefixListId }) => DestinationPrefixListId ?? [])),
    endpoints: unique(
      routes
        .filter(({ DestinationPrefixListId }) => DestinationPrefixListId === undefined)
        .flatMap(({ GatewayId = '', DestinationCidrBlock = '', DestinationIpv6CidrBlock = '' }) =>
          GatewayId.startsWith('vpce-') && (isWorld(DestinationCidrBlock) || isWorld(DestinationIpv6CidrBlock))
            ? GatewayId
            : [],
        ),
    ),
  };
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

/** Ports of one protocol; without ports, all of them. */
export interface PortRange {
  /** EC2's name: `tcp`, `udp`, a number, or `-1` for all. */
  readonly protocol: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const ANYTHING: PortRange = { protocol: '-1' };
/** Network ACLs name protocols by number. */
const NUMBERS: Readonly<Record<string, string>> = { icmp: '1', tcp: '6', udp: '17', icmpv6: '58' };

/**
 * Whether a network ACL admits the world on some of these ports; a pure function. Rules apply in order, and the first
 * match decides. Where a rule matches only some of the ports, the evaluation continues with the rest. A missing ACL
 * counts as open. Source: VPC user guide, "Network ACL rules".
 */
export function aclAdmitsWorld(acl: NetworkAcl | undefined, family: Family, ports: PortRange = ANYTHING): boolean {
  if (acl === undefined) return true;
  const rules = (acl.Entries ?? [])
    .filter(({ Egress }) => Egress !== true)
    .toSorted((a, b) => (a.RuleNumber ?? 0) - (b.RuleNumber ?? 0));
  const refused: string[] = [];
  const pieces = new Set<string>();
  let share = 0;
  for (const { RuleAction, CidrBlock, Ipv6CidrBlock, Protocol = '-1', PortRange: range } of rules) {
    const cidr = family === 'ipv4' ? CidrBlock : Ipv6CidrBlock;
    const rule: PortRange = { protocol: Protocol, from: range?.From, to: range?.To };
    if (cidr !== undefined && !isWorld(cidr) && RuleAction === 'allow' && overlap(rule, ports)) {
      if (!pieces.has(cidr)) share += worldShareOf(cidr);
      pieces.add(cidr);
      if (share >= WHOLE_WORLD) return true;
    }
    if (cidr === undefined || !isWorld(cidr)) continue;
    if (RuleAction === 'allow' && overlap(rule, ports)) return true;
    if (RuleAction === 'deny' && contains(rule, ports)) {
      refused.push(cidr);
      if (isWhole(refused)) return false;
    }
  }
  return false;
}

/** Whether wide ranges together cover the whole Internet: one range of everything, or both halves. */
const isWhole = (cidrs: readonly string[]): boolean =>
  cidrs.some((cidr) => cidr.endsWith('/0')) || new Set(cidrs.filter((cidr) => cidr.endsWith('/1'))).size > 1;

const numberOf = (protocol: string): string => NUMBERS[protocol] ?? protocol;

const overlap = (a: PortRange, b: PortRange): boolean =>
  (a.protocol === '-1' || b.protocol === '-1' || numberOf(a.protocol) === numberOf(b.protocol)) &&
  (a.from ?? 0) <= (b.to ?? 65_535) &&
  (b.from ?? 0) <= (a.to ?? 65_535);

/** Whether one range has all ports of another. */
export const contains = (outer: PortRange, inner: PortRange): boolean =>
  (outer.protocol === '-1' || numberOf(outer.protocol) === numberOf(inner.protocol)) &&
  (outer.from ?? 0) <= (inner.from ?? 0) &&
  (inner.to ?? 65_535) <= (outer.to ?? 65_535);
