import type { VpcEndpoint } from '@aws-sdk/client-ec2';
import type { World } from '../world.ts';
import type { NetworkInterfaces } from './network-interfaces.ts';
import type { PrefixLists } from './prefix-lists.ts';
import { type SecurityGroups, tcpIngress } from './security-groups.ts';
import type { Subnet } from './subnets.ts';

/** What an endpoint's security group admits on port 443. */
export type Admitted =
  /** All private addresses. */
  | 'addresses'
  /** The nodes' security group. */
  | 'nodes'
  /** Another security group, which no node has. */
  | 'others'
  /** The security group that only the nodes' further interfaces have. */
  | 'pods'
  /** A prefix list of all private addresses. */
  | 'prefix-list'
  /** The same prefix list, but not readable in this account. */
  | 'unreadable-prefix-list';

/** Similar interface endpoints of a VPC. */
export interface EndpointPlan {
  /** A value such as `ssm`, `ssmmessages`. */
  readonly services: readonly string[];
  readonly admits: Admitted;
  readonly privateDns: boolean;
  /** The endpoint policy; undefined for the default one, which allows everything to everybody. */
  readonly policy?: object | undefined;
}

/** Where a VPC's endpoints are, and the security groups that they may admit. */
export interface EndpointPlace {
  readonly vpcId: string;
  readonly subnets: ReadonlyArray<Pick<Subnet, 'id' | 'availabilityZone'>>;
  readonly nodeGroupId: string;
  /** Creates the security group of the nodes' further interfaces, or returns it. */
  readonly podGroupId: () => string;
}

/** EC2 returns states in lower case (`available`), unlike its API model. */
export type KnownEndpoint = Omit<VpcEndpoint, 'State'> & {
  readonly [Key in 'VpcEndpointId' | 'VpcId' | 'ServiceName' | 'State']: string;
} & { readonly PolicyDocument: string };

const PRIVATE_ADDRESSES = '10.0.0.0/8';
const HTTPS = 443;

/** The default endpoint policy (VPC PrivateLink guide, "Control access … using endpoint policies"). */
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

  /** @param random for ids, drawn in turn with those of other parts of the network */
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

  /** The endpoint of a firewall, or of a Gateway Load Balancer, in a subnet. */
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

  /** The endpoint that a service's usual name resolves to in a VPC, if there is one. */
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
        // Instances get their addresses from the other end of the block.
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
