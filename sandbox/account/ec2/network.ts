import type { VpcEndpoint } from '@aws-sdk/client-ec2';
import type { Random } from '../../time/random.ts';
import type { World } from '../world.ts';
import { PublicAddresses } from './addresses.ts';
import { admitsInternet, concerns, contains, isPublicAddress } from './admission.ts';
import { type Flow, Flows, type Opening } from './flows.ts';
import type { Instance } from './instances.ts';
import { type NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';
import { RouteTables, type WayOut } from './route-tables.ts';
import { allIngress, SecurityGroups, tcpIngress } from './security-groups.ts';
import { type Subnet, Subnets } from './subnets.ts';

/** Interface endpoints of a VPC. */
export interface EndpointPlan {
  /** For example `ssm`, `ssmmessages`. */
  readonly services: readonly string[];
  /** Whom the endpoints' security group lets in on port 443: all private addresses, the nodes' group, or another one. */
  readonly admits: 'addresses' | 'nodes' | 'others';
  readonly privateDns: boolean;
}

/** EC2 answers states in lower case (`available`), whatever its model says. */
export type KnownEndpoint = Omit<VpcEndpoint, 'State'> & {
  readonly [Key in 'VpcEndpointId' | 'VpcId' | 'ServiceName' | 'State']: string;
};

const PRIVATE_ADDRESSES = '10.0.0.0/8';
const EVERYWHERE = '0.0.0.0/0';
const HTTPS = 443;

/** The account's VPCs: what their instances can reach, and who can reach them. */
export class Networks {
  readonly interfaces: NetworkInterfaces;
  readonly addresses: PublicAddresses;
  readonly subnets: Subnets;
  readonly securityGroups: SecurityGroups;
  readonly routeTables: RouteTables;
  readonly #flows: Flows;
  readonly #endpoints = new Map<string, KnownEndpoint[]>();
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('ec2-network');
    this.routeTables = new RouteTables(world, this.#random);
    this.interfaces = new NetworkInterfaces(world);
    this.addresses = new PublicAddresses(world, this.interfaces);
    this.subnets = new Subnets(world);
    this.securityGroups = new SecurityGroups(world);
    this.#flows = new Flows(this.interfaces, this.securityGroups);
  }

  get endpoints(): KnownEndpoint[] {
    return [...this.#endpoints.values()].flat();
  }

  /** Adds subnets that lead out of their VPC in one way. */
  addSubnets(vpcId: string, subnets: ReadonlyArray<Pick<Subnet, 'id' | 'availabilityZone'>>, way: WayOut): void {
    for (const subnet of subnets) this.subnets.add({ ...subnet, vpcId, mapPublicIpOnLaunch: way === 'internet' });
    const ids = subnets.map(({ id }) => id);
    this.routeTables.lead(vpcId, ids, way);
  }

  /** Gives a subnet IPv6, which leads out as IPv4 does. */
  enableIpv6(subnet: Subnet): void {
    this.subnets.enableIpv6(subnet);
    this.routeTables.leadIpv6(subnet.vpcId, subnet.id);
  }

  /** A security group as EKS makes it for a cluster's nodes: they reach each other, and everything outside. */
  addNodeGroup(groupId: string, vpcId: string, clusterName: string): void {
    const name = `eks-cluster-sg-${clusterName}-${groupId.slice(-9)}`;
    const tags = new Map([[`kubernetes.io/cluster/${clusterName}`, 'owned']]);
    this.securityGroups.create({ id: groupId, vpcId, name, description: name, tags }, [allIngress(groupId)]);
  }

  addEndpoints(vpcId: string, subnetIds: readonly string[], nodeGroupId: string, plan: EndpointPlan): void {
    const id = this.#id('sg');
    const admitted = plan.admits === 'nodes' ? nodeGroupId : this.#id('sg');
    const name = 'vpc-endpoints';
    this.securityGroups.create({ id, vpcId, name, description: name, tags: new Map() }, [
      tcpIngress(HTTPS, HTTPS, plan.admits === 'addresses' ? PRIVATE_ADDRESSES : admitted),
    ]);
    this.#endpoints.set(
      vpcId,
      plan.services.map((service) => this.#endpoint(vpcId, subnetIds, service, { id, name }, plan.privateDns)),
    );
  }

  #endpoint(
    vpcId: string,
    subnetIds: readonly string[],
    service: string,
    group: { readonly id: string; readonly name: string },
    privateDns: boolean,
  ): KnownEndpoint {
    const id = this.#id('vpce');
    const dnsName = `${id}-${this.#random.hex(8)}.${service}.${this.#world.region}.vpce.amazonaws.com`;
    return {
      VpcEndpointId: id,
      VpcEndpointType: 'Interface',
      VpcId: vpcId,
      ServiceName: `com.amazonaws.${this.#world.region}.${service}`,
      State: 'available',
      RouteTableIds: [],
      SubnetIds: [...subnetIds],
      Groups: [{ GroupId: group.id, GroupName: group.name }],
      IpAddressType: 'ipv4',
      PrivateDnsEnabled: privateDns,
      RequesterManaged: false,
      NetworkInterfaceIds: subnetIds.map(() => this.#id('eni')),
      DnsEntries: [{ DnsName: dnsName, HostedZoneId: 'Z273ZU8SZ5RJPC' }],
      CreationTimestamp: new Date(this.#world.time.now),
      Tags: [],
      OwnerId: this.#world.accountId,
    };
  }

  /**
   * Whether HTTPS from the instance reaches a service of AWS by its usual name. In a VPC that has an endpoint with private
   * DNS the name leads to that endpoint, whatever else leads out.
   */
  reaches(instance: Instance, service: string): boolean {
    const [primary] = instance.interfaces;
    if (primary === undefined) return false;
    const name = `com.amazonaws.${this.#world.region}.${service}`;
    const endpoint = this.#endpoints
      .get(instance.vpcId)
      ?.find(({ ServiceName, PrivateDnsEnabled }) => ServiceName === name && PrivateDnsEnabled === true);
    return endpoint === undefined ? this.#leadsOut(primary) : this.#admits(endpoint, primary);
  }

  /**
   * Whether anybody on the Internet reaches an instance: one of its interfaces has a public address, an active route leads
   * from its subnet to an Internet gateway, and its security groups let somebody in on some port.
   */
  isReachable(instanceId: string): boolean {
    return this.interfaces.of(instanceId).some((one) => {
      const rules = this.securityGroups.rulesOf(one.securityGroupIds);
      const families = {
        ipv4: one.associations.size > 0,
        ipv6: one.ipv6Addresses.some(({ address }) => isPublicAddress(address)),
      };
      return (['ipv4', 'ipv6'] as const).some(
        (family) =>
          families[family] &&
          this.routeTables.isPublic(one.vpcId, one.subnetId, family) &&
          admitsInternet(rules, family),
      );
    });
  }

  /** Somebody opens a connection to an instance; the answer goes on telling what becomes of it. */
  openFlow(instanceId: string, opening: Opening): Flow {
    return this.#flows.open(instanceId, opening, ({ vpcId, subnetId }, family) =>
      this.routeTables.isPublic(vpcId, subnetId, family),
    );
  }

  #leadsOut({ vpcId, subnetId, privateIps, associations, securityGroupIds }: NetworkInterface): boolean {
    const leaves = this.securityGroups
      .rulesOf(securityGroupIds)
      .some((rule) => rule.egress && rule.peer === EVERYWHERE && concerns(rule, 'tcp', HTTPS));
    const route = this.routeTables.defaultRoute(vpcId, subnetId, 'ipv4');
    if (!leaves || route?.State !== 'active') return false;
    return route.NatGatewayId !== undefined || associations.has(privateIps[0]);
  }

  /** Where in its subnet an endpoint is, is not known: a rule for any private address lets the instance reach it. */
  #admits(endpoint: KnownEndpoint, { privateIps, securityGroupIds }: NetworkInterface): boolean {
    const endpointGroups = (endpoint.Groups ?? []).map(({ GroupId = '' }) => GroupId);
    const https = (groupIds: readonly string[], egress: boolean) =>
      this.securityGroups
        .rulesOf(groupIds)
        .filter((rule) => rule.egress === egress && concerns(rule, 'tcp', HTTPS))
        .map(({ peer }) => peer);
    return (
      https(securityGroupIds, true).some((peer) => endpointGroups.includes(peer) || contains(peer, privateIps[0])) &&
      https(endpointGroups, false).some((peer) => securityGroupIds.includes(peer) || contains(peer, privateIps[0]))
    );
  }

  #id(prefix: string): string {
    return `${prefix}-0${this.#random.hex(16)}`;
  }
}
