import type { IpPermission } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { networkInterface } from '../model/observation.fixture.ts';
import { isWorldTogether } from './cidr.ts';
import { type Exposure, exposuresOf, type Networks } from './exposure.ts';
import { describeExposures, targetOf } from './exposure-words.ts';
import { aclAdmitsWorld, gatewaysOf } from './routes.ts';

/** The Internet in so many pieces, each of which could be one network. */
const pieces = (count: number, from = 11): string[] =>
  Array.from({ length: count }, (_, index) => `${from + index}.0.0.0/8`);

const rule = (cidrs: readonly string[], FromPort = 22, ToPort = FromPort): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort,
  ToPort,
  IpRanges: cidrs.map((CidrIp) => ({ CidrIp })),
});

const networks = (...groups: IpPermission[][]): Networks => ({
  gateways: new Map([['subnet-1', { ipv4: 'igw-1' }]]),
  stacks: new Map(),
  ingress: new Map(groups.map((rules, index) => [`sg-${index}`, rules])),
  subnets: new Map(),
  acls: new Map(),
  worldLists: new Map(),
});
const portsOpenIn = (...groups: IpPermission[][]): readonly string[] =>
  exposuresOf([networkInterface({ groupIds: groups.map((_, index) => `sg-${index}`) })], networks(...groups)).flatMap(
    ({ openPorts }) => openPorts,
  );

it.each<[string, string[], boolean]>([
  ['sixteen blocks', pieces(16), true],
  ['fifteen blocks', pieces(15), false],
  ['all private networks', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'], false],
  ['the same block again and again', Array.from({ length: 99 }, () => '11.0.0.0/8'), false],
  [
    'thousands of networks of offices',
    Array.from({ length: 9_000 }, (_, index) => `11.${index % 256}.0.${index % 99}/32`),
    false,
  ],
  ['sixteen blocks of IPv6', Array.from({ length: 16 }, (_, index) => `2a0${index.toString(16)}::/16`), true],
  ['a /7', ['12.0.0.0/7'], true],
  ['no ranges', ['', 'pl-1', '1.2.3.4/x'], false],
])('%s are the world together: %s', (_what, cidrs, expected) => {
  expect(isWorldTogether(cidrs)).toBe(expected);
});

describe('rules that admit the world in pieces', () => {
  it('open their ports, in one security group or in several', () => {
    expect(portsOpenIn([rule(pieces(20))])).toEqual(['tcp/22']);
    expect(portsOpenIn([rule(pieces(8))], [rule(pieces(8, 50), 0, 100)])).toEqual(['tcp/22']);
  });

  it('are compared once for all addresses, so that hundreds of either take no time of others', () => {
    const rules = Array.from(
      { length: 300 },
      (_, index): IpPermission => ({
        IpProtocol: 'tcp',
        FromPort: index,
        ToPort: 65_000 - index,
        Ipv6Ranges: [{ CidrIpv6: `2${(index + 256).toString(16)}::/16` }],
      }),
    );
    const ipv6 = Array.from({ length: 50 }, (_, index) => ({ address: `2600::${index}`, primary: false }));
    const interfaces = Array.from({ length: 15 }, (_, index) =>
      networkInterface({ id: `eni-${index}`, addresses: [], groupIds: ['sg-0'], ipv6 }),
    );
    const around = { ...networks(rules), gateways: new Map([['subnet-1', { ipv6: 'igw-1' }]]) };
    const begun = process.threadCpuUsage();
    const exposures = exposuresOf(interfaces, around);
    const { user, system } = process.threadCpuUsage(begun);
    expect(exposures).toHaveLength(750);
    expect(exposures[0]?.openPorts).toHaveLength(285);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });

  it('open their ports where they are too many to be compared', () => {
    const each = (count: number) => Array.from({ length: count }, (_, index) => rule(pieces(1), 1_000 + index));
    const others = [rule(pieces(16), 22)];
    expect(portsOpenIn(each(299), others)).toEqual(['tcp/22']);
    expect(portsOpenIn(each(300), others)).toHaveLength(301);
  });

  it('open none where those for a port are no world, whatever others admit', () => {
    expect(portsOpenIn([rule(pieces(8), 22), rule(pieces(8, 50), 443)])).toEqual([]);
    expect(portsOpenIn([rule(['0.0.0.0/0'], 443), rule(pieces(8), 22)])).toEqual(['tcp/443']);
  });
});

describe('prefix lists that name the world together', () => {
  const listRanges = new Map([
    ['pl-1', pieces(8)],
    ['pl-2', [...pieces(8, 50), '2a00::/16']],
  ]);
  const byList = (PrefixListId: string, port: number): IpPermission => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    PrefixListIds: [{ PrefixListId }],
  });
  const openIn = (...rules: IpPermission[]) =>
    exposuresOf([networkInterface({ groupIds: ['sg-0'] })], { ...networks(rules), listRanges })[0]?.openPorts;

  it('open the ports of their rules, also beside ranges', () => {
    expect(openIn(byList('pl-1', 22), byList('pl-2', 22))).toEqual(['tcp/22']);
    expect(openIn(byList('pl-1', 22), rule(pieces(8, 50)))).toEqual(['tcp/22']);
  });

  it('open none where those for a port are no world', () => {
    expect(openIn(byList('pl-1', 22), byList('pl-2', 443))).toEqual([]);
    expect(openIn(byList('pl-1', 22), rule(pieces(7, 50)))).toEqual([]);
  });

  it('lead to the world as routes', () => {
    const leads = (...lists: string[]) =>
      gatewaysOf(
        'subnet-1',
        'vpc-1',
        [
          {
            VpcId: 'vpc-1',
            Associations: [{ SubnetId: 'subnet-1' }],
            Routes: lists.map((DestinationPrefixListId) => ({ DestinationPrefixListId, GatewayId: 'igw-1' })),
          },
        ],
        { worldLists: new Map(), listRanges, endpointSubnets: new Map() },
      );
    expect([leads('pl-1', 'pl-2'), leads('pl-1')]).toEqual([{ ipv4: 'igw-1' }, {}]);
  });
});

it('routes and network ACLs of pieces lead and let in as a whole', () => {
  const routes = pieces(30).map((DestinationCidrBlock) => ({ DestinationCidrBlock, GatewayId: 'igw-1' }));
  const leads = (count: number) =>
    gatewaysOf(
      'subnet-1',
      'vpc-1',
      [{ VpcId: 'vpc-1', Associations: [{ SubnetId: 'subnet-1' }], Routes: routes.slice(0, count) }],
      { worldLists: new Map(), endpointSubnets: new Map() },
    );
  expect([leads(30), leads(9)]).toEqual([{ ipv4: 'igw-1' }, {}]);
  const entries = pieces(20).map((CidrBlock, index) => ({
    CidrBlock,
    RuleNumber: index,
    RuleAction: 'allow' as const,
    Protocol: '-1',
  }));
  expect(aclAdmitsWorld({ Entries: entries }, 'ipv4')).toBe(true);
  expect(aclAdmitsWorld({ Entries: entries.slice(0, 9) }, 'ipv4')).toBe(false);
});

it('a security group that EC2 does not show is told, instead of no open port', () => {
  const [hidden] = exposuresOf([networkInterface({ groupIds: ['sg-0', 'sg-9'] })], networks([]));
  expect(hidden?.unread).toEqual(['sg-9']);
  expect(hidden && describeExposures([hidden])[0]).toMatch(/, what sg-9 opens is not known$/);
});

it('an exposure of hundreds of addresses and ports is told in few words, and still told from another', () => {
  const ports = (count: number) => Array.from({ length: count }, (_, port) => `tcp/${port}-${port + 1}`);
  const many = (count: number): Exposure[] =>
    Array.from({ length: 750 }, (_, index) => ({
      interfaceId: `eni-${index % 15}`,
      address: `2001:db8::${index}`,
      kind: 'ipv6',
      gateway: 'igw-1',
      openPorts: ports(count),
    }));
  expect(describeExposures(many(300)).join('; ').length).toBeLessThan(4_000);
  expect(describeExposures(many(300)).at(-1)).toBe('740 more');
  expect(targetOf(many(300)).length).toBeLessThan(1_000);
  expect(targetOf(many(300))).toBe(targetOf(many(300).reverse()));
  expect(targetOf(many(300))).not.toBe(targetOf(many(299)));
});
