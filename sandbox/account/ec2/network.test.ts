import type {
  DescribeInstancesResult,
  DescribeNatGatewaysResult,
  DescribeRouteTablesResult,
  DescribeSecurityGroupsResult,
  DescribeVpcEndpointsResult,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const group = (name: string, ssm: object = {}) => ({
  name,
  desiredSize: 1,
  releaseVersion: '1.33.4-20260701',
  ssm,
});
const account = (cluster: object) => testAccount({ clusters: [{ name: 'c', version: '1.33', ...cluster }] });
const inNetwork = (network: unknown, ssm: object = {}) => account({ network, nodeGroups: [group('g', ssm)] });

const tables = (at: TestAccount, ...filters: Array<[string, string]>) =>
  at.call<DescribeRouteTablesResult>('ec2', 'DescribeRouteTables', {
    Filters: filters.map(([Name, value]) => ({ Name, Values: [value] })),
  }).RouteTables ?? [];
const endpoints = (at: TestAccount, input: object = {}) =>
  at.call<DescribeVpcEndpointsResult>('ec2', 'DescribeVpcEndpoints', input).VpcEndpoints ?? [];
const node = (at: TestAccount, name = 'g') =>
  at.state.instances.list().find(({ tags }) => tags.get('eks:nodegroup-name') === name)!;
const described = (at: TestAccount) =>
  at.call<DescribeInstancesResult>('ec2', 'DescribeInstances', { InstanceIds: [node(at).id] }).Reservations?.[0]
    ?.Instances?.[0];

describe('route tables', () => {
  it.each([
    ['nat', { NatGatewayId: expect.stringMatching(/^nat-0/), State: 'active' }],
    ['deleted-nat', { NatGatewayId: expect.stringMatching(/^nat-0/), State: 'blackhole' }],
    ['internet', { GatewayId: expect.stringMatching(/^igw-0/), State: 'active' }],
  ] as const)('lead the subnets of the kind %s out', (network, route) => {
    const at = inNetwork(network);
    const found = tables(at, ['association.subnet-id', node(at).subnetId]);
    expect(found).toHaveLength(1);
    expect(found[0]?.Associations).toHaveLength(3);
    expect(found[0]?.Routes).toMatchObject([
      { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable' },
      { DestinationCidrBlock: '0.0.0.0/0', Origin: 'CreateRoute', ...route },
    ]);
  });

  it('leave subnets without one to the main route table of the VPC, which leads nowhere', () => {
    const at = inNetwork('none');
    const { vpcId, subnetId } = node(at);
    expect(tables(at, ['association.subnet-id', subnetId])).toEqual([]);
    const [main, ...others] = tables(at, ['association.main', 'true'], ['vpc-id', vpcId]);
    expect(others).toEqual([]);
    expect(main?.Associations).toMatchObject([{ Main: true, AssociationState: { State: 'associated' } }]);
    expect(main?.Routes).toMatchObject([{ GatewayId: 'local' }]);
  });

  it('differ for a node group with a way of its own, in the same VPC', () => {
    const at = account({ nodeGroups: [group('g'), group('lonely', { network: 'none' })] });
    expect(node(at, 'lonely').vpcId).toBe(node(at).vpcId);
    expect(tables(at, ['association.subnet-id', node(at, 'lonely').subnetId])).toEqual([]);
    expect(tables(at, ['association.subnet-id', node(at).subnetId])).toHaveLength(1);
    const { nodegroup } = at.call<{ nodegroup: { subnets: string[] } }>('eks', 'DescribeNodegroup', {
      clusterName: 'c',
      nodegroupName: 'lonely',
    });
    expect(nodegroup.subnets).toContain(node(at, 'lonely').subnetId);
  });

  it.each([
    [{ Filters: [{ Name: 'colour', Values: ['x'] }] }, 'InvalidParameterValue'],
    [{ RouteTableIds: ['rtb-0'] }, 'InvalidRouteTableID.NotFound'],
    [{ MaxResults: 101 }, 'InvalidParameterValue'],
    [{ NextToken: 'x' }, 'InvalidParameterValue'],
  ])('are refused for %o', (input, code) => {
    expect(refusal(() => inNetwork('nat').call('ec2', 'DescribeRouteTables', input)).code).toBe(code);
  });

  it('come in pages', () => {
    const at = testAccount({
      clusters: [{ name: 'c{n}', repeat: 4, version: '1.33', nodeGroups: [group('g')] }],
    });
    const page = (NextToken?: string) =>
      at.call<DescribeRouteTablesResult>('ec2', 'DescribeRouteTables', { MaxResults: 5, NextToken });
    const first = page();
    expect([first, page(first.NextToken)].map(({ RouteTables }) => RouteTables?.length)).toEqual([5, 3]);
  });
});

describe('VPC endpoints', () => {
  it('are found by VPC, service and state', () => {
    const at = inNetwork({ endpoints: {} });
    const filter = (Name: string, value: string) => ({ Name, Values: [value] });
    const all = endpoints(at, {
      Filters: [filter('vpc-id', node(at).vpcId), filter('vpc-endpoint-state', 'available')],
    });
    expect(all.map(({ ServiceName }) => ServiceName).sort()).toEqual(
      ['ec2messages', 'ssm', 'ssmmessages'].map((name) => `com.amazonaws.eu-central-1.${name}`),
    );
    expect(endpoints(at, { Filters: [filter('service-name', '*.ssm')] })).toMatchObject([
      { VpcEndpointType: 'Interface', State: 'available', PrivateDnsEnabled: true, Groups: [{}] },
    ]);
    expect(endpoints(at, { Filters: [filter('vpc-id', 'vpc-0')] })).toEqual([]);
  });

  it.each([
    ['addresses', [{ CidrIp: '10.0.0.0/8' }], false],
    ['nodes', [], true],
    ['others', [], false],
  ])('have a security group that admits %s', (admits, IpRanges, nodesGroup) => {
    const at = inNetwork({ endpoints: { admits } });
    const GroupIds = endpoints(at).flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId));
    const { SecurityGroups = [] } = at.call<DescribeSecurityGroupsResult>('ec2', 'DescribeSecurityGroups', {
      GroupIds: [...new Set(GroupIds)],
    });
    const [permission] = SecurityGroups[0]?.IpPermissions ?? [];
    expect(permission).toMatchObject({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges });
    const admitted = permission?.UserIdGroupPairs?.map(({ GroupId = '' }) => GroupId) ?? [];
    expect(admitted.some((id) => node(at).interfaces[0]?.securityGroupIds.includes(id))).toBe(nodesGroup);
  });
});

describe('what a node reaches', () => {
  const SSM = ['ssm', 'ssmmessages', 'ec2messages'];
  const reached = (at: TestAccount) => SSM.filter((service) => at.state.networks.reaches(node(at), service));

  it.each([
    ['by a NAT gateway', 'nat', {}, SSM],
    ['by a NAT gateway that is gone', 'deleted-nat', {}, []],
    ['by a NAT gateway in a subnet that leads nowhere', 'nat-in-private-subnet', {}, []],
    ['by a private NAT gateway', { wayOut: 'private-nat', endpoints: [] }, {}, SSM],
    ['by a private NAT gateway before what is closed', { wayOut: 'private-nat', beyond: false, endpoints: [] }, {}, []],
    ['by an Internet gateway', 'internet', {}, SSM],
    ['by an Internet gateway, without a public address', 'internet-without-address', {}, []],
    ['without any way', 'none', {}, []],
    ['by its own way where the cluster has none', 'none', { network: 'nat' }, SSM],
    ['by endpoints', { endpoints: {} }, {}, SSM],
    ['by endpoints that admit the nodes’ group', { endpoints: { admits: 'nodes' } }, {}, SSM],
    ['by endpoints that admit others', { endpoints: { admits: 'others' } }, {}, []],
    [
      'by those endpoints that are there',
      { endpoints: { services: ['ssm', 'ec2messages'] } },
      {},
      ['ssm', 'ec2messages'],
    ],
    ['by endpoints without private DNS', { endpoints: { privateDns: false } }, {}, []],
    ['by NAT beside endpoints without private DNS', { wayOut: 'nat', endpoints: { privateDns: false } }, {}, SSM],
    // A trap of real networks: the private name resolves to the endpoint, although there is another path out.
    ['by NAT beside endpoints that admit others', { wayOut: 'nat', endpoints: { admits: 'others' } }, {}, []],
    [
      'by NAT beside one endpoint that admits others, which decides for its service alone',
      { wayOut: 'nat', endpoints: [{ services: ['ssmmessages'], admits: 'others' }] },
      {},
      ['ssm', 'ec2messages'],
    ],
    ['by endpoints that admit a prefix list', { endpoints: { admits: 'prefix-list' } }, {}, SSM],
    ['by endpoints that admit one that nobody reads', { endpoints: { admits: 'unreadable-prefix-list' } }, {}, SSM],
    ['by endpoints that admit further interfaces only', { endpoints: { admits: 'pods' } }, {}, []],
    ['by a transit gateway', { wayOut: 'transit-gateway', endpoints: [] }, {}, SSM],
    ['by a firewall that lets nothing through', { wayOut: 'firewall', beyond: false, endpoints: [] }, {}, []],
    ['by an instance of the VPC', { wayOut: 'nat-instance', endpoints: [] }, {}, SSM],
    ['by a proxy', { proxy: true, endpoints: [] }, {}, SSM],
    ['by the endpoints of a hub VPC', { hub: 'open', endpoints: [] }, {}, SSM],
    ['by NAT beside a hub VPC that lets nobody in', { wayOut: 'nat', hub: 'closed', endpoints: [] }, {}, []],
    ['by NAT, when nothing leaves the nodes’ group', { wayOut: 'nat', endpoints: [], nodeEgress: [] }, {}, []],
    [
      'by NAT, when HTTPS leaves it by a prefix list',
      { wayOut: 'nat', endpoints: [], nodeEgress: [{ to: 'prefix-list', ports: [443, 443] }] },
      {},
      SSM,
    ],
    ['by endpoints, when only they are let out to', { endpoints: {}, nodeEgress: [{ to: 'endpoints' }] }, {}, SSM],
    [
      'by NAT, when only endpoints are let out to that are not there',
      { wayOut: 'nat', endpoints: [], nodeEgress: [{ to: '10.0.0.0/8' }] },
      {},
      [],
    ],
    [
      'by NAT, when the network ACL lets no answers in',
      {
        wayOut: 'nat',
        endpoints: [],
        networkAcl: [
          { rule: 1, direction: 'egress', action: 'allow' },
          { rule: 1, direction: 'ingress', action: 'allow', ports: [443, 443] },
        ],
      },
      {},
      [],
    ],
    [
      'by NAT, when the network ACL denies HTTPS before it allows all',
      {
        wayOut: 'nat',
        endpoints: [],
        networkAcl: [
          { rule: 20, direction: 'egress', action: 'allow' },
          { rule: 10, direction: 'egress', action: 'deny', ports: [443, 443] },
          { rule: 20, direction: 'ingress', action: 'allow' },
        ],
      },
      {},
      [],
    ],
  ])('%s', (_how, network, ssm, services) => {
    expect(reached(inNetwork(network, ssm))).toEqual(services);
  });
});

describe('VPC Block Public Access', () => {
  it.each([
    ['nat', 'block-bidirectional', false],
    ['nat', 'block-ingress', true],
    ['internet', 'block-ingress', false],
  ])('of a VPC with %s, as %s, lets nodes out: %s', (network, blockPublicAccess, reaches) => {
    const at = account({ network, vpc: { blockPublicAccess }, nodeGroups: [group('g')] });
    expect(at.state.networks.reaches(node(at), 'ssm')).toBe(reaches);
  });
});

describe('NAT gateways', () => {
  const of = (network: unknown, more: object = {}, input: object = {}) =>
    account({ network, ...more, nodeGroups: [group('g')] }).call<DescribeNatGatewaysResult>(
      'ec2',
      'DescribeNatGateways',
      input,
    ).NatGateways;

  it('are regional, or private in a subnet of their own, and gone where they were deleted', () => {
    expect(of('nat')).toMatchObject([{ State: 'available', AvailabilityMode: 'regional', ConnectivityType: 'public' }]);
    expect(of('private-nat')).toMatchObject([
      { AvailabilityMode: 'zonal', ConnectivityType: 'private', SubnetId: expect.stringMatching(/^subnet-0/) },
    ]);
    expect(of('deleted-nat')).toEqual([]);
  });

  it('are found by `Filter`, and by their owner alone', () => {
    expect(of('nat', {}, { Filter: [{ Name: 'nat-gateway-id', Values: ['nat-0'] }] })).toEqual([]);
    expect(of('nat', { vpc: { sharedBy: '999988887777' } })).toEqual([]);
  });
});

describe('an instance’s place in the network', () => {
  it('has an interface with the cluster’s security group', () => {
    const at = inNetwork('nat');
    const { securityGroupId } = at.state.eks.cluster('c');
    const { id, privateIp, subnetId, vpcId } = node(at);
    const instance = described(at);
    expect(instance).toMatchObject({
      InstanceId: id,
      PrivateIpAddress: privateIp,
      SecurityGroups: [{ GroupId: securityGroupId, GroupName: expect.stringMatching(/^eks-cluster-sg-c-/) }],
      NetworkInterfaces: [
        { PrivateIpAddress: privateIp, SubnetId: subnetId, VpcId: vpcId, Groups: [{ GroupId: securityGroupId }] },
      ],
      MetadataOptions: {
        State: 'applied',
        HttpTokens: 'required',
        HttpEndpoint: 'enabled',
        HttpPutResponseHopLimit: 2,
      },
      IamInstanceProfile: { Arn: expect.stringMatching(/:instance-profile\/eks-/), Id: expect.stringMatching(/^AIPA/) },
    });
    expect(instance?.PublicIpAddress).toBeUndefined();
    expect(at.call('eks', 'DescribeCluster', { name: 'c' })).toMatchObject({
      cluster: { resourcesVpcConfig: { clusterSecurityGroupId: securityGroupId } },
    });
  });

  it('has a public address where the subnets give one', () => {
    const instance = described(inNetwork('internet'));
    expect(instance?.PublicIpAddress).toMatch(/^198\.18\./);
    expect(instance?.NetworkInterfaces?.[0]?.Association?.PublicIp).toBe(instance?.PublicIpAddress);
  });

  it('may lack a profile and the metadata service', () => {
    const instance = described(inNetwork('nat', { instanceProfile: false, imds: 'disabled' }));
    expect(instance?.IamInstanceProfile).toBeUndefined();
    expect(instance?.MetadataOptions).toMatchObject({ HttpEndpoint: 'disabled' });
  });
});
