import type { IpPermission, Route, RouteTable } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposuresOf, gatewaysOf, isWorld, portsOf, worldPart } from './exposure.ts';
import { networkInterface } from './observation.fixture.ts';

const table = (routes: Route[], association: object, vpc = 'vpc-1'): RouteTable => ({
  VpcId: vpc,
  Associations: [association],
  Routes: routes,
});
const own = { SubnetId: 'subnet-1' };
const toInternet = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'active' as const };
const gateways = (...tables: RouteTable[]) => gatewaysOf('subnet-1', 'vpc-1', tables);

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
    expect(gateways(table([toInternet], { Main: true }, 'vpc-2'))).toEqual({});
    expect(gateways(table([toInternet], { SubnetId: 'subnet-2' }))).toEqual({});
  });
});

describe('exposures', () => {
  const ssh: IpPermission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  const dns: IpPermission = { IpProtocol: 'udp', FromPort: 53, ToPort: 54, Ipv6Ranges: [{ CidrIpv6: '::/0' }] };
  const networks = (routes: object, rules: IpPermission[] = []) => ({
    gateways: new Map([['subnet-1', routes]]),
    ingress: new Map([['sg-nodes', rules]]),
    publicSubnets: new Set<string>(),
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
