import type { Route } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { type Judgement, no, unsure, YES } from './judgement.ts';

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

export function judgeRoutes(routes: readonly Route[], instance: DescribedInstance): RouteOut {
  const routeTo = (cidr: string) => routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === cidr);
  const general = routeTo(EVERYWHERE);
  const halves = HALVES.map((half) => judgeRoute(routeTo(half) ?? general, routes, instance));
  const worst = (answer: Judgement['answer']) => halves.find(({ judgement }) => judgement.answer === answer);
  return worst('no') ?? worst('unsure') ?? halves[0] ?? judgeRoute(general, routes, instance);
}

function judgeRoute(
  route: Route | undefined,
  routes: readonly Route[],
  { SubnetId, PublicIpAddress }: DescribedInstance,
): RouteOut {
  if (route === undefined) {
    const elsewhere = routes
      .map(targetOf)
      .find((target) => target.startsWith('tgw-') || target.startsWith('pcx-') || target.startsWith('vgw-'));
    const nothing = `subnet ${SubnetId} has no default route`;
    // Endpoints in a hub VPC, found by a private hosted zone, are reached by a route that is not a default route.
    return elsewhere === undefined
      ? { judgement: no(nothing), way: '', unseen: true }
      : { judgement: unsure(`${nothing}, but one to ${elsewhere}, behind which endpoints may be`), way: elsewhere };
  }
  const way = targetOf(route);
  const closed = (why: string): RouteOut => ({ judgement: no(`subnet ${SubnetId} has ${why}`), way });
  if (route.State === 'blackhole') return closed('a default route whose target is gone');
  if (route.NatGatewayId !== undefined) return { judgement: YES, way };
  if (way.startsWith('igw-')) {
    if (PublicIpAddress !== undefined) return { judgement: YES, way };
    return closed('a default route to an Internet gateway, and the instance no public address');
  }
  // The VPC does not show what lies behind a transit gateway, firewall endpoint, appliance or VPN.
  const why = `the default route of subnet ${SubnetId} leads to ${way}, behind which nothing can be seen`;
  return { judgement: unsure(why), way };
}

const targetOf = (route: Route): string =>
  route.NatGatewayId ??
  route.TransitGatewayId ??
  route.VpcPeeringConnectionId ??
  route.InstanceId ??
  route.NetworkInterfaceId ??
  route.GatewayId ??
  route.LocalGatewayId ??
  route.CarrierGatewayId ??
  route.CoreNetworkArn ??
  'a target of another kind';
