import { BlockList } from 'node:net';
import type { IpPermission, RouteTable, SecurityGroup, VpcEndpoint } from '@aws-sdk/client-ec2';
import type { Random } from '../time/random.ts';
import type { Instance } from './ec2-instances.ts';
import type { World } from './world.ts';

/** How the subnets of some nodes lead out of their VPC. */
export type WayOut =
  /** By a NAT gateway. */
  | 'nat'
  /** The route leads to a NAT gateway that was deleted: a black hole. */
  | 'deleted-nat'
  /** By an Internet gateway: the nodes have public addresses. */
  | 'internet'
  /** There is a route to an Internet gateway, but the nodes have no public addresses. */
  | 'internet-without-address'
  /** Not at all: only the VPC's main route table, with its local route. */
  | 'none';

/** Interface endpoints of a VPC. */
export interface EndpointPlan {
  /** For example `ssm`, `ssmmessages`. */
  readonly services: readonly string[];
  /** Whom the endpoints' security group lets in on port 443: all private addresses, the nodes' group, or another one. */
  readonly admits: 'addresses' | 'nodes' | 'others';
  readonly privateDns: boolean;
}

type Known<Thing, Id extends keyof Thing> = Thing & { readonly [Key in Id]: string };

export type KnownRouteTable = Known<RouteTable, 'RouteTableId' | 'VpcId'>;
/** EC2 answers states in lower case (`available`), whatever its model says. */
export type KnownEndpoint = Known<Omit<VpcEndpoint, 'State'>, 'VpcEndpointId' | 'VpcId' | 'ServiceName'> & {
  readonly State: string;
};
export type KnownSecurityGroup = Known<SecurityGroup, 'GroupId' | 'VpcId'>;

const PRIVATE_ADDRESSES = '10.0.0.0/8';
const EVERYWHERE = '0.0.0.0/0';
const HTTPS = 443;

/** The account's VPCs as far as they decide what an instance can reach: route tables, endpoints, security groups. */
export class Networks {
  readonly #routeTables = new Map<string, KnownRouteTable[]>();
  readonly #endpoints = new Map<string, KnownEndpoint[]>();
  readonly securityGroups = new Map<string, KnownSecurityGroup>();
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('ec2-network');
  }

  get routeTables(): KnownRouteTable[] {
    return [...this.#routeTables.values()].flat();
  }

  get endpoints(): KnownEndpoint[] {
    return [...this.#endpoints.values()].flat();
  }

  /** A VPC, which comes with a main route table that knows only the VPC itself. */
  addVpc(vpcId: string): void {
    this.#addRouteTable(vpcId, [], []);
  }

  /** Leads subnets out of their VPC. Without a way they fall to the main route table. */
  lead(vpcId: string, subnetIds: readonly string[], way: WayOut): void {
    if (way === 'none') return;
    const route = { DestinationCidrBlock: EVERYWHERE, Origin: 'CreateRoute' } as const;
    const hop =
      way === 'nat' || way === 'deleted-nat' ? { NatGatewayId: this.#id('nat') } : { GatewayId: this.#id('igw') };
    const State = way === 'deleted-nat' ? 'blackhole' : 'active';
    this.#addRouteTable(vpcId, subnetIds, [{ ...route, ...hop, State }]);
  }

  /** A security group as EKS makes it for a cluster's nodes: they reach each other, and everything outside. */
  addNodeGroup(groupId: string, vpcId: string, clusterName: string): void {
    this.#addSecurityGroup(groupId, vpcId, `eks-cluster-sg-${clusterName}-${groupId.slice(-9)}`, [
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: groupId, UserId: this.#world.accountId }], IpRanges: [] },
    ]);
  }

  addEndpoints(vpcId: string, subnetIds: readonly string[], nodeGroupId: string, plan: EndpointPlan): void {
    const groupId = this.#id('sg');
    const https = { IpProtocol: 'tcp', FromPort: HTTPS, ToPort: HTTPS };
    const admitted = { UserId: this.#world.accountId, GroupId: plan.admits === 'nodes' ? nodeGroupId : this.#id('sg') };
    this.#addSecurityGroup(groupId, vpcId, 'vpc-endpoints', [
      plan.admits === 'addresses'
        ? { ...https, UserIdGroupPairs: [], IpRanges: [{ CidrIp: PRIVATE_ADDRESSES }] }
        : { ...https, UserIdGroupPairs: [admitted], IpRanges: [] },
    ]);
    const endpoints = plan.services.map((service): KnownEndpoint => {
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
        Groups: [{ GroupId: groupId, GroupName: 'vpc-endpoints' }],
        IpAddressType: 'ipv4',
        PrivateDnsEnabled: plan.privateDns,
        RequesterManaged: false,
        NetworkInterfaceIds: subnetIds.map(() => this.#id('eni')),
        DnsEntries: [{ DnsName: dnsName, HostedZoneId: 'Z273ZU8SZ5RJPC' }],
        CreationTimestamp: new Date(this.#world.time.now),
        Tags: [],
        OwnerId: this.#world.accountId,
      };
    });
    this.#endpoints.set(vpcId, endpoints);
  }

  /**
   * Whether HTTPS from the instance reaches a service of AWS by its usual name. In a VPC that has an endpoint with private
   * DNS the name leads to that endpoint, whatever else leads out.
   */
  reaches(instance: Instance, service: string): boolean {
    const name = `com.amazonaws.${this.#world.region}.${service}`;
    const endpoint = this.#endpoints
      .get(instance.vpcId)
      ?.find(({ ServiceName, PrivateDnsEnabled }) => ServiceName === name && PrivateDnsEnabled === true);
    return endpoint === undefined ? this.#leadsOut(instance) : this.#admits(endpoint, instance);
  }

  #leadsOut({ vpcId, subnetId, publicIp }: Instance): boolean {
    const ofVpc = this.#routeTables.get(vpcId) ?? [];
    const table =
      ofVpc.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId)) ??
      ofVpc.find(({ Associations = [] }) => Associations.some(({ Main }) => Main === true));
    const route = table?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
    if (route?.State !== 'active') return false;
    return route.NatGatewayId !== undefined || publicIp !== undefined;
  }

  #admits(endpoint: KnownEndpoint, { privateIp, securityGroupIds }: Instance): boolean {
    const permissions = (endpoint.Groups ?? []).flatMap(
      ({ GroupId = '' }) => this.securityGroups.get(GroupId)?.IpPermissions ?? [],
    );
    return permissions
      .filter(concernsHttps)
      .some(
        ({ IpRanges = [], UserIdGroupPairs = [] }) =>
          UserIdGroupPairs.some(({ GroupId = '' }) => securityGroupIds.includes(GroupId)) ||
          IpRanges.some(({ CidrIp = '' }) => contains(CidrIp, privateIp)),
      );
  }

  #addRouteTable(vpcId: string, subnetIds: readonly string[], routes: NonNullable<RouteTable['Routes']>): void {
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
    this.#routeTables.set(vpcId, [...(this.#routeTables.get(vpcId) ?? []), table]);
  }

  #addSecurityGroup(GroupId: string, VpcId: string, GroupName: string, IpPermissions: IpPermission[]): void {
    const { partition, region, accountId } = this.#world;
    this.securityGroups.set(GroupId, {
      GroupId,
      VpcId,
      GroupName,
      Description: GroupName,
      OwnerId: accountId,
      SecurityGroupArn: `arn:${partition}:ec2:${region}:${accountId}:security-group/${GroupId}`,
      IpPermissions,
      IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: EVERYWHERE }], UserIdGroupPairs: [] }],
      Tags: [],
    });
  }

  #id(prefix: string): string {
    return `${prefix}-0${this.#random.hex(16)}`;
  }
}

const concernsHttps = ({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission): boolean =>
  IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= HTTPS && HTTPS <= ToPort);

function contains(cidr: string, address: string): boolean {
  const [network = '', prefix = '32'] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), 'ipv4');
  return list.check(address);
}
