import type { IpPermission, Route, RouteTable } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkInterface } from '../model/observation.fixture.ts';
import { isWorld } from './cidr.ts';
import { doubtsOf, exposuresOf, type Networks, portsOf, shieldsOf, worldPart } from './exposure.ts';
import { portsInWords } from './exposure-words.ts';
import { aclAdmitsWorld, gatewaysOf, type Referred } from './routes.ts';

const table = (routes: Route[], association: object, vpc = 'vpc-1'): RouteTable => ({
  VpcId: vpc,
  Associations: [association],
  Routes: routes,
});
const own = { SubnetId: 'subnet-1' };
const toInternet = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'active' as const };
const NOTHING: Referred = { worldLists: new Map(), endpointSubnets: new Map() };
const gateways = (...tables: RouteTable[]) => gatewaysOf('subnet-1', 'vpc-1', tables, NOTHING);

describe('the gateways of a subnet', () => {
  it.each<[string, Route[], object]>([
    ['an Internet gateway', [toInternet], { ipv4: 'igw-1' }],
    ['one for IPv6', [{ DestinationIpv6CidrBlock: '::/0', GatewayId: 'igw-1' }], { ipv6: 'igw-1' }],
    ['halves of the Internet', [{ DestinationCidrBlock: '128.0.0.0/1', GatewayId: 'igw-1' }], { ipv4: 'igw-1' }],
    ['a blackhole', [{ ...toInternet, State: 'blackhole' }], {}],
    ['a NAT gateway', [{ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' }], {}],
    ['a virtual private gateway', [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'vgw-1' }], {}],
    ['an egress-only gateway', [{ DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: 'eigw-1' }], {}],
    ['some network only', [{ DestinationCidrBlock: '203.0.113.0/24', GatewayId: 'igw-1' }], {}],
    ['nothing', [], {}],
  ])('follow from a route to %s', (_what, routes, expected) => {
    expect(gateways(table(routes, own))).toEqual(expected);
  });

  it('are those of its own table, else of the main one of its VPC, never of another', () => {
    const main = table([toInternet], { Main: true });
    expect(gateways(main)).toEqual({ ipv4: 'igw-1' });
    expect(gateways(main, table([], own))).toEqual({});
    expect(gateways(table([toInternet], { Main: true }, 'vpc-2'))).toEqual({ isUnseen: true });
    expect(gateways(table([toInternet], { SubnetId: 'subnet-2' }))).toEqual({ isUnseen: true });
  });
});

describe('routes that name no Internet gateway as everybody', () => {
  const byList = { DestinationPrefixListId: 'pl-1', GatewayId: 'igw-1' };
  const toEndpoint = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'vpce-1' };
  const firewall = { worldLists: new Map(), endpointSubnets: new Map([['vpce-1', ['subnet-2']]]) };
  const beyond = (route: Route) => table([route], { SubnetId: 'subnet-2' });

  it('lead to the Internet by a prefix list with everybody in it', () => {
    const lists = { ...NOTHING, worldLists: new Map([['pl-1', new Set(['ipv4' as const])]]) };
    expect(gatewaysOf('subnet-1', 'vpc-1', [table([byList], own)], lists)).toEqual({ ipv4: 'igw-1' });
    expect(gateways(table([byList], own))).toEqual({});
  });

  it.each<[string, Referred, Route, object]>([
    ['whose own subnet does', firewall, toInternet, { ipv4: 'igw-1 behind vpce-1' }],
    ['whose own subnet leads nowhere', firewall, { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' }, {}],
    ['that leads back to itself', firewall, toEndpoint, {}],
    ['that cannot be read', NOTHING, toInternet, { ipv4: 'vpce-1' }],
  ])('lead there by an endpoint %s', (_what, referred, last, expected) => {
    const tables = [table([toEndpoint], own), beyond(last)];
    expect(gatewaysOf('subnet-1', 'vpc-1', tables, referred)).toEqual(expected);
  });

  it.each<[string, Route[], object, object]>([
    [
      'gets it',
      [{ DestinationCidrBlock: '10.0.1.0/24', NetworkInterfaceId: 'eni-1' }],
      { GatewayId: 'igw-1' },
      { ipv4: 'igw-1 behind eni-1' },
    ],
    [
      'gets that of the whole VPC',
      [{ DestinationCidrBlock: '10.0.0.0/16', NetworkInterfaceId: 'eni-1' }],
      { GatewayId: 'igw-1' },
      { ipv4: 'igw-1 behind eni-1' },
    ],
    [
      'is another one',
      [{ DestinationCidrBlock: '10.0.1.0/24', NetworkInterfaceId: 'eni-2' }],
      { GatewayId: 'igw-1' },
      {},
    ],
    [
      'gets IPv6 alone',
      [{ DestinationIpv6CidrBlock: '2001:db8::/64', NetworkInterfaceId: 'eni-1' }],
      { GatewayId: 'igw-1' },
      {},
    ],
    [
      'is gone',
      [{ DestinationCidrBlock: '10.0.1.0/24', NetworkInterfaceId: 'eni-1', State: 'blackhole' }],
      { GatewayId: 'igw-1' },
      {},
    ],
    [
      'gets what comes from a VPN',
      [{ DestinationCidrBlock: '10.0.1.0/24', NetworkInterfaceId: 'eni-1' }],
      { GatewayId: 'vgw-1' },
      {},
    ],
    ['gets nothing, as a NAT instance', [], { SubnetId: 'subnet-2' }, {}],
  ])(
    'lead there by an appliance that, of what an Internet gateway lets in, %s',
    (_what, edge, association, expected) => {
      const toAppliance = { DestinationCidrBlock: '0.0.0.0/0', InstanceId: 'i-1', NetworkInterfaceId: 'eni-1' };
      expect(gateways(table([toAppliance], own), table(edge, association))).toEqual(expected);
    },
  );

  it.each(['CarrierGatewayId', 'LocalGatewayId'])('lead to the network beyond a %s', (member) => {
    expect(gateways(table([{ DestinationCidrBlock: '0.0.0.0/0', [member]: 'gw-1' }], own))).toEqual({ ipv4: 'gw-1' });
  });
});

describe('a network ACL', () => {
  const entry = (RuleNumber: number, RuleAction: 'allow' | 'deny', CidrBlock: string, more: object = {}) => ({
    RuleNumber,
    RuleAction,
    CidrBlock,
    Egress: false,
    Protocol: '-1',
    ...more,
  });
  const all = '0.0.0.0/0';
  const ssh = { protocol: 'tcp', from: 22, to: 22 };

  it.each([
    ['the default one', [entry(100, 'allow', all)], true],
    ['one without rules', [], false],
    ['one for private addresses', [entry(100, 'allow', '10.0.0.0/8')], false],
    ['one that denies first', [entry(90, 'deny', all), entry(100, 'allow', all)], false],
    ['one that denies in halves', [entry(90, 'deny', '0.0.0.0/1'), entry(91, 'deny', '128.0.0.0/1')], false],
    ['one that denies the port', [entry(90, 'deny', all, { Protocol: '6' }), entry(100, 'allow', all)], false],
    ['one that denies another', [entry(90, 'deny', all, { Protocol: '17' }), entry(100, 'allow', all)], true],
    ['one for a range of ports', [entry(90, 'allow', all, { Protocol: '6', PortRange: { From: 1, To: 99 } })], true],
    ['one for other ports', [entry(90, 'allow', all, { Protocol: '6', PortRange: { From: 80, To: 99 } })], false],
    ['one for what goes out', [entry(90, 'allow', all, { Egress: true })], false],
    ['one for IPv6', [{ ...entry(90, 'allow', ''), CidrBlock: undefined, Ipv6CidrBlock: '::/0' }], false],
  ])('%s lets the world in on port 22: %j %s', (_what, Entries, expected) => {
    expect(aclAdmitsWorld({ Entries: Entries as never }, 'ipv4', ssh)).toBe(expected);
  });
});

describe('exposures', () => {
  const ssh: IpPermission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  const dns: IpPermission = { IpProtocol: 'udp', FromPort: 53, ToPort: 54, Ipv6Ranges: [{ CidrIpv6: '::/0' }] };
  const networks = (routes: object, rules: IpPermission[] = [], more: Partial<Networks> = {}): Networks => ({
    gateways: new Map([['subnet-1', routes]]),
    stacks: new Map(),
    ingress: new Map([['sg-nodes', rules]]),
    subnets: new Map(),
    acls: new Map(),
    worldLists: new Map(),
    ...more,
  });
  const elastic = { publicIp: '198.51.100.2', privateIp: '10.0.0.2', kind: 'elastic' as const };
  const two = networkInterface({
    addresses: [...networkInterface().addresses, elastic],
    ipv6: [{ address: '2001:db8::1', primary: false }],
  });

  it('are each public address of an interface, with the ports that are open to its family', () => {
    const found = exposuresOf([two], networks({ ipv4: 'igw-1', ipv6: 'igw-2' }, [ssh, ssh, dns]));
    expect(found.map(({ address, kind, gateway, openPorts }) => [address, kind, gateway, ...openPorts])).toEqual([
      ['198.51.100.1', 'automatic', 'igw-1', 'tcp/22'],
      ['198.51.100.2', 'elastic', 'igw-1', 'tcp/22'],
      ['2001:db8::1', 'ipv6', 'igw-2', 'udp/53-54'],
    ]);
  });

  it('are customer-owned addresses of an Outpost that routes of the Internet lead to, and none of the network around it', () => {
    const owned = (publicIp: string) => ({ publicIp, privateIp: '10.0.0.3', kind: 'customer-owned' as const });
    const outpost = networkInterface({ addresses: [owned('192.168.7.4'), owned('198.51.100.9')] });
    const found = exposuresOf([outpost], networks({ ipv4: 'lgw-1' }, [ssh]));
    expect(found.map(({ address, kind }) => [address, kind])).toEqual([['198.51.100.9', 'customer-owned']]);
    expect(shieldsOf([outpost], networks({}))).toEqual([
      'no route of subnet-1 leads from the Internet to 198.51.100.9',
    ]);
  });

  it('are doubts where EC2 shows no route table, but for what is shut whatever its routes', () => {
    expect(gatewaysOf('subnet-1', 'vpc-1', [table([], { Main: true }, 'vpc-2')], NOTHING)).toEqual({ isUnseen: true });
    const unseen = networks({ isUnseen: true }, [ssh]);
    expect(exposuresOf([two], unseen)).toEqual([]);
    expect(doubtsOf([two], unseen).map(({ kind, openPorts }) => [kind, ...openPorts])).toEqual([
      ['automatic', 'tcp/22'],
      ['elastic', 'tcp/22'],
      ['ipv6'],
    ]);
    // That no route leads there, nobody knows either.
    expect(shieldsOf([two], unseen)).toEqual([]);
    expect(doubtsOf([networkInterface({ addresses: [] })], unseen)).toEqual([]);
    expect(doubtsOf([{ ...two, deniesInternet: true }], unseen)).toEqual([]);
    expect(doubtsOf([two], networks({ ipv4: 'igw-1' }, [ssh]))).toEqual([]);
  });

  it.each<[string, Partial<Networks>, Partial<typeof two>, string]>([
    [
      'VPC Block Public Access',
      {
        subnets: new Map([
          [
            'subnet-1',
            { vpcId: 'vpc-1', handsOut: { ipv4: true, ipv6: true }, ipv6: true, privateIpv6: [], blocked: true },
          ],
        ]),
      },
      {},
      'VPC Block Public Access shuts subnet-1',
    ],
    ['an interface that takes none', {}, { deniesInternet: true }, 'eni-1 takes no traffic of Internet gateways'],
    [
      'a network ACL',
      { acls: new Map([['subnet-1', { NetworkAclId: 'acl-1', Entries: [] }]]) },
      {},
      'network ACL acl-1 of subnet-1 shuts the world out',
    ],
  ])('are none behind %s, and that is told', (_what, more, change, told) => {
    const network = networks({ ipv4: 'igw-1', ipv6: 'igw-1' }, [ssh], more);
    expect(exposuresOf([{ ...two, ...change }], network)).toEqual([]);
    expect(shieldsOf([{ ...two, ...change }], network)).toEqual([told]);
  });

  it.each(['fd00::1', 'fe80::1', 'fdab:1:2::/80'])('are none of an address that is not global, %s', (address) => {
    const prefix = address.includes('/');
    const only = networkInterface({
      addresses: [],
      ipv6: prefix ? [] : [{ address, primary: true }],
      ipv6Prefixes: prefix ? [address] : [],
    });
    expect(exposuresOf([only], networks({ ipv6: 'igw-1' }, [dns]))).toEqual([]);
  });

  it('are none of an IPv6 address that looks global and is private', () => {
    const subnet = { vpcId: 'vpc-1', handsOut: { ipv4: false, ipv6: true }, ipv6: true, blocked: false };
    const subnets = new Map([['subnet-1', { ...subnet, privateIpv6: ['2001:db8::/56'] }]]);
    const one = networkInterface({ addresses: [], ipv6: [{ address: '2001:db8::1', primary: false }] });
    expect(exposuresOf([one], networks({ ipv6: 'igw-1' }, [dns], { subnets }))).toEqual([]);
  });

  it('are prefixes for pods, too, and rules that name everybody by a list', () => {
    const byList = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId: 'pl-1' }] };
    const worldLists = new Map([['pl-1', new Set(['ipv6' as const])]]);
    const one = networkInterface({ ipv6Prefixes: ['2001:db8:1::/80'] });
    const found = exposuresOf([one], networks({ ipv4: 'igw-1', ipv6: 'igw-1' }, [byList], { worldLists }));
    expect(found.map(({ kind, openPorts }) => [kind, ...openPorts])).toEqual([
      ['automatic'],
      ['ipv6-prefix', 'tcp/22'],
    ]);
    expect(worldPart(byList, worldLists)).toEqual(byList);
  });

  it('are none without a route, and have no open port in closed groups', () => {
    const routes = fc.record({ ipv4: fc.constant('igw-1'), ipv6: fc.constant('igw-2') }, { requiredKeys: [] });
    const rules = fc.array(fc.constantFrom(ssh, dns, { ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }));
    fc.assert(
      fc.property(routes, rules, fc.subarray([...two.addresses]), (way, ingress, addresses) => {
        const found = exposuresOf([{ ...two, addresses }], networks(way, ingress));
        const expected = ('ipv4' in way ? addresses.length : 0) + ('ipv6' in way ? 1 : 0);
        expect(found).toHaveLength(expected);
        const open = [...(ingress.includes(ssh) ? ['tcp/22'] : []), ...(ingress.includes(dns) ? ['udp/53-54'] : [])];
        for (const { openPorts } of found) for (const port of openPorts) expect(open).toContain(port);
        if (open.length === 0) expect(found.flatMap(({ openPorts }) => openPorts)).toEqual([]);
      }),
    );
  });
});

it.each([
  ['0.0.0.0/0', true],
  ['128.0.0.0/1', true],
  ['10.0.0.0/8', false],
  ['::/0', true],
  ['2000::/3', true],
  ['2001:db8::/32', false],
  ['fc00::/7', false],
  ['fd00::/8', false],
  ['fe80::/10', false],
  ['f000::/4', true],
  ['0.0.0.0', false],
  ['', false],
])('takes %s for the world: %s', (cidr, expected) => {
  expect(isWorld(cidr)).toBe(expected);
});

it.each<[IpPermission, string]>([
  [{ IpProtocol: '-1' }, 'all'],
  [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }, 'tcp/80'],
  [{ IpProtocol: 'tcp', FromPort: 30000, ToPort: 32767 }, 'tcp/30000-32767'],
  [{ IpProtocol: 'icmp', FromPort: -1, ToPort: -1 }, 'icmp'],
  [{ IpProtocol: '50' }, '50'],
])('says what %o opens: %s', (rule, expected) => {
  expect(portsOf(rule)).toBe(expected);
  expect(portsInWords([portsOf(rule)])).toBe(expected);
});

it.each<[IpPermission, string]>([
  [{ IpProtocol: 'icmp', FromPort: 8, ToPort: -1 }, 'icmp type 8'],
  [{ IpProtocol: 'icmp', FromPort: 3, ToPort: 4 }, 'icmp type 3 code 4'],
  [{ IpProtocol: 'icmp', FromPort: 0, ToPort: 0 }, 'icmp type 0 code 0'],
  [{ IpProtocol: 'icmpv6', FromPort: 128, ToPort: -1 }, 'icmpv6 type 128'],
])('names types and codes of ICMP, which has no ports: %o opens %s', (rule, expected) => {
  expect(portsInWords([portsOf(rule)])).toBe(expected);
});

it('takes only the part of a rule that admits the world', () => {
  const rule = {
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'all' }, { CidrIp: '10.0.0.0/8' }],
    UserIdGroupPairs: [{ GroupId: 'sg-2' }],
  };
  expect(worldPart(rule)).toEqual({
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'all' }],
  });
});
