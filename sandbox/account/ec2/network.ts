import type { World } from '../world.ts';
import { PublicAddresses } from './addresses.ts';
import { Endpoints, type KnownEndpoint } from './endpoints.ts';
import { type Flow, Flows, type Opening } from './flows.ts';
import { NatGateways } from './nat-gateways.ts';
import { NetworkAcls } from './network-acls.ts';
import { type NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';
import { admits, allowsApiServer, isReachable, leadsOut, leaves } from './paths.ts';
import { PrefixLists } from './prefix-lists.ts';
import { RouteTables, type WayOut } from './route-tables.ts';
import { allIngress, SecurityGroups } from './security-groups.ts';
import { type Subnet, Subnets } from './subnets.ts';
import { VpcFeatures } from './vpc-features.ts';

/** Network paths that route tables do not show. */
export interface HiddenWays {
  /** Whether what lies behind a route out of the VPC lets traffic through. */
  readonly beyond: boolean;
  /** Whether agents use a proxy in the VPC. */
  readonly proxy: boolean;
  /**
   * Whether the endpoints of a hub VPC admit nodes; undefined: a private hosted zone does not resolve AWS service names
   * to a hub.
   */
  readonly hub: boolean | undefined;
}

/** Address of the proxy in VPCs that have one. */
const PROXY_ADDRESS = '10.0.255.10';

const NOTHING_HIDDEN: HiddenWays = { beyond: true, proxy: false, hub: undefined };

/** An instance with its interfaces, the primary one first. */
interface Connected {
  readonly vpcId: string;
  readonly interfaces: readonly NetworkInterface[];
}

/** The account's VPCs: what their instances can reach, and who can reach them. */
export class Networks {
  readonly interfaces: NetworkInterfaces;
  readonly addresses: PublicAddresses;
  readonly subnets: Subnets;
  readonly securityGroups: SecurityGroups;
  readonly routeTables: RouteTables;
  readonly networkAcls: NetworkAcls;
  readonly natGateways: NatGateways;
  readonly prefixLists: PrefixLists;
  readonly endpoints: Endpoints;
  readonly features = new VpcFeatures();
  readonly #flows: Flows;
  readonly #hidden = new Map<string, HiddenWays>();

  constructor(world: World) {
    const random = world.random.fork('ec2-network');
    this.routeTables = new RouteTables(world, random);
    this.networkAcls = new NetworkAcls(world);
    this.natGateways = new NatGateways(world);
    this.prefixLists = new PrefixLists(world);
    this.interfaces = new NetworkInterfaces(world);
    this.addresses = new PublicAddresses(world, this.interfaces);
    this.subnets = new Subnets(world);
    this.securityGroups = new SecurityGroups(world, this.prefixLists);
    this.endpoints = new Endpoints(world, random, this);
    this.#flows = new Flows(this.interfaces, this.securityGroups);
  }

  /** Sets a VPC's network paths that its route tables do not show. */
  hide(vpcId: string, ways: HiddenWays): void {
    this.#hidden.set(vpcId, ways);
  }

  /** Adds subnets that leave their VPC by one kind of route. */
  addSubnets(vpcId: string, subnets: ReadonlyArray<Pick<Subnet, 'id' | 'availabilityZone'>>, way: WayOut): void {
    for (const subnet of subnets) this.subnets.add({ ...subnet, vpcId, mapPublicIpOnLaunch: way === 'internet' });
    const ids = subnets.map(({ id }) => id);
    this.routeTables.lead(vpcId, ids, way);
    const [first] = subnets;
    const id = first && this.routeTables.defaultRoute(vpcId, first.id, 'ipv4')?.NatGatewayId;
    if (first === undefined || id === undefined || way === 'deleted-nat') return;
    const subnetId = way === 'nat' ? undefined : `subnet-0${id.slice(-17)}`;
    this.natGateways.add({ id, vpcId, subnetId, isPrivate: way === 'private-nat' });
    if (subnetId === undefined) return;
    this.subnets.add({ id: subnetId, vpcId, availabilityZone: first.availabilityZone, mapPublicIpOnLaunch: false });
  }

  /** The number of used addresses of a subnet, one for each interface. */
  takenAddresses(subnetId: string): number {
    return this.interfaces.list().filter((each) => each.subnetId === subnetId).length;
  }

  /**
   * The number of free addresses of a subnet. AWS reserves five of each block (VPC user guide, "Subnet CIDR blocks").
   */
  freeAddresses(subnetId: string): number {
    return Math.max(0, (this.subnets.get(subnetId)?.addresses ?? 1019) - this.takenAddresses(subnetId));
  }

  /** Gives a subnet IPv6, with a route out like that of its IPv4. */
  enableIpv6(subnet: Subnet): void {
    this.subnets.enableIpv6(subnet);
    this.routeTables.leadIpv6(subnet.vpcId, subnet.id);
  }

  /** Creates a security group like EKS does for a cluster's nodes: they reach each other, and everything outside. */
  addNodeGroup(groupId: string, vpcId: string, clusterName: string): void {
    const name = `eks-cluster-sg-${clusterName}-${groupId.slice(-9)}`;
    const tags = new Map([[`kubernetes.io/cluster/${clusterName}`, 'owned']]);
    this.securityGroups.create({ id: groupId, vpcId, name, description: name, tags }, [allIngress(groupId)]);
  }

  /**
   * Whether HTTPS from the instance reaches an AWS service by its usual name. In a VPC with a private-DNS endpoint, the
   * name resolves to that endpoint, whatever other path there is.
   */
  reaches(instance: Connected, service: string): boolean {
    const [primary] = instance.interfaces;
    if (primary === undefined) return false;
    const { proxy, hub, beyond } = this.#hidden.get(instance.vpcId) ?? NOTHING_HIDDEN;
    const endpoint = this.#named(instance.vpcId, service);
    if (proxy) return leaves(this, primary, PROXY_ADDRESS);
    if (!this.#resolves(instance.vpcId)) return false;
    if (endpoint !== undefined) return admits(this, endpoint, primary);
    return hub ?? leadsOut(this, primary, beyond);
  }

  /**
   * Whether the node can pull an image. Every VPC has endpoints for private registries of Amazon ECR, without which none of
   * its nodes could start. No endpoint serves Amazon ECR Public ("Considerations for Amazon ECR VPC endpoints", ECR user
   * guide) or another registry.
   */
  reachesRegistry(instance: Connected, image: string): boolean {
    const [primary] = instance.interfaces;
    if (primary === undefined) return false;
    const { proxy, beyond } = this.#hidden.get(instance.vpcId) ?? NOTHING_HIDDEN;
    if (!this.#resolves(instance.vpcId) && !proxy) return false;
    return /^\d{12}\.dkr\.ecr\./.test(image) || proxy || leadsOut(this, primary, beyond);
  }

  /** Whether an instance's security groups allow traffic to its cluster's API server. */
  reachesCluster({ interfaces: [primary] }: Connected): boolean {
    return primary !== undefined && allowsApiServer(this, primary);
  }

  /** The policy of the endpoint by which a service is called from a VPC, if it is called by one. */
  endpointPolicy(vpcId: string, service: string): string | undefined {
    return this.#named(vpcId, service)?.PolicyDocument;
  }

  /** Whether the Internet reaches an instance by one of its interfaces. */
  isReachable(instanceId: string): boolean {
    return this.interfaces.of(instanceId).some((one) => isReachable(this, one));
  }

  /** Routes a VPC's Internet traffic through a firewall endpoint in a subnet of its own. */
  behindFirewall(vpcId: string, availabilityZone: string): void {
    const [id, endpointId] = [`subnet-0${vpcId.slice(-15)}f`, `vpce-0${vpcId.slice(-15)}f`];
    this.subnets.add({ id, vpcId, availabilityZone, mapPublicIpOnLaunch: false });
    this.routeTables.behind(vpcId, id, endpointId);
    this.endpoints.addFirewall(vpcId, id, endpointId);
  }

  /** Routes a VPC's Internet traffic, both ways, through an appliance in a subnet of its own. */
  behindAppliance(vpcId: string, availabilityZone: string): void {
    const id = `subnet-0${vpcId.slice(-15)}a`;
    this.subnets.add({ id, vpcId, availabilityZone, mapPublicIpOnLaunch: false });
    this.routeTables.behindAppliance(vpcId, id);
  }

  /** Opens a connection to an instance. The returned object is live. */
  openFlow(instanceId: string, opening: Opening): Flow {
    return this.#flows.open(instanceId, opening, ({ vpcId, subnetId }, family) =>
      this.routeTables.isPublic(vpcId, subnetId, family),
    );
  }

  /** The endpoint that a service's name leads to: only Amazon's resolver knows private names. */
  #named(vpcId: string, service: string): KnownEndpoint | undefined {
    const { dns, withoutResolver } = this.features;
    const isKnown = dns.get(vpcId)?.forwards !== false && !withoutResolver.has(vpcId);
    return isKnown ? this.endpoints.named(vpcId, service) : undefined;
  }

  /**
   * Whether instances of a VPC find any name: without DNS servers of their own they ask Amazon's resolver. Source: VPC user
   * guide, "View and update DNS attributes for your VPC" (enableDnsSupport).
   */
  #resolves(vpcId: string): boolean {
    return this.features.dns.has(vpcId) || !this.features.withoutResolver.has(vpcId);
  }
}
