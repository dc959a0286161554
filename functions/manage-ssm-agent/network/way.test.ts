import type {
  Instance,
  IpPermission,
  NatGateway,
  NetworkAclEntry,
  Route,
  SecurityGroup,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { block } from './ipv4.ts';
import type { Networks } from './networks.ts';
import { shutInBy, wayOf } from './way.ts';

const INSTANCE: Instance = {
  InstanceId: 'i-1',
  VpcId: 'vpc-1',
  SubnetId: 'subnet-1',
  PrivateIpAddress: '10.0.1.7',
  NetworkInterfaces: [
    { Attachment: { DeviceIndex: 1 }, Groups: [{ GroupId: 'sg-pods' }] },
    { Attachment: { DeviceIndex: 0 }, Groups: [{ GroupId: 'sg-node' }] },
  ],
};
const AGENT = {
  partition: 'aws',
  region: 'eu-central-1',
  account: '1',
  instanceId: 'i-1',
  roleArn: 'arn:aws:iam::1:role/n',
};
const HTTPS: IpPermission = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };
const OUT: IpPermission[] = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
const inFrom = (more: IpPermission): SecurityGroup => ({ IpPermissions: [{ ...HTTPS, ...more }] });
const OPEN_ACL: NetworkAclEntry[] = [true, false].map((Egress) => ({
  RuleNumber: 100,
  Egress,
  RuleAction: 'allow',
  Protocol: '-1',
  CidrBlock: '0.0.0.0/0',
}));

interface Given {
  readonly routes?: Route[];
  readonly endpoints?: VpcEndpoint[];
  readonly egress?: IpPermission[];
  readonly acl?: NetworkAclEntry[];
  /** Network ACL of the endpoints' subnet. */
  readonly endpointAcl?: NetworkAclEntry[];
  /** The NAT gateway `nat-1`, as far as it differs from a regional one, and the routes of its subnet. */
  readonly nat?: NatGateway & { readonly routes?: Route[]; readonly acl?: NetworkAclEntry[] };
  /** Modes of VPC Block Public Access. */
  readonly blocked?: Readonly<Record<string, string>>;
  readonly dns?: readonly string[];
  readonly dnsOff?: true;
  /** The account that owns the VPC. */
  readonly owner?: string;
}

const network = ({
  routes = [],
  endpoints = [],
  egress = OUT,
  acl = OPEN_ACL,
  endpointAcl = OPEN_ACL,
  owner = '1',
  nat: { routes: natRoutes = [], acl: natAcl = OPEN_ACL, ...nat } = { AvailabilityMode: 'regional' },
  blocked = {},
  dns,
  dnsOff,
}: Given): Networks => ({
  routeTables: [
    { VpcId: 'vpc-1', OwnerId: owner, Associations: [{ Main: true }], Routes: routes },
    { VpcId: 'vpc-1', OwnerId: owner, Associations: [{ SubnetId: 'subnet-nat' }], Routes: natRoutes },
  ],
  networkAcls: [
    { NetworkAclId: 'acl-1', Associations: [{ SubnetId: 'subnet-1' }], Entries: acl },
    { NetworkAclId: 'acl-2', Associations: [{ SubnetId: 'subnet-2' }], Entries: endpointAcl },
    { NetworkAclId: 'acl-nat', Associations: [{ SubnetId: 'subnet-nat' }], Entries: natAcl },
  ],
  natGateways: new Map([
    [
      nat.NatGatewayId ?? 'nat-1',
      { NatGatewayId: 'nat-1', VpcId: 'vpc-1', State: 'available', ConnectivityType: 'public', ...nat },
    ],
  ]),
  blocked: new Map(Object.entries(blocked)),
  endpoints,
  ownDns: new Map(dns && [['vpc-1', dns]]),
  withoutDns: new Set(dnsOff && ['vpc-1']),
  interfaces: new Map(
    endpoints.flatMap(({ NetworkInterfaceIds = [] }) =>
      NetworkInterfaceIds.map((id, index) => [id, { SubnetId: 'subnet-2', PrivateIpAddress: `10.0.2.${index + 10}` }]),
    ),
  ),
  securityGroups: new Map<string, SecurityGroup>([
    ['sg-node', { IpPermissionsEgress: egress }],
    ['sg-open', inFrom({ IpRanges: [{ CidrIp: '10.0.0.0/16' }] })],
    ['sg-nodes', inFrom({ UserIdGroupPairs: [{ GroupId: 'sg-node' }] })],
    ['sg-pods-only', inFrom({ UserIdGroupPairs: [{ GroupId: 'sg-pods' }] })],
    ['sg-closed', inFrom({ UserIdGroupPairs: [{ GroupId: 'sg-other' }] })],
    ['sg-list', inFrom({ PrefixListIds: [{ PrefixListId: 'pl-read' }] })],
    ['sg-secret', inFrom({ PrefixListIds: [{ PrefixListId: 'pl-secret' }] })],
    [
      'sg-ssh',
      { IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
    ],
  ]),
  prefixLists: new Map([
    ['pl-read', block('10.0.0.0/8')],
    ['pl-secret', undefined],
    ['pl-all', block('0.0.0.0/0')],
    ['pl-some', block('52.94.0.0/16')],
  ]),
});
const endpoint = (service: string, group = 'sg-open', more: VpcEndpoint = {}): VpcEndpoint => ({
  VpcEndpointId: `vpce-${service}-${group}`,
  VpcId: 'vpc-1',
  ServiceName: `com.amazonaws.eu-central-1.${service}`,
  State: 'Available',
  PrivateDnsEnabled: true,
  Groups: [{ GroupId: group }],
  NetworkInterfaceIds: [`eni-${service}`],
  ...more,
});
const to = (DestinationCidrBlock: string, more: Route = { NatGatewayId: 'nat-1' }): Route => ({
  DestinationCidrBlock,
  State: 'active',
  ...more,
});
const byList = (DestinationPrefixListId: string, more: Route = { NatGatewayId: 'nat-1' }): Route => ({
  DestinationPrefixListId,
  State: 'active',
  ...more,
});
const NAT = [to('0.0.0.0/0')];
const both = (group = 'sg-open') => [endpoint('ssm', group), endpoint('ssmmessages', group)];
const way = (given: Given, version?: string, instance: Instance = INSTANCE) =>
  wayOf(instance, version, AGENT, network(given));
const textOf = (found: ReturnType<typeof way>) =>
  found.kind === 'open' ? found.way : found.kind === 'unsure' ? found.doubt : found.missing;

describe('the way to Systems Manager in a VPC that another account shares', () => {
  it.each<[string, Given]>([
    ['without a way out', {}],
    ['with a way out that leads nowhere', { routes: [to('0.0.0.0/0', { NatGatewayId: 'nat-1', State: 'blackhole' })] }],
    ['behind a transit gateway', { routes: [to('0.0.0.0/0', { TransitGatewayId: 'tgw-1' })] }],
  ])('is in doubt %s: its endpoints cannot be seen', (_what, given) => {
    const found = way({ ...given, owner: '2' });
    expect(found.kind).toBe('unsure');
    expect(textOf(found)).toMatch(/vpc-1 is shared by account 2, whose endpoints cannot be seen/);
    expect(textOf(found)).not.toMatch(/no endpoint/);
  });

  it('is open by a NAT gateway', () => {
    expect(way({ routes: NAT, owner: '2' }).kind).toBe('open');
  });
});

describe('the way to Systems Manager by a NAT gateway', () => {
  const zonal = { AvailabilityMode: 'zonal', SubnetId: 'subnet-nat' } as const;
  const out = [to('0.0.0.0/0', { GatewayId: 'igw-1' })];
  const shut = (Egress: boolean, ports: [number, number]): NetworkAclEntry[] => [
    {
      RuleNumber: 1,
      Egress,
      RuleAction: 'deny',
      Protocol: '6',
      CidrBlock: '0.0.0.0/0',
      PortRange: { From: ports[0], To: ports[1] },
    },
    ...OPEN_ACL,
  ];

  it.each<[string, Pick<Given, 'nat' | 'blocked'>, string, string]>([
    ['a regional one', { nat: { AvailabilityMode: 'regional' } }, 'open', 'nat-1'],
    ['one whose subnet leads to an Internet gateway', { nat: { ...zonal, routes: out } }, 'open', 'nat-1'],
    ['one that another account keeps from view', { nat: { ...zonal, NatGatewayId: 'nat-2' } }, 'open', 'nat-1'],
    [
      'one in a subnet without a default route',
      { nat: zonal },
      'closed',
      'leads to NAT gateway nat-1, but subnet subnet-nat has no default route',
    ],
    [
      'one in a subnet that leads back to it',
      { nat: { ...zonal, routes: NAT } },
      'closed',
      'subnet subnet-nat leads to NAT gateway nat-1',
    ],
    [
      'one in a subnet whose Internet gateway is gone',
      { nat: { ...zonal, routes: [to('0.0.0.0/0', { GatewayId: 'igw-1', State: 'blackhole' })] } },
      'closed',
      'subnet subnet-nat has a default route whose target is gone',
    ],
    [
      'one behind a firewall',
      { nat: { ...zonal, routes: [to('0.0.0.0/0', { GatewayId: 'vpce-1' })] } },
      'unsure',
      'leads to vpce-1',
    ],
    [
      'a private one',
      { nat: { ...zonal, ConnectivityType: 'private', routes: out } },
      'unsure',
      'nat-1, which is a private one',
    ],
    [
      'one that failed',
      { nat: { ...zonal, State: 'failed', FailureMessage: 'no free addresses', routes: out } },
      'closed',
      'nat-1, which is failed (no free addresses)',
    ],
    [
      'one that is being made',
      { nat: { ...zonal, State: 'pending', routes: out } },
      'unsure',
      'nat-1, which is pending',
    ],
    [
      'one whose subnet lets nothing out',
      { nat: { ...zonal, routes: out, acl: shut(true, [443, 443]) } },
      'closed',
      'acl-nat does not let HTTPS through NAT gateway nat-1 out',
    ],
    [
      'one whose subnet lets no answers in',
      { nat: { ...zonal, routes: out, acl: shut(false, [1024, 65_535]) } },
      'closed',
      'acl-nat does not let the answers through NAT gateway nat-1 in',
    ],
    [
      'one whose subnet lets some answers in',
      { nat: { ...zonal, routes: out, acl: shut(false, [1024, 32_767]) } },
      'unsure',
      'acl-nat lets the answers through NAT gateway nat-1 in only in part',
    ],
    [
      'one that Block Public Access shuts',
      { nat: { ...zonal, routes: out }, blocked: { 'subnet-nat': 'block-bidirectional' } },
      'closed',
      'VPC Block Public Access shuts subnet subnet-nat',
    ],
    [
      'a regional one where Block Public Access shuts the node',
      { nat: { AvailabilityMode: 'regional' }, blocked: { 'subnet-1': 'block-bidirectional' } },
      'closed',
      'VPC Block Public Access shuts subnet subnet-1',
    ],
    [
      'one that Block Public Access passes',
      { nat: { ...zonal, routes: out }, blocked: { 'subnet-nat': 'block-ingress' } },
      'open',
      'nat-1',
    ],
  ])('by %s', (_what, given, kind, text) => {
    const found = way({ routes: NAT, ...given });
    expect([found.kind, textOf(found)]).toEqual([kind, expect.stringContaining(text)]);
  });

  it('is in doubt where EC2 lets nobody read NAT gateways', () => {
    const found = wayOf(INSTANCE, undefined, AGENT, { ...network({ routes: NAT }), natGateways: undefined });
    expect([found.kind, textOf(found)]).toEqual(['unsure', expect.stringContaining('nat-1, which cannot be read')]);
  });

  it('is shut for public addresses where Block Public Access lets nobody in', () => {
    const instance = { ...INSTANCE, PublicIpAddress: '198.51.100.7' };
    expect(way({ routes: out }, undefined, instance).kind).toBe('open');
    const found = way({ routes: out, blocked: { 'subnet-1': 'block-ingress' } }, undefined, instance);
    expect([found.kind, textOf(found)]).toEqual(['closed', expect.stringContaining('Block Public Access')]);
  });
});

describe('the way to Systems Manager with DNS servers of its own', () => {
  const dns = ['10.9.0.53'];

  it.each<[string, Given, string]>([
    ['endpoints that admit it, and no other way', { endpoints: both() }, 'unsure'],
    ['endpoints that do not admit it, and a way out', { endpoints: both('sg-closed'), routes: NAT }, 'unsure'],
    ['endpoints that admit it, and a way out', { endpoints: both(), routes: NAT }, 'open'],
    ['endpoints that do not admit it, and no other way', { endpoints: both('sg-closed') }, 'closed'],
    ['a way out alone', { routes: NAT }, 'open'],
  ])('with %s is %s', (_what, given, expected) => {
    const found = way({ ...given, dns });
    expect(found.kind).toBe(expected);
    if (expected === 'unsure')
      expect(textOf(found)).toMatch(/^By its DHCP options vpc-1 uses the DNS servers 10\.9\.0\.53/);
  });
});

it.each<[string, Given]>([
  ['a way out', { routes: NAT }],
  ['endpoints that admit it', { endpoints: both() }],
])('there is no way to Systems Manager with %s where the VPC has DNS resolution off', (_what, given) => {
  const found = way({ ...given, dnsOff: true });
  expect(found.kind).toBe('closed');
  expect(textOf(found)).toBe('DNS resolution is off in vpc-1 (enableDnsSupport), so that its instances find no name.');
});

describe('the way to Systems Manager by endpoints', () => {
  it('of which one is in the state partial is not sure', () => {
    const endpoints = both().map((one) => ({ ...one, State: 'Partial' as const }));
    const found = way({ endpoints });
    expect([found.kind, textOf(found)]).toEqual(['unsure', expect.stringContaining('is in the state partial')]);
  });

  it.each<[string, string | undefined, Given, string, string]>([
    ['an agent of 3.3.40.0 without ec2messages', '3.3.40.0', { endpoints: both() }, 'open', 'VPC endpoints'],
    ['an agent that nobody knows without ec2messages', undefined, { endpoints: both() }, 'open', 'VPC endpoints'],
    ['an older agent without ec2messages', '3.3.39.9', { endpoints: both() }, 'unseen', 'no endpoint for ec2messages'],
    [
      'an older agent with all',
      '3.2.0.0',
      { endpoints: [...both(), endpoint('ec2messages')] },
      'open',
      'VPC endpoints',
    ],
    [
      'an agent that nobody knows, where an endpoint shuts old ones out',
      undefined,
      { endpoints: [...both(), endpoint('ec2messages', 'sg-closed')] },
      'unsure',
      'before 3.3.40.0 cannot answer',
    ],
    ['without ssmmessages', undefined, { endpoints: [endpoint('ssm')] }, 'unseen', 'no endpoint for ssmmessages'],
    ['by the nodes’ group', undefined, { endpoints: both('sg-nodes') }, 'open', 'VPC endpoints'],
    [
      'by a group that admits others',
      undefined,
      { endpoints: both('sg-closed') },
      'closed',
      'does not admit 10.0.1.7 on port 443',
    ],
    ['by a group that admits another port', undefined, { endpoints: both('sg-ssh') }, 'closed', 'sg-ssh of endpoint'],
    ['by a prefix list', undefined, { endpoints: both('sg-list') }, 'open', 'VPC endpoints'],
    [
      'by a prefix list that nobody reads',
      undefined,
      { endpoints: both('sg-secret') },
      'unsure',
      'pl-secret cannot be read',
    ],
    [
      'by the group of another interface',
      undefined,
      { endpoints: both('sg-pods-only') },
      'unsure',
      'another interface',
    ],
    ['by a group that is gone', undefined, { endpoints: both('sg-gone') }, 'unsure', 'cannot be read'],
    [
      'of another VPC',
      undefined,
      { endpoints: both().map((one) => ({ ...one, VpcId: 'vpc-2' })) },
      'unseen',
      'no endpoint for ssm;',
    ],
    [
      'without private DNS',
      undefined,
      { endpoints: both().map((one) => ({ ...one, PrivateDnsEnabled: false })) },
      'unseen',
      'private DNS off',
    ],
    [
      'by one without private DNS, beside a NAT gateway',
      undefined,
      { routes: NAT, endpoints: both('sg-closed').map((one) => ({ ...one, PrivateDnsEnabled: false })) },
      'open',
      'nat-1',
    ],
    [
      'that shut a NAT gateway off',
      undefined,
      { routes: NAT, endpoints: both('sg-closed') },
      'closed',
      'vpce-ssm-sg-closed (ssm)',
    ],
    [
      'of which one shuts a NAT gateway off for its service alone',
      undefined,
      { routes: NAT, endpoints: [endpoint('ssmmessages', 'sg-closed')] },
      'closed',
      'vpce-ssmmessages-sg-closed (ssmmessages)',
    ],
    [
      'of another state',
      undefined,
      { routes: NAT, endpoints: both('sg-closed').map((one) => ({ ...one, State: 'Deleting' as const })) },
      'open',
      'nat-1',
    ],
  ])('%s', (_what, version, given, kind, text) => {
    const found = way(given, version);
    expect(found.kind).toBe(kind);
    expect(textOf(found)).toContain(text);
  });

  it('is shut where the nodes’ own group does not let out to them', () => {
    const only = (more: IpPermission) => way({ endpoints: both(), egress: [{ ...HTTPS, ...more }] }).kind;
    expect(only({ UserIdGroupPairs: [{ GroupId: 'sg-open' }] })).toBe('open');
    expect(only({ IpRanges: [{ CidrIp: '10.0.2.0/24' }] })).toBe('open');
    expect(only({ PrefixListIds: [{ PrefixListId: 'pl-read' }] })).toBe('open');
    expect(only({ PrefixListIds: [{ PrefixListId: 'pl-secret' }] })).toBe('unsure');
    expect(only({ IpRanges: [{ CidrIp: '10.0.9.0/24' }] })).toBe('closed');
    expect(textOf(way({ endpoints: both(), egress: [] }))).toContain(
      'sg-node of the instance lets nothing out to endpoint',
    );
  });

  it('is shut by a network ACL in any of four places', () => {
    const shut = (Egress: boolean) => OPEN_ACL.filter((entry) => entry.Egress !== Egress);
    for (const acls of [
      { acl: shut(true) },
      { acl: shut(false) },
      { endpointAcl: shut(true) },
      { endpointAcl: shut(false) },
    ]) {
      const found = way({ endpoints: both(), ...acls });
      expect([found.kind, textOf(found)]).toEqual(['closed', expect.stringContaining('does not let')]);
    }
    // Within one subnet no ACL applies.
    const beside = { ...INSTANCE, SubnetId: 'subnet-2' };
    expect(way({ endpoints: both(), endpointAcl: [] }, undefined, beside).kind).toBe('open');
  });

  it('is unsure where only some interfaces of an endpoint are reached', () => {
    const wide = both().map((one) => ({
      ...one,
      NetworkInterfaceIds: [`a-${one.VpcEndpointId}`, `b-${one.VpcEndpointId}`],
    }));
    expect(way({ endpoints: wide }).kind).toBe('open');
    const first = { ...HTTPS, IpRanges: [{ CidrIp: '10.0.2.10/32' }] };
    expect(textOf(way({ endpoints: wide, egress: [first] }))).toContain('Only some interfaces');
  });

  it.each<[string, object | string, string]>([
    ['lets everybody', { Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' } }, 'open'],
    [
      'lets the account',
      { Statement: { Effect: 'Allow', Principal: { AWS: '1' }, Action: '*', Resource: '*' } },
      'open',
    ],
    [
      'lets another role',
      { Statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::1:role/x' }, Action: '*', Resource: '*' } },
      'closed',
    ],
    [
      'lets another service',
      { Statement: { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' } },
      'closed',
    ],
    [
      'hangs on the organization',
      {
        Statement: {
          Effect: 'Allow',
          Principal: '*',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
        },
      },
      'unsure',
    ],
    ['is not understood', 'nonsense', 'unsure'],
  ])('through a policy that %s', (_what, policy, kind) => {
    const PolicyDocument = typeof policy === 'string' ? policy : JSON.stringify(policy);
    expect(way({ endpoints: both().map((one) => ({ ...one, PolicyDocument })) }).kind).toBe(kind);
  });
});

describe('the default route', () => {
  const gone: Route = { NatGatewayId: 'nat-2', State: 'blackhole' };

  it.each<[string, Route[], string, string]>([
    ['in one piece', NAT, 'open', 'nat-1'],
    ['in halves', [to('0.0.0.0/1'), to('128.0.0.0/1')], 'open', 'nat-1'],
    ['in one piece and a half', [to('0.0.0.0/0'), to('128.0.0.0/1')], 'open', 'nat-1'],
    ['in one half', [to('0.0.0.0/1')], 'unsure', 'nat-1 for some addresses'],
    ['by a prefix list', [byList('pl-all')], 'open', 'nat-1'],
    ['by a prefix list, to nowhere', [byList('pl-all', gone)], 'closed', 'whose target is gone'],
    ['by a prefix list, and a half', [byList('pl-all'), to('0.0.0.0/1', gone)], 'closed', 'whose target is gone'],
    [
      'by a prefix list that cannot be read',
      [byList('pl-secret')],
      'unsure',
      'nat-1 by pl-secret, which cannot be read',
    ],
    ['by a prefix list of some addresses', [byList('pl-some')], 'unsure', 'nat-1 for some addresses'],
    ['by a prefix list of private addresses', [byList('pl-read')], 'unseen', 'no default route'],
    ['that is none, beside one to S3', [byList('pl-s3', { GatewayId: 'vpce-1' })], 'unseen', 'no default route'],
    ['that is none, beside a route that leads nowhere', [to('52.0.0.0/8', gone)], 'unseen', 'no default route'],
    ['with a half that leads nowhere', [to('0.0.0.0/0'), to('128.0.0.0/1', gone)], 'closed', 'whose target is gone'],
    ['that leads nowhere, behind halves', [to('0.0.0.0/0', gone), to('0.0.0.0/1'), to('128.0.0.0/1')], 'open', 'nat-1'],
    ['that is none', [to('10.0.0.0/8', { GatewayId: 'local' })], 'unseen', 'no default route'],
    ['that is none, beside one to a hub', [to('10.9.0.0/16', { TransitGatewayId: 'tgw-1' })], 'unsure', 'tgw-1'],
    ['to the Internet without an address', [to('0.0.0.0/0', { GatewayId: 'igw-1' })], 'closed', 'no public address'],
    ['to a transit gateway', [to('0.0.0.0/0', { TransitGatewayId: 'tgw-1' })], 'unsure', 'leads to tgw-1'],
    ['to a firewall', [to('0.0.0.0/0', { GatewayId: 'vpce-1' })], 'unsure', 'leads to vpce-1'],
    ['to an instance', [to('0.0.0.0/0', { InstanceId: 'i-9', NetworkInterfaceId: 'eni-9' })], 'unsure', 'leads to i-9'],
    ['to a VPN', [to('0.0.0.0/0', { GatewayId: 'vgw-1' })], 'unsure', 'leads to vgw-1'],
    ['to a network of another kind', [to('0.0.0.0/0', { CoreNetworkArn: 'arn:x' })], 'unsure', 'leads to arn:x'],
  ])('%s', (_what, routes, kind, text) => {
    const found = way({ routes });
    expect(found.kind).toBe(kind);
    expect(textOf(found)).toContain(text);
  });

  const byIpv6 = (DestinationIpv6CidrBlock: string, more: Route = {}): Route => ({
    DestinationIpv6CidrBlock,
    EgressOnlyInternetGatewayId: 'eigw-1',
    State: 'active',
    ...more,
  });
  const dualStack: Instance = {
    ...INSTANCE,
    NetworkInterfaces: INSTANCE.NetworkInterfaces?.map((each) => ({
      ...each,
      Ipv6Addresses: [{ Ipv6Address: '2001:db8::7' }],
    })),
  };
  it.each<[string, Route[], string | undefined, Instance, string, string]>([
    ['by IPv6 alone', [byIpv6('::/0')], undefined, dualStack, 'unsure', 'by IPv6 eigw-1 leads out'],
    ['by IPv6 alone, for a new agent', [byIpv6('::/0')], '3.3.3270.0', dualStack, 'unsure', 'UseDualStackEndpoint'],
    ['by IPv6 alone, for an older agent', [byIpv6('::/0')], '3.3.2299.0', dualStack, 'unseen', 'no default route'],
    ['by IPv6 alone, without an address', [byIpv6('::/0')], undefined, INSTANCE, 'unseen', 'no default route'],
    ['by IPv6 in halves', [byIpv6('::/1'), byIpv6('8000::/1')], undefined, dualStack, 'unsure', 'eigw-1'],
    ['by one half of IPv6', [byIpv6('::/1')], undefined, dualStack, 'unseen', 'no default route'],
    ['by IPv6 to nowhere', [byIpv6('::/0', { State: 'blackhole' })], undefined, dualStack, 'unseen', 'no default'],
    ['by IPv6 beside NAT', [...NAT, byIpv6('::/0')], undefined, dualStack, 'open', 'nat-1'],
    [
      'by IPv6, and by IPv4 without an address',
      [
        to('0.0.0.0/0', { GatewayId: 'igw-1' }),
        byIpv6('::/0', { EgressOnlyInternetGatewayId: undefined, GatewayId: 'igw-1' }),
      ],
      undefined,
      dualStack,
      'unsure',
      'by IPv6 igw-1 leads out',
    ],
  ])('%s', (_what, routes, version, instance, kind, text) => {
    const found = way({ routes }, version, instance);
    expect(found.kind).toBe(kind);
    expect(textOf(found)).toContain(text);
  });

  it.each<[string, object, string]>([
    ['block-ingress', {}, 'unsure'],
    ['block-bidirectional', {}, 'closed'],
    ['block-ingress', { EgressOnlyInternetGatewayId: undefined, GatewayId: 'igw-1' }, 'closed'],
  ])('by IPv6 where Block Public Access is %s, %j', (mode, more, kind) => {
    const routes = [to('0.0.0.0/0', { GatewayId: 'igw-1' }), byIpv6('::/0', more)];
    expect(way({ routes, blocked: { 'subnet-1': mode } }, undefined, dualStack).kind).toBe(kind);
  });

  it.each<[string, IpPermission[], string]>([
    ['everything', OUT, 'open'],
    ['HTTPS, in halves', [{ ...HTTPS, IpRanges: [{ CidrIp: '0.0.0.0/1' }, { CidrIp: '128.0.0.0/1' }] }], 'open'],
    ['HTTPS, by a prefix list', [{ ...HTTPS, PrefixListIds: [{ PrefixListId: 'pl-all' }] }], 'open'],
    [
      'HTTPS, by a prefix list that nobody reads',
      [{ ...HTTPS, PrefixListIds: [{ PrefixListId: 'pl-secret' }] }],
      'unsure',
    ],
    ['HTTPS to some addresses', [{ ...HTTPS, IpRanges: [{ CidrIp: '52.94.0.0/16' }] }], 'unsure'],
    ['HTTPS inside', [{ ...HTTPS, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }], 'closed'],
    ['another port', [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }], 'closed'],
    [
      'another protocol',
      [{ IpProtocol: 'udp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      'closed',
    ],
    ['nothing', [], 'closed'],
  ])('with a group that lets out %s', (_what, egress, kind) => {
    expect(way({ routes: NAT, egress }).kind).toBe(kind);
    // What blocks the instance itself is certain, wherever the route leads.
    if (kind === 'closed') expect(way({ routes: [], egress }).kind).toBe('closed');
  });

  const entry = (RuleNumber: number, Egress: boolean, RuleAction: 'allow' | 'deny', more: NetworkAclEntry = {}) => ({
    RuleNumber,
    Egress,
    RuleAction,
    Protocol: '6',
    CidrBlock: '0.0.0.0/0',
    ...more,
  });
  const ports = (From: number, To: number) => ({ PortRange: { From, To } });
  const answers = entry(9, false, 'allow', ports(1024, 65_535));
  const ask = entry(9, true, 'allow', ports(443, 443));

  it.each<[string, NetworkAclEntry[], string]>([
    ['lets just that pass', [ask, answers], 'open'],
    ['lets no answers in', [ask], 'closed'],
    ['lets nothing out', [answers], 'closed'],
    ['denies first', [entry(1, true, 'deny', ports(443, 443)), ask, answers], 'closed'],
    ['denies behind', [entry(99, true, 'deny'), ask, answers], 'open'],
    ['denies inside addresses', [entry(1, true, 'deny', { CidrBlock: '10.0.0.0/8' }), ask, answers], 'open'],
    ['denies some addresses', [entry(1, true, 'deny', { CidrBlock: '52.94.0.0/16' }), ask, answers], 'unsure'],
    ['lets some answers in', [ask, entry(9, false, 'allow', ports(32_768, 40_000))], 'unsure'],
    ['lets UDP pass', [{ ...ask, Protocol: '17' }, answers], 'closed'],
    ['tells of IPv6', [ask, { ...answers, CidrBlock: undefined, Ipv6CidrBlock: '::/0' } as NetworkAclEntry], 'closed'],
  ])('behind a network ACL that %s', (_what, acl, kind) => {
    expect(way({ routes: NAT, acl }).kind).toBe(kind);
  });

  it('asks for the ports of the system', () => {
    const acl = [ask, entry(9, false, 'allow', ports(49_152, 65_535))];
    expect(way({ routes: NAT, acl }).kind).toBe('unsure');
    expect(way({ routes: NAT, acl }, undefined, { ...INSTANCE, Platform: 'Windows' }).kind).toBe('open');
  });
});

it('an instance whose network is not shown is in doubt', () => {
  expect(
    wayOf(
      {
        ...INSTANCE,
        SecurityGroups: [],
        NetworkInterfaces: [{ Attachment: { DeviceIndex: 0 }, Groups: [{ GroupId: 'sg-gone' }] }],
      },
      undefined,
      AGENT,
      network({ routes: NAT }),
    ).kind,
  ).toBe('unsure');
});

describe('an instance', () => {
  it.each<[string, Given, string | undefined]>([
    ['behind a NAT gateway', { routes: NAT, endpoints: both() }, undefined],
    ['behind a transit gateway', { routes: [to('0.0.0.0/0', { TransitGatewayId: 'tgw-1' })] }, undefined],
    ['with a route for some addresses', { routes: [to('52.0.0.0/8')] }, undefined],
    ['with endpoints alone', { endpoints: both() }, 'subnet subnet-1 has no default route'],
    ['behind a network ACL', { routes: NAT, acl: [] }, 'network ACL acl-1 does not let HTTPS out'],
    [
      'with IPv6 alone',
      { routes: [{ DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: 'eigw-1', State: 'active' }] },
      'subnet subnet-1 has no default route',
    ],
  ])('%s is shut in by what is in its way', (_name, given, because) => {
    const NetworkInterfaces = INSTANCE.NetworkInterfaces?.map((each) => ({ ...each, Ipv6Addresses: [{}] }));
    const found = shutInBy({ ...INSTANCE, ...(NetworkInterfaces && { NetworkInterfaces }) }, network(given));
    if (because === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(because);
  });
});
