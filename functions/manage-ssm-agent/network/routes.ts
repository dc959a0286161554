import type { Route } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { block, common, PUBLIC, without } from './ipv4.ts';
import { type Judgement, no, unsure, YES } from './judgement.ts';
import { judgeNatGateway } from './nat-gateways.ts';
import type { Networks } from './networks.ts';
import type { PrefixListEntries } from './security-groups.ts';

/** The default route, or the two halves that are sometimes written instead. The narrower route wins. */
const EVERYWHERE = '0.0.0.0/0';
const HALVES = ['0.0.0.0/1', '128.0.0.0/1'];

/** Where a subnet's routes lead for AWS's public addresses. */
export interface RouteOut {
  readonly judgement: Judgement;
  /** Target of the route, where there is one. */
  readonly way: string;
  /**
   * Set when there is no route at all. Something invisible in route tables, such as a proxy, may still provide a path.
   */
  readonly unseen?: true;
}

/** What an agent's routes are judged for: where its host is, and whether it has a public address. */
type Traveller = Pick<DescribedInstance, 'SubnetId' | 'PublicIpAddress' | 'PrivateIpAddress' | 'Platform'>;

/** Whether routes lead an instance to AWS's public addresses. */
export function judgeRoutes(routes: readonly Route[], networks: Networks, instance: DescribedInstance): RouteOut {
  return judgeAll(routes, networks, instance, (id) =>
    judgeNatGateway(id, instance, networks, (SubnetId, { Routes = [] }) => {
      // A NAT gateway has a public address of its own, and none reaches the Internet through another one. What Block
      // Public Access does to it is another matter.
      const own = { SubnetId, PublicIpAddress: 'of its own' };
      return judgeAll(Routes, { ...networks, blocked: new Map() }, own, (next) =>
        no(`subnet ${SubnetId} leads to NAT gateway ${next}`),
      ).judgement;
    }),
  );
}

function judgeAll(
  routes: readonly Route[],
  networks: Networks,
  instance: Traveller,
  judgeNat: (id: string) => Judgement,
): RouteOut {
  const { prefixLists: lists } = networks;
  const routeTo = (cidr: string) => routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === cidr);
  const byList = (cidr: string) => {
    const addresses = common(block(cidr), PUBLIC);
    return routes.find(({ DestinationPrefixListId = '' }) => {
      const listed = lists.get(DestinationPrefixListId);
      return listed !== undefined && without(addresses, listed).length === 0;
    });
  };
  const general = routeTo(EVERYWHERE);
  const judged = (route: Route | undefined) => judgeRoute(route, routes, networks, instance, judgeNat);
  const halves = HALVES.map((half) => judged(routeTo(half) ?? general ?? byList(half)));
  const worst = (answer: Judgement['answer']) => halves.find(({ judgement }) => judgement.answer === answer);
  return worst('no') ?? worst('unsure') ?? halves[0] ?? judged(general);
}

/** IPv6 alone, as a default route or by its two halves. */
const EVERYWHERE_BY_IPV6 = [['::/0'], ['::/1', '8000::/1']];

/**
 * The first agent that reaches Systems Manager by IPv6, if its configuration says `UseDualStackEndpoint`. Source: release
 * notes of amazon-ssm-agent, 3.3.3270.0.
 */
export const IPV6_NEEDS = [3, 3, 3270, 0];

/**
 * Whether VPC Block Public Access shuts a route by IPv6. Mode `block-ingress` passes egress-only Internet gateways. Source:
 * VPC user guide, "Block public access to VPCs and subnets".
 */
const isShut = ({ GatewayId = '', EgressOnlyInternetGatewayId }: Route, mode: string | undefined): boolean =>
  mode !== undefined &&
  (GatewayId.startsWith('igw-') || (EgressOnlyInternetGatewayId !== undefined && mode === 'block-bidirectional'));

/**
 * The way by IPv4, with the doubt that there is one by IPv6 where that is shut. What an agent's configuration says cannot
 * be seen from outside.
 */
export function orByIpv6(
  byIpv4: RouteOut,
  routes: readonly Route[],
  { blocked }: Networks,
  { SubnetId = '', NetworkInterfaces = [] }: DescribedInstance,
): RouteOut {
  const { judgement } = byIpv4;
  const hasAddress = NetworkInterfaces.some(({ Ipv6Addresses = [] }) => Ipv6Addresses.length > 0);
  if (judgement.answer !== 'no' || !hasAddress) return byIpv4;
  const open = routes.filter((route) => route.State !== 'blackhole' && !isShut(route, blocked.get(SubnetId)));
  const routeTo = (cidr: string) => open.find(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock === cidr);
  const [way] = EVERYWHERE_BY_IPV6.flatMap((blocks) => {
    const found = blocks.flatMap((cidr) => routeTo(cidr) ?? []);
    return found.length < blocks.length ? [] : found.map(targetOf);
  });
  if (way === undefined) return byIpv4;
  const why = `${judgement.why}; by IPv6 ${way} leads out, which only an agent from ${IPV6_NEEDS.join('.')} on uses whose configuration says UseDualStackEndpoint`;
  return { judgement: unsure(why), way };
}

function judgeRoute(
  route: Route | undefined,
  routes: readonly Route[],
  { prefixLists: lists, blocked }: Networks,
  { SubnetId = '', PublicIpAddress }: Traveller,
  judgeNat: (id: string) => Judgement,
): RouteOut {
  if (route === undefined) {
    const nothing = `subnet ${SubnetId} has no default route`;
    const [elsewhere] = routes.flatMap((other) => waysBeside(other, lists));
    return elsewhere === undefined
      ? { judgement: no(nothing), way: '', unseen: true }
      : { judgement: unsure(`${nothing}, but one to ${elsewhere.way}${elsewhere.why}`), way: elsewhere.way };
  }
  const way = targetOf(route);
  const closed = (why: string): RouteOut => ({ judgement: no(`subnet ${SubnetId} has ${why}`), way });
  if (route.State === 'blackhole') return closed('a default route whose target is gone');
  if (route.NatGatewayId !== undefined) return { judgement: judgeNat(route.NatGatewayId), way };
  if (way.startsWith('igw-')) {
    if (blocked.has(SubnetId)) return { judgement: no(`VPC Block Public Access shuts subnet ${SubnetId}`), way };
    if (PublicIpAddress !== undefined) return { judgement: YES, way };
    return closed('a default route to an Internet gateway, and the instance no public address');
  }
  // The VPC does not show what lies behind a transit gateway, firewall endpoint, appliance or VPN.
  const why = `the default route of subnet ${SubnetId} leads to ${way}, behind which nothing can be seen`;
  return { judgement: unsure(why), way };
}

/** The way of a route that is no default route, and why it may lead to Systems Manager; empty where it cannot. */
function waysBeside(route: Route, lists: PrefixListEntries): ReadonlyArray<{ way: string; why: string }> {
  const { State, DestinationCidrBlock = '', DestinationPrefixListId: list = '' } = route;
  const way = targetOf(route);
  if (State === 'blackhole' || way === 'local') return [];
  if (lists.has(list) && lists.get(list) === undefined) return [{ way, why: ` by ${list}, which cannot be read` }];
  // Endpoints in a hub VPC, found by a private hosted zone, are reached by a route that is not a default route.
  if (/^(tgw|pcx|vgw)-/.test(way)) return [{ way, why: ', behind which endpoints may be' }];
  const addresses = lists.get(list) ?? block(DestinationCidrBlock);
  if (common(addresses, PUBLIC).length === 0) return [];
  return [{ way, why: ' for some addresses, which may be those of Systems Manager' }];
}

const targetOf = (route: Route): string =>
  route.NatGatewayId ??
  route.TransitGatewayId ??
  route.VpcPeeringConnectionId ??
  route.InstanceId ??
  route.NetworkInterfaceId ??
  route.GatewayId ??
  route.EgressOnlyInternetGatewayId ??
  route.LocalGatewayId ??
  route.CarrierGatewayId ??
  route.CoreNetworkArn ??
  'a target of another kind';
