import type { RouteTable } from '@aws-sdk/client-ec2';
import type { Random } from '../../time/random.ts';
import type { World } from '../world.ts';

export type KnownRouteTable = RouteTable & { readonly RouteTableId: string; readonly VpcId: string };

/** How the subnets of some nodes reach the outside of their VPC. */
export type WayOut =
  /** Through a NAT gateway. */
  | 'nat'
  /** Through a NAT gateway in a subnet that leads nowhere itself. */
  | 'nat-in-private-subnet'
  /** Through a private NAT gateway, behind which the account sees nothing. */
  | 'private-nat'
  /** The route's NAT gateway was deleted: a black hole. */
  | 'deleted-nat'
  /** Through an Internet gateway; the subnets assign public addresses. */
  | 'internet'
  /** Through an Internet gateway, but the subnets assign no public addresses. */
  | 'internet-without-address'
  /** Through a NAT instance in the VPC. */
  | 'nat-instance'
  /** Through a transit gateway, behind which the account sees nothing. */
  | 'transit-gateway'
  /** Through a firewall's endpoint in the VPC. */
  | 'firewall'
  /** Through a VPN or Direct Connect. */
  | 'virtual-private-gateway'
  /** Not at all: only the VPC's main route table, with its local route. */
  | 'none';

type Route = NonNullable<RouteTable['Routes']>[number];
type AddressFamily = 'ipv4' | 'ipv6';

const EVERYWHERE = '0.0.0.0/0';
const EVERYWHERE_IPV6 = '::/0';
const HUB = '10.100.0.0/16';

/** The route tables of the account's VPCs. */
export class RouteTables {
  readonly #world: World;
  readonly #random: Random;
  readonly #ipv6: Random;
  readonly #byVpc = new Map<string, KnownRouteTable[]>();
  /** Interfaces to which an Internet gateway hands what it lets in. */
  readonly #appliances = new Set<string>();

  /** @param random for ids, drawn in turn with those of other parts of the network */
  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#ipv6 = world.random.fork('ec2-network-ipv6');
  }

  list(): KnownRouteTable[] {
    return [...this.#byVpc.values()].flat();
  }

  hasVpc(vpcId: string): boolean {
    return this.#byVpc.has(vpcId);
  }

  /** The main table of a new VPC, with only the local route. */
  addMain(vpcId: string): void {
    this.#add(vpcId, [], []);
  }

  /** Adds a default route for subnets. Subnets without one use the main route table. */
  lead(vpcId: string, subnetIds: readonly string[], way: WayOut): void {
    if (way === 'none') return;
    const route = { DestinationCidrBlock: EVERYWHERE, Origin: 'CreateRoute' } as const;
    const State = way === 'deleted-nat' ? 'blackhole' : 'active';
    this.#add(vpcId, subnetIds, [{ ...route, ...this.#hopOf(way), State }]);
  }

  #hopOf(way: Exclude<WayOut, 'none'>): Route {
    switch (way) {
      case 'nat':
      case 'nat-in-private-subnet':
      case 'private-nat':
      case 'deleted-nat':
        return { NatGatewayId: this.#id('nat') };
      case 'internet':
      case 'internet-without-address':
        return { GatewayId: this.#id('igw') };
      case 'transit-gateway':
        return { TransitGatewayId: this.#id('tgw') };
      case 'nat-instance':
        return { InstanceId: this.#id('i'), NetworkInterfaceId: this.#id('eni') };
      case 'virtual-private-gateway':
        return { GatewayId: this.#id('vgw') };
      // A route to an endpoint appears as a route to a gateway, as with Gateway Load Balancers.
      case 'firewall':
        return { GatewayId: this.#id('vpce') };
    }
  }

  /** Routes the addresses of a hub VPC to a transit gateway, from every subnet of a VPC. */
  leadToHub(vpcId: string): void {
    const hop = { TransitGatewayId: this.#id('tgw'), Origin: 'CreateRoute', State: 'active' } as const;
    for (const table of this.#byVpc.get(vpcId) ?? []) table.Routes?.push({ DestinationCidrBlock: HUB, ...hop });
  }

  /** Adds an IPv6 default route like the IPv4 one: through the Internet gateway, or through an egress-only one. */
  leadIpv6(vpcId: string, subnetId: string): void {
    const table = this.#of(vpcId, subnetId);
    const way = this.defaultRoute(vpcId, subnetId, 'ipv4');
    if (way === undefined || this.defaultRoute(vpcId, subnetId, 'ipv6') !== undefined) return;
    const hop =
      way.GatewayId?.startsWith('igw-') !== true
        ? { EgressOnlyInternetGatewayId: `eigw-0${this.#ipv6.hex(16)}` }
        : { GatewayId: way.GatewayId };
    const route = { DestinationIpv6CidrBlock: EVERYWHERE_IPV6, Origin: 'CreateRoute', State: 'active' } as const;
    table?.Routes?.push({ ...route, ...hop });
  }

  /** Makes the default routes of a VPC name a prefix list instead of all addresses. */
  byPrefixList(vpcId: string, DestinationPrefixListId: string): void {
    for (const table of this.#byVpc.get(vpcId) ?? []) {
      table.Routes = (table.Routes ?? []).map((route) => {
        const { DestinationCidrBlock: ipv4, DestinationIpv6CidrBlock: ipv6, ...rest } = route;
        return ipv4 === EVERYWHERE || ipv6 === EVERYWHERE_IPV6 ? { ...rest, DestinationPrefixListId } : route;
      });
    }
  }

  /** Redirects the default routes of a VPC from its Internet gateway to an endpoint, whose own subnet leads there. */
  behind(vpcId: string, subnetId: string, endpointId: string): string {
    const taken: Route[] = [];
    for (const table of this.#byVpc.get(vpcId) ?? []) {
      table.Routes = (table.Routes ?? []).map((route) => {
        if (route.GatewayId?.startsWith('igw-') !== true) return route;
        taken.push(route);
        return { ...route, GatewayId: endpointId };
      });
    }
    const distinct = new Map(
      taken.map((route) => [`${route.DestinationCidrBlock} ${route.DestinationIpv6CidrBlock}`, route]),
    );
    this.#add(vpcId, [subnetId], [...distinct.values()]);
    return endpointId;
  }

  /**
   * Redirects the default routes of a VPC from its Internet gateway to the interface of an appliance, in a subnet that leads
   * there, and what that gateway lets in as well (VPC user guide, "Gateway route tables").
   */
  behindAppliance(vpcId: string, subnetId: string): void {
    const hop = { InstanceId: this.#id('i'), NetworkInterfaceId: this.#id('eni') };
    const gateways = new Set<string>();
    for (const table of this.#byVpc.get(vpcId) ?? []) {
      table.Routes = (table.Routes ?? []).map(({ GatewayId = '', ...route }) => {
        if (!GatewayId.startsWith('igw-')) return { ...route, ...(GatewayId !== '' && { GatewayId }) };
        gateways.add(GatewayId);
        return { ...route, ...hop };
      });
    }
    for (const GatewayId of gateways) {
      this.#add(
        vpcId,
        [subnetId],
        [{ DestinationCidrBlock: EVERYWHERE, Origin: 'CreateRoute', State: 'active', GatewayId }],
      );
      const edge = this.#add(vpcId, [subnetId], []);
      edge.Associations = (edge.Associations ?? []).map(({ SubnetId: _, ...association }) => ({
        ...association,
        GatewayId,
      }));
      edge.Routes = [{ DestinationCidrBlock: '10.0.0.0/16', Origin: 'CreateRoute', State: 'active', ...hop }];
      this.#appliances.add(hop.NetworkInterfaceId);
    }
  }

  /** The default route of a subnet, if it has one: by its block, or by the prefix list of {@link byPrefixList}. */
  defaultRoute(vpcId: string, subnetId: string, family: AddressFamily): Route | undefined {
    const routes = this.#of(vpcId, subnetId)?.Routes ?? [];
    const byBlock = routes.find((route) =>
      family === 'ipv4'
        ? route.DestinationCidrBlock === EVERYWHERE
        : route.DestinationIpv6CidrBlock === EVERYWHERE_IPV6,
    );
    return byBlock ?? routes.find(({ DestinationPrefixListId }) => DestinationPrefixListId !== undefined);
  }

  /** Whether the Internet reaches public addresses in a subnet. */
  isPublic(vpcId: string, subnetId: string, family: AddressFamily): boolean {
    const leads = (GatewayId = ''): boolean => GatewayId.startsWith('igw-') || GatewayId.startsWith('vpce-');
    const route = this.defaultRoute(vpcId, subnetId, family);
    const isBehind = family === 'ipv4' && this.#appliances.has(route?.NetworkInterfaceId ?? '');
    return route?.State === 'active' && (leads(route.GatewayId) || isBehind);
  }

  /** The table that a subnet is associated with, or else the main one of its VPC. */
  #of(vpcId: string, subnetId: string): KnownRouteTable | undefined {
    const ofVpc = this.#byVpc.get(vpcId) ?? [];
    return (
      ofVpc.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId)) ??
      ofVpc.find(({ Associations = [] }) => Associations.some(({ Main }) => Main === true))
    );
  }

  #add(vpcId: string, subnetIds: readonly string[], routes: readonly Route[]): KnownRouteTable {
    const RouteTableId = this.#id('rtb');
    const association = () => ({
      RouteTableAssociationId: this.#id('rtbassoc'),
      RouteTableId,
      AssociationState: { State: 'associated' } as const,
    });
    const local = {
      DestinationCidrBlock: '10.0.0.0/16',
      GatewayId: 'local',
      Origin: 'CreateRouteTable',
      State: 'active',
    } as const;
    const table: KnownRouteTable = {
      RouteTableId,
      VpcId: vpcId,
      OwnerId: this.#world.accountId,
      Associations:
        subnetIds.length === 0
          ? [{ Main: true, ...association() }]
          : subnetIds.map((SubnetId) => ({ Main: false, SubnetId, ...association() })),
      PropagatingVgws: [],
      Routes: [local, ...routes],
      Tags: [],
    };
    this.#byVpc.set(vpcId, [...(this.#byVpc.get(vpcId) ?? []), table]);
    return table;
  }

  #id(prefix: string): string {
    return `${prefix}-0${this.#random.hex(16)}`;
  }
}
