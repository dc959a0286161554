import { admitsInternet, concerns, contains, isPublicAddress } from './admission.ts';
import type { KnownEndpoint } from './endpoints.ts';
import type { NatGateways } from './nat-gateways.ts';
import type { NetworkAcls } from './network-acls.ts';
import type { NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';
import type { RouteTables } from './route-tables.ts';
import type { SecurityGroups } from './security-groups.ts';
import type { Subnets } from './subnets.ts';

/** What decides whether traffic gets from one place to another. */
interface Network {
  readonly interfaces: Pick<NetworkInterfaces, 'get'>;
  readonly subnets: Subnets;
  readonly securityGroups: SecurityGroups;
  readonly routeTables: RouteTables;
  readonly networkAcls: NetworkAcls;
  readonly natGateways: NatGateways;
}

const HTTPS = 443;

/** Source ports of clients: both ends and the middle of Linux's range (VPC user guide, "Ephemeral ports"). */
const EPHEMERAL = [32_768, 45_000, 60_999];

/** An Internet client (RFC 5737), and the port that it tries. */
const SOMEBODY = '203.0.113.9';
const SSH = 22;

/** One of AWS's public addresses. */
const AWS_ADDRESS = '52.94.0.1';

/** An address in a VPC. */
const VPC_ADDRESS = '10.0.0.100';

/**
 * Whether HTTPS from an interface reaches the Internet.
 *
 * @param beyond whether what lies behind a route out of the VPC lets traffic through
 */
export function leadsOut(network: Network, primary: NetworkInterface, beyond: boolean): boolean {
  const { vpcId, subnetId, privateIps, associations } = primary;
  const route = network.routeTables.defaultRoute(vpcId, subnetId, 'ipv4');
  if (route?.State !== 'active' || !leaves(network, primary, AWS_ADDRESS)) return false;
  const block = network.subnets.get(subnetId)?.blockPublicAccess;
  if (route.GatewayId?.startsWith('igw-') === true) return block === undefined && associations.has(privateIps[0]);
  const nat = network.natGateways.get(route.NatGatewayId ?? '');
  if (nat === undefined || nat.isPrivate) return beyond;
  return nat.subnetId === undefined && block !== 'block-bidirectional';
}

/** Whether HTTPS to an address leaves the interface and its subnet, and responses come back. */
export function leaves(
  { securityGroups, networkAcls }: Network,
  { subnetId, securityGroupIds }: NetworkInterface,
  address: string,
): boolean {
  const isAllowed = securityGroups
    .rulesOf(securityGroupIds)
    .some((rule) => rule.egress && concerns(rule, 'tcp', HTTPS) && contains(rule.peer, address));
  return (
    isAllowed &&
    networkAcls.admits(subnetId, true, address, HTTPS) &&
    EPHEMERAL.every((port) => networkAcls.admits(subnetId, false, address, port))
  );
}

/** Whether HTTPS from an interface reaches a VPC endpoint: one of the endpoint's interfaces must be reachable. */
export function admits(network: Network, endpoint: KnownEndpoint, primary: NetworkInterface): boolean {
  const ends = (endpoint.NetworkInterfaceIds ?? []).flatMap((id) => network.interfaces.get(id) ?? []);
  return ends.some((end) => connects(network, primary, end));
}

/** Within a subnet, network ACLs do not apply. */
function connects({ securityGroups, networkAcls }: Network, from: NetworkInterface, to: NetworkInterface): boolean {
  const allows = (one: NetworkInterface, other: NetworkInterface, egress: boolean) =>
    securityGroups
      .rulesOf(one.securityGroupIds)
      .some(
        (rule) =>
          rule.egress === egress &&
          concerns(rule, 'tcp', HTTPS) &&
          (other.securityGroupIds.includes(rule.peer) || contains(rule.peer, other.privateIps[0])),
      );
  const crosses = (subnetId: string, egress: boolean, address: string, port: number) =>
    from.subnetId === to.subnetId || networkAcls.admits(subnetId, egress, address, port);
  const [node, end] = [from.privateIps[0], to.privateIps[0]];
  return (
    allows(from, to, true) &&
    allows(to, from, false) &&
    crosses(from.subnetId, true, end, HTTPS) &&
    crosses(to.subnetId, false, node, HTTPS) &&
    EPHEMERAL.every((port) => crosses(to.subnetId, true, node, port) && crosses(from.subnetId, false, end, port))
  );
}

/**
 * Whether the security groups of an interface allow traffic to the API server of its cluster: to its public address, to
 * its addresses in the VPC, or to the group that both are in. Routes are not considered: a node that has joined has one.
 */
export const allowsApiServer = ({ securityGroups }: Network, { securityGroupIds }: NetworkInterface): boolean =>
  securityGroups
    .rulesOf(securityGroupIds)
    .some(
      (rule) =>
        rule.egress &&
        concerns(rule, 'tcp', HTTPS) &&
        (contains(rule.peer, AWS_ADDRESS) || contains(rule.peer, VPC_ADDRESS) || securityGroupIds.includes(rule.peer)),
    );

/**
 * Whether the Internet reaches an interface: it has a public address, an active route leads from its subnet to an
 * Internet gateway, and its security groups admit somebody on some port.
 */
export function isReachable(
  { subnets, securityGroups, routeTables, networkAcls }: Network,
  one: NetworkInterface,
): boolean {
  const subnet = subnets.get(one.subnetId);
  const isShut =
    subnet?.blockPublicAccess !== undefined ||
    one.denyAllIgwTraffic ||
    !networkAcls.admits(one.subnetId, false, SOMEBODY, SSH);
  if (isShut) return false;
  const rules = securityGroups.rulesOf(one.securityGroupIds);
  const families = {
    ipv4: one.associations.size > 0,
    ipv6:
      (subnet?.ipv6Kind ?? 'global') === 'global' &&
      (one.ipv6Addresses.some(({ address }) => isPublicAddress(address)) || one.ipv6Prefixes.length > 0),
  };
  return (['ipv4', 'ipv6'] as const).some(
    (family) =>
      families[family] && routeTables.isPublic(one.vpcId, one.subnetId, family) && admitsInternet(rules, family),
  );
}
