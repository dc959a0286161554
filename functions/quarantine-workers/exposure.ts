import type { IpPermission, RouteTable } from '@aws-sdk/client-ec2';
import { routeTableOf } from '../shared/fleet/route-table.ts';
import type { InterfaceView } from './observation.ts';

/** One way in from the Internet: an address that it routes to. */
export interface Exposure {
  readonly interfaceId: string;
  readonly address: string;
  readonly kind: 'automatic' | 'elastic' | 'ipv6';
  /** The Internet gateway that leads to it. */
  readonly gateway: string;
  /** What the security groups let the world reach there: `tcp/22`, `udp/30000-32767`, `all`; empty when nothing. */
  readonly openPorts: readonly string[];
}

/** The network as EC2 describes it, as far as it decides what the Internet reaches. */
export interface Networks {
  /** By subnet id: its Internet gateway for IPv4 and for IPv6, where its default routes lead to one. */
  readonly gateways: ReadonlyMap<string, { readonly ipv4?: string; readonly ipv6?: string }>;
  /** Ingress by security group id. */
  readonly ingress: ReadonlyMap<string, readonly IpPermission[]>;
  /** Subnets that hand out public IPv4 addresses. */
  readonly publicSubnets: ReadonlySet<string>;
}

/** Every way in from the Internet to the given interfaces; a pure function. An address without a route to it is none. */
export function exposuresOf(interfaces: readonly InterfaceView[], { gateways, ingress }: Networks): Exposure[] {
  return interfaces.flatMap(({ id, subnetId, groupIds, addresses, ipv6 }) => {
    const { ipv4: gateway, ipv6: gatewayForIpv6 } = gateways.get(subnetId) ?? {};
    const permissions = groupIds.flatMap((groupId) => ingress.get(groupId) ?? []);
    const openPorts = (family: 'ipv4' | 'ipv6') =>
      [...new Set(permissions.filter((rule) => admitsWorld(rule, family)).map(portsOf))].sort();
    return [
      ...(gateway === undefined ? [] : addresses).map(({ publicIp, kind }) => ({
        interfaceId: id,
        address: publicIp,
        kind,
        gateway: gateway ?? '',
        openPorts: openPorts('ipv4'),
      })),
      ...(gatewayForIpv6 === undefined ? [] : ipv6).map(({ address }) => ({
        interfaceId: id,
        address,
        kind: 'ipv6' as const,
        gateway: gatewayForIpv6 ?? '',
        openPorts: openPorts('ipv6'),
      })),
    ];
  });
}

/** The Internet gateways that the default routes of a subnet lead to. */
export function gatewaysOf(subnetId: string, vpcId: string, tables: readonly RouteTable[]) {
  const table = routeTableOf(subnetId, vpcId, tables);
  // A route to everything may be written in halves: what counts is that some wide route leads to an Internet gateway.
  const routes = (table?.Routes ?? []).filter(({ State, GatewayId }) => State !== 'blackhole' && isInternet(GatewayId));
  const ipv4 = routes.find(({ DestinationCidrBlock: cidr }) => cidr !== undefined && isWorld(cidr))?.GatewayId;
  const ipv6 = routes.find(({ DestinationIpv6CidrBlock: cidr }) => cidr !== undefined && isWorld(cidr))?.GatewayId;
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

// An egress-only gateway (eigw-…) lets nobody in and stands in a member of its own.
const isInternet = (gatewayId: string | undefined): boolean => gatewayId?.startsWith('igw-') === true;

/** Whether an ingress rule admits the world over IPv4 or IPv6. */
export const admitsWorld = (
  { IpRanges = [], Ipv6Ranges = [] }: IpPermission,
  family: 'ipv4' | 'ipv6' | 'any',
): boolean =>
  (family !== 'ipv6' && IpRanges.some(({ CidrIp = '' }) => isWorld(CidrIp))) ||
  (family !== 'ipv4' && Ipv6Ranges.some(({ CidrIpv6 = '' }) => isWorld(CidrIpv6)));

/** A part of a rule: what it admits the world to, and nothing else of it. */
export function worldPart({
  IpProtocol,
  FromPort,
  ToPort,
  IpRanges = [],
  Ipv6Ranges = [],
}: IpPermission): IpPermission {
  const ipv4 = IpRanges.filter(({ CidrIp = '' }) => isWorld(CidrIp));
  const ipv6 = Ipv6Ranges.filter(({ CidrIpv6 = '' }) => isWorld(CidrIpv6));
  return {
    IpProtocol,
    ...(FromPort !== undefined && { FromPort }),
    ...(ToPort !== undefined && { ToPort }),
    ...(ipv4.length > 0 && { IpRanges: ipv4 }),
    ...(ipv6.length > 0 && { Ipv6Ranges: ipv6 }),
  };
}

/**
 * Whether a range is as good as everybody. Besides 0.0.0.0/0 and ::/0 these are ranges so wide that nobody can mean a
 * network of theirs: the largest assigned blocks are a /8 of IPv4 and a /16 of IPv6, so halves and quarters of the
 * Internet count too.
 */
export function isWorld(cidr: string): boolean {
  const [address = '', length = ''] = cidr.split('/');
  const prefix = Number(length);
  if (length === '' || !Number.isInteger(prefix)) return false;
  return address.includes(':') ? prefix < 16 : prefix < 8;
}

/** What a rule opens, for example `tcp/22`. */
export function portsOf({ IpProtocol = '', FromPort, ToPort }: IpPermission): string {
  if (IpProtocol === '-1') return 'all';
  if (FromPort === undefined || FromPort < 0) return IpProtocol;
  return FromPort === ToPort ? `${IpProtocol}/${FromPort}` : `${IpProtocol}/${FromPort}-${ToPort}`;
}

/** An exposure in words. */
export function describeExposure({ interfaceId, address, kind, gateway, openPorts }: Exposure): string {
  const what = { automatic: 'public address', elastic: 'Elastic IP', ipv6: 'IPv6 address' }[kind];
  const ports = openPorts.length === 0 ? 'no port open to the world' : `open to the world: ${openPorts.join(', ')}`;
  return `${what} ${address} on ${interfaceId} by ${gateway}, ${ports}`;
}
