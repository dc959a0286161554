import type { IpPermission, NetworkAcl } from '@aws-sdk/client-ec2';
import { isPublicNetwork } from '../../shared/fleet/networks.ts';
import { once } from '../../shared/runtime/once.ts';
import { isGlobalUnicast, isInBlock, isWorld } from './cidr.ts';
import type { ExposureKind } from './exposure-kind.ts';
import type { InterfaceView } from './interface-view.ts';
import { inPieces, rangeOf } from './pieces.ts';
import { aclAdmitsWorld, type Family, type Gateways, type Referred } from './routes.ts';

/** An address of a worker that is reachable from the Internet. */
export interface Exposure {
  readonly interfaceId: string;
  /** For `ipv6-prefix`: the prefix, whose addresses belong to pods. */
  readonly address: string;
  readonly kind: ExposureKind;
  /** The gateway that leads to it. */
  readonly gateway: string;
  /** What the security groups open to the world: `tcp/22`, `udp/30000-32767`, `all`; empty for nothing. */
  readonly openPorts: readonly string[];
  /** Security groups that EC2 does not show, so that nobody knows what they open; absent where it shows all. */
  readonly unread?: readonly string[];
}

/** The properties of a subnet that determine its reachability from the Internet. */
export interface SubnetView {
  readonly vpcId: string;
  /** The account that owns it. */
  readonly ownerId?: string;
  /** Whether it assigns addresses to instances at launch. */
  readonly handsOut: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** Whether it has an IPv6 block. Without one, no interface in it has an IPv6 address. */
  readonly ipv6: boolean;
  /** IPv6 blocks that are private although they look global (IPAM). */
  readonly privateIpv6: readonly string[];
  /** Whether VPC Block Public Access blocks the Internet here, considering exclusions. */
  readonly blocked: boolean;
}

/** The parts of the network, as EC2 describes it, that determine reachability from the Internet. */
export interface Networks {
  /**
   * By subnet id: the gateways through which the Internet reaches the subnet by IPv4 and by IPv6, where default routes
   * lead to them.
   */
  readonly gateways: ReadonlyMap<string, Gateways>;
  readonly subnets: ReadonlyMap<string, SubnetView>;
  /** Network ACLs by subnet id. */
  readonly acls: ReadonlyMap<string, NetworkAcl>;
  /** By the id of a security group that a stack of this product created for quarantines: the name of the stack. */
  readonly stacks: ReadonlyMap<string, string>;
  /**
   * By the id of such a security group: what it lets through in either direction, in words. Groups that let nothing
   * through are missing.
   */
  readonly leaks?: ReadonlyMap<string, string>;
  /** Ingress rules by security group id. */
  readonly ingress: ReadonlyMap<string, readonly IpPermission[]>;
  readonly worldLists: Referred['worldLists'];
  readonly listRanges?: Referred['listRanges'];
}

interface Known {
  readonly address: string;
  readonly kind: ExposureKind;
}

/** Every exposure of the given interfaces; a pure function. An address without a route to it is not one. */
export const exposuresOf = (interfaces: readonly InterfaceView[], networks: Networks): Exposure[] =>
  interfaces.flatMap((each) => {
    const openPortsOf = openPortsReader(each, networks);
    return knownOf(each, networks).flatMap((known) => exposureOf(each, known, networks, openPortsOf) ?? []);
  });

/** A gateway of which nobody knows whether a route leads to it. */
const UNSEEN = 'routes that EC2 does not show';

/**
 * What may be exposures of the given interfaces: the addresses that look public where EC2 does not show the routes, so
 * that nobody knows whether the Internet reaches them; a pure function. Nodes with IPv6 addresses mostly are private.
 */
export const doubtsOf = (interfaces: readonly InterfaceView[], networks: Networks): Exposure[] =>
  interfaces
    .filter(({ subnetId }) => networks.gateways.get(subnetId)?.isUnseen === true)
    .flatMap((each) => {
      const openPortsOf = openPortsReader(each, networks);
      return knownOf(each, networks).flatMap((known) => exposureOf(each, known, networks, openPortsOf, UNSEEN) ?? []);
    });

/**
 * Why addresses that look public are not reachable from the Internet, in words; a pure function. IPv6 addresses in a
 * private subnet are left out, because having no route is their purpose.
 */
export function shieldsOf(interfaces: readonly InterfaceView[], networks: Networks): string[] {
  const shields = interfaces.flatMap((each) =>
    knownOf(each, networks).flatMap(({ address, kind }) => {
      const family = familyOf(kind);
      const { subnetId } = each;
      const { [family]: gateway, isUnseen = false } = networks.gateways.get(subnetId) ?? {};
      if (gateway === undefined && !isUnseen) {
        return family === 'ipv4' ? `no route of ${subnetId} leads from the Internet to ${address}` : [];
      }
      return shieldOf(each, family, networks) ?? [];
    }),
  );
  return [...new Set(shields)];
}

/**
 * The addresses of an interface that look public. Customer-owned ones on an Outpost are those that its owner advertises:
 * mostly of the network around it, which no route of the Internet leads to. Source: Outposts user guide, "Customer-owned
 * IP addresses".
 */
function knownOf({ subnetId, addresses, ipv6, ipv6Prefixes }: InterfaceView, { subnets }: Networks): Known[] {
  const privateBlocks = subnets.get(subnetId)?.privateIpv6 ?? [];
  const isPublic = ({ address }: Known) =>
    isGlobalUnicast(address) && !privateBlocks.some((cidr) => isInBlock(address, cidr));
  return [
    ...addresses
      .map(({ publicIp: address, kind }) => ({ address, kind }))
      .filter(({ address, kind }) => kind !== 'customer-owned' || isPublicNetwork(`${address}/32`)),
    ...ipv6.map(({ address }): Known => ({ address, kind: 'ipv6' })).filter(isPublic),
    ...ipv6Prefixes.map((address): Known => ({ address, kind: 'ipv6-prefix' })).filter(isPublic),
  ];
}

const familyOf = (kind: ExposureKind): Family => (kind === 'ipv6' || kind === 'ipv6-prefix' ? 'ipv6' : 'ipv4');

function exposureOf(
  each: InterfaceView,
  { address, kind }: Known,
  networks: Networks,
  openPortsOf: (family: Family) => readonly string[],
  gateway = networks.gateways.get(each.subnetId)?.[familyOf(kind)],
): Exposure | undefined {
  const family = familyOf(kind);
  if (gateway === undefined || shieldOf(each, family, networks) !== undefined) return undefined;
  const unread = each.groupIds.filter((groupId) => !networks.ingress.has(groupId));
  return {
    interfaceId: each.id,
    address,
    kind,
    gateway,
    openPorts: openPortsOf(family),
    ...(unread.length > 0 && { unread }),
  };
}

/**
 * What the security groups of an interface open to the world, by family. All its addresses have the same rules, and there
 * may be hundreds of either, so these are compared once.
 */
const openPortsReader = ({ subnetId, groupIds }: InterfaceView, networks: Networks) =>
  once((family: Family): readonly string[] => {
    const acl = networks.acls.get(subnetId);
    const rules = groupIds.flatMap((groupId) => networks.ingress.get(groupId) ?? []);
    const isInPieces = inPieces(rules, family, networks.listRanges);
    const openPorts = rules
      .filter((rule) => admitsWorld(rule, family, networks.worldLists) || isInPieces(rule))
      .filter((rule) => aclAdmitsWorld(acl, family, rangeOf(rule)))
      .map(portsOf);
    return [...new Set(openPorts)].sort();
  });

/**
 * What blocks the Internet from an interface despite its address and its route. Sources: VPC user guide, "Block public
 * access to VPCs and subnets"; EC2 API reference, `NetworkInterface.DenyAllIgwTraffic`.
 */
function shieldOf({ id, subnetId, deniesInternet }: InterfaceView, family: Family, networks: Networks) {
  if (networks.subnets.get(subnetId)?.blocked === true) return `VPC Block Public Access shuts ${subnetId}`;
  if (deniesInternet === true) return `${id} takes no traffic of Internet gateways`;
  const acl = networks.acls.get(subnetId);
  if (!aclAdmitsWorld(acl, family)) return `network ACL ${acl?.NetworkAclId} of ${subnetId} shuts the world out`;
  return undefined;
}

/** Whether an ingress rule admits the world over IPv4 or IPv6. */
export const admitsWorld = (
  { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission,
  family: Family | 'any',
  worldLists: Networks['worldLists'] = new Map(),
): boolean =>
  (family !== 'ipv6' && IpRanges.some(({ CidrIp = '' }) => isWorld(CidrIp))) ||
  (family !== 'ipv4' && Ipv6Ranges.some(({ CidrIpv6 = '' }) => isWorld(CidrIpv6))) ||
  PrefixListIds.some(({ PrefixListId = '' }) => {
    const families = worldLists.get(PrefixListId);
    return families !== undefined && (family === 'any' || families.has(family));
  });

/** The part of a rule that admits the world. */
export function worldPart(
  { IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission,
  worldLists: Networks['worldLists'] = new Map(),
): IpPermission {
  const ipv4 = IpRanges.filter(({ CidrIp = '' }) => isWorld(CidrIp));
  const ipv6 = Ipv6Ranges.filter(({ CidrIpv6 = '' }) => isWorld(CidrIpv6));
  const lists = PrefixListIds.filter(({ PrefixListId = '' }) => worldLists.has(PrefixListId));
  return {
    IpProtocol,
    ...(FromPort !== undefined && { FromPort }),
    ...(ToPort !== undefined && { ToPort }),
    ...(ipv4.length > 0 && { IpRanges: ipv4 }),
    ...(ipv6.length > 0 && { Ipv6Ranges: ipv6 }),
    ...(lists.length > 0 && { PrefixListIds: lists }),
  };
}

/** The ports that a rule opens, such as `tcp/22`. Of ICMP, type and code stand in their place. */
export function portsOf({ IpProtocol = '', FromPort, ToPort }: IpPermission): string {
  if (IpProtocol === '-1') return 'all';
  if (FromPort === undefined || FromPort < 0) return IpProtocol;
  return FromPort === ToPort ? `${IpProtocol}/${FromPort}` : `${IpProtocol}/${FromPort}-${ToPort}`;
}
