import type { VpcEndpoint } from '@aws-sdk/client-ec2';
import type { World } from '../world.ts';
import type { NetworkInterfaces } from './network-interfaces.ts';
import type { PrefixLists } from './prefix-lists.ts';
import { type SecurityGroups, tcpIngress } from './security-groups.ts';
import type { Subnet } from './subnets.ts';

/** Whom an endpoint's security group lets in on port 443. */
export type Admitted =
  /** All private addresses. */
  | 'addresses'
  /** The nodes' group. */
  | 'nodes'
  /** Another group, which no node has. */
  | 'others'
  /** The group that only the further interfaces of nodes have. */
  | 'pods'
  /** A prefix list of all private addresses. */
  | 'prefix-list'
  /** The same list, which nobody here can read. */
  | 'unreadable-prefix-list';

/** Interface endpoints of a VPC that are alike. */
export interface EndpointPlan {
  /** For example `ssm`, `ssmmessages`. */
  readonly services: readonly string[];
  readonly admits: Admitted;
  readonly privateDns: boolean;
  /** The endpoint policy; undefined for the one that lets everybody do everything. */
  readonly policy?: object | undefined;
}

/** Where a VPC's endpoints are, and the groups that they may admit. */
export interface EndpointPlace {
  readonly vpcId: string;
  readonly subnets: ReadonlyArray<Pick<Subnet, 'id' | 'availabilityZone'>>;
  readonly nodeGroupId: string;
  /** Makes the group of the nodes' further interfaces, or finds it. */
  readonly podGroupId: () => string;
}

/** EC2 answers states in lower case (`available`), whatever its model says. */
export type KnownEndpoint = Omit<VpcEndpoint, 'State'> & {
  readonly [Key in 'VpcEndpointId' | 'VpcId' | 'ServiceName' | 'State']: string;
} & { readonly PolicyDocument: string };

const PRIVATE_ADDRESSES = '10.0.0.0/8';
const HTTPS = 443;

/** What an endpoint has that nobody gave a policy (VPC PrivateLink guide, "Control access … using endpoint policies"). */
const FULL_ACCESS = { Statement: [{ Action: '*', Effect: 'Allow', Principal: '*', Resource: '*' }] };

interface Surroundings {
  readonly interfaces: NetworkInterfaces;
  readonly securityGroups: SecurityGroups;
  readonly prefixLists: PrefixLists;
}

/** The interface endpoints of the account's VPCs. */
export class Endpoints {
  readonly #world: World;
  readonly #random: World['random'];
  readonly #around: Surroundings;
  readonly #byVpc = new Map<string, KnownEndpoint[]>();
  #addresses = 10;

  /** @param random for ids, which come in turn with those of other parts of networks */
  constructor(world: World, random: World['random'], around: Surroundings) {
    this.#world = world;
    this.#random = random;
    this.#around = around;
  }

  list(): KnownEndpoint[] {
    return [...this.#byVpc.values()].flat();
  }

  add(place: EndpointPlace, plan: EndpointPlan): void {
    const { securityGroups } = this.#around;
    const { vpcId } = place;
    const id = this.#id('sg');
    const before = this.#byVpc.get(vpcId) ?? [];
    const name = before.length === 0 ? 'vpc-endpoints' : `vpc-endpoints-${before.length}`;
    const ingress = tcpIngress(HTTPS, HTTPS, this.#peerOf(place, plan.admits));
    securityGroups.create({ id, vpcId, name, description: name, tags: new Map() }, [ingress]);
    const added = plan.services.map((service) => this.#endpoint(place, service, { id, name }, plan));
    this.#byVpc.set(vpcId, [...before, ...added]);
  }

  /** An endpoint of a firewall, or of a Gateway Load Balancer, in a subnet. */
  addFirewall(vpcId: string, subnetId: string, endpointId: string): void {
    const added: KnownEndpoint = {
      VpcEndpointId: endpointId,
      VpcEndpointType: 'GatewayLoadBalancer',
      VpcId: vpcId,
      ServiceName: `com.amazonaws.vpce.${this.#world.region}.vpce-svc-0123456789abcdef0`,
      State: 'available',
      SubnetIds: [subnetId],
      PolicyDocument: JSON.stringify(FULL_ACCESS),
    };
    this.#byVpc.set(vpcId, [...(this.#byVpc.get(vpcId) ?? []), added]);
  }

  /** The endpoint to which a service's usual name leads in a VPC, if it does to one. */
  named(vpcId: string, service: string): KnownEndpoint | undefined {
    const name = `com.amazonaws.${this.#world.region}.${service}`;
    return this.#byVpc
      .get(vpcId)
      ?.find(({ ServiceName, PrivateDnsEnabled }) => ServiceName === name && PrivateDnsEnabled === true);
  }

  #peerOf({ nodeGroupId, podGroupId }: EndpointPlace, admits: Admitted): string {
    switch (admits) {
      case 'addresses':
        return PRIVATE_ADDRESSES;
      case 'nodes':
        return nodeGroupId;
      case 'others':
        return this.#id('sg');
      case 'pods':
        return podGroupId();
      case 'prefix-list':
      case 'unreadable-prefix-list':
        return this.#around.prefixLists.add('private-addresses', [PRIVATE_ADDRESSES], admits === 'prefix-list').id;
    }
  }

  #endpoint(
    { vpcId, subnets }: EndpointPlace,
    service: string,
    group: { readonly id: string; readonly name: string },
    { privateDns, policy }: EndpointPlan,
  ): KnownEndpoint {
    const id = this.#id('vpce');
    const dnsName = `${id}-${this.#random.hex(8)}.${service}.${this.#world.region}.vpce.amazonaws.com`;
    const interfaceIds = subnets.map(() => this.#id('eni'));
    for (const [index, subnet] of subnets.entries()) {
      this.#around.interfaces.attachEndpoint({
        id: interfaceIds[index] ?? '',
        endpointId: id,
        vpcId,
        subnetId: subnet.id,
        availabilityZone: subnet.availabilityZone,
        // Instances are given their addresses from the other end of the block.
        privateIps: [`10.255.${254 - Math.floor(this.#addresses / 250)}.${this.#addresses++ % 250}`],
        securityGroupIds: [group.id],
        attachedAt: this.#world.time.now,
      });
    }
    return {
      VpcEndpointId: id,
      VpcEndpointType: 'Interface',
      VpcId: vpcId,
      ServiceName: `com.amazonaws.${this.#world.region}.${service}`,
      State: 'available',
      PolicyDocument: JSON.stringify(policy ?? FULL_ACCESS),
      RouteTableIds: [],
      SubnetIds: subnets.map((subnet) => subnet.id),
      Groups: [{ GroupId: group.id, GroupName: group.name }],
      IpAddressType: 'ipv4',
      PrivateDnsEnabled: privateDns,
      RequesterManaged: false,
      NetworkInterfaceIds: interfaceIds,
      DnsEntries: [{ DnsName: dnsName, HostedZoneId: 'Z273ZU8SZ5RJPC' }],
      CreationTimestamp: new Date(this.#world.time.now),
      Tags: [],
      OwnerId: this.#world.accountId,
    };
  }

  #id(prefix: string): string {
    return `${prefix}-0${this.#random.hex(16)}`;
  }
}
