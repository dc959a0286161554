import type { World } from '../world.ts';
import { PublicAddresses } from './addresses.ts';
import { admitsInternet, concerns, contains, isPublicAddress } from './admission.ts';
import { Endpoints, type KnownEndpoint } from './endpoints.ts';
import { type Flow, Flows, type Opening } from './flows.ts';
import { NatGateways } from './nat-gateways.ts';
import { NetworkAcls } from './network-acls.ts';
import { type NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';
import { PrefixLists } from './prefix-lists.ts';
import { RouteTables, type WayOut } from './route-tables.ts';
import { allIngress, SecurityGroups } from './security-groups.ts';
import { type Subnet, Subnets } from './subnets.ts';
import { VpcFeatures } from './vpc-features.ts';

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
    if (proxy) return this.#leaves(primary, PROXY_ADDRESS);
    if (endpoint !== undefined) return this.#admits(endpoint, primary);
    return hub ?? this.#leadsOut(primary, beyond);
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
    return /^\d{12}\.dkr\.ecr\./.test(image) || proxy || this.#leadsOut(primary, beyond);
  }

  /**
   * Whether an instance's security groups allow traffic to its cluster's API server: to its public address, to its
   * addresses in the VPC, or to the group that both are in. Routes are not considered: a node that has joined has one.
   */
  reachesCluster({ interfaces: [primary] }: Connected): boolean {
    if (primary === undefined) return false;
    return this.securityGroups
      .rulesOf(primary.securityGroupIds)
      .some(
        (rule) =>
          rule.egress &&
          concerns(rule, 'tcp', HTTPS) &&
          (contains(rule.peer, AWS_ADDRESS) ||
            contains(rule.peer, VPC_ADDRESS) ||
            primary.securityGroupIds.includes(rule.peer)),
      );
  }

  /** The policy of the endpoint by which a service is called from a VPC, if it is called by one. */
  endpointPolicy(vpcId: string, service: string): string | undefined {
    return this.#named(vpcId, service)?.PolicyDocument;
  }

  /**
   * Whether the Internet reaches an instance: one of its interfaces has a public address, an active route leads from
   * its subnet to an Internet gateway, and its security groups admit somebody on some port.
   */
  isReachable(instanceId: string): boolean {
    return this.interfaces.of(instanceId).some((one) => {
      const subnet = this.subnets.get(one.subnetId);
      const isShut =
        subnet?.blockPublicAccess !== undefined ||
        one.denyAllIgwTraffic ||
        !this.networkAcls.admits(one.subnetId, false, SOMEBODY, SSH);
      if (isShut) return false;
      const rules = this.securityGroups.rulesOf(one.securityGroupIds);
      const families = {
        ipv4: one.associations.size > 0,
        ipv6:
          subnet?.ipv6Kind === undefined || subnet.ipv6Kind === 'global'
            ? one.ipv6Addresses.some(({ address }) => isPublicAddress(address)) || one.ipv6Prefixes.length > 0
            : false,
      };
      return (['ipv4', 'ipv6'] as const).some(
        (family) =>
          families[family] &&
          this.routeTables.isPublic(one.vpcId, one.subnetId, family) &&
          admitsInternet(rules, family),
      );
    });
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
    return this.features.dns.get(vpcId)?.forwards === false ? undefined : this.endpoints.named(vpcId, service);
  }

  #leadsOut(primary: NetworkInterface, beyond: boolean): boolean {
    const { vpcId, subnetId, privateIps, associations } = primary;
    const route = this.routeTables.defaultRoute(vpcId, subnetId, 'ipv4');
    if (route?.State !== 'active' || !this.#leaves(primary, AWS_ADDRESS)) return false;
    const block = this.subnets.get(subnetId)?.blockPublicAccess;
    if (route.GatewayId?.startsWith('igw-') === true) return block === undefined && associations.has(privateIps[0]);
    const nat = this.natGateways.get(route.NatGatewayId ?? '');
    if (nat === undefined || nat.isPrivate) return beyond;
    return nat.subnetId === undefined && block !== 'block-bidirectional';
  }

  /** Whether HTTPS to an address leaves the interface and its subnet, and responses come back. */
  #leaves({ subnetId, securityGroupIds }: NetworkInterface, address: string): boolean {
    const leaves = this.securityGroups
      .rulesOf(securityGroupIds)
      .some((rule) => rule.egress && concerns(rule, 'tcp', HTTPS) && contains(rule.peer, address));
    return (
      leaves &&
      this.networkAcls.admits(subnetId, true, address, HTTPS) &&
      EPHEMERAL.every((port) => this.networkAcls.admits(subnetId, false, address, port))
    );
  }

  /** One of the endpoint's interfaces must be reachable. Within a subnet, network ACLs do not apply. */
  #admits(endpoint: KnownEndpoint, primary: NetworkInterface): boolean {
    const ends = (endpoint.NetworkInterfaceIds ?? []).flatMap((id) => this.interfaces.get(id) ?? []);
    return ends.some((end) => this.#connects(primary, end));
  }

  #connects(from: NetworkInterface, to: NetworkInterface): boolean {
    const admits = (one: NetworkInterface, other: NetworkInterface, egress: boolean) =>
      this.securityGroups
        .rulesOf(one.securityGroupIds)
        .some(
          (rule) =>
            rule.egress === egress &&
            concerns(rule, 'tcp', HTTPS) &&
            (other.securityGroupIds.includes(rule.peer) || contains(rule.peer, other.privateIps[0])),
        );
    const crosses = (subnetId: string, egress: boolean, address: string, port: number) =>
      from.subnetId === to.subnetId || this.networkAcls.admits(subnetId, egress, address, port);
    const [node, end] = [from.privateIps[0], to.privateIps[0]];
    return (
      admits(from, to, true) &&
      admits(to, from, false) &&
      crosses(from.subnetId, true, end, HTTPS) &&
      crosses(to.subnetId, false, node, HTTPS) &&
      EPHEMERAL.every((port) => crosses(to.subnetId, true, node, port) && crosses(from.subnetId, false, end, port))
    );
  }
}
