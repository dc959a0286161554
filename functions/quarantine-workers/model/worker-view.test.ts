import { expect, it } from 'vitest';
import type { DescribedInterface } from '../../shared/fleet/described-instance.ts';
import { lacksDetails } from './worker-view.ts';

const addressed = (IpOwnerId: string, rest: object = {}): DescribedInterface => ({
  PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1', Association: { IpOwnerId, PublicIp: '198.51.100.1', ...rest } }],
});
const IPV6 = { Ipv6Addresses: [{ Ipv6Address: '2001:db8::1' }] };

it.each<[string, DescribedInterface, boolean]>([
  ['no public address', { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }] }, false],
  ['an automatic address', addressed('amazon'), false],
  ['an Elastic IP, which a release gives back by its allocation', addressed('111122223333'), true],
  ['a carrier address', addressed('amazon', { PublicIp: undefined, CarrierIp: '192.0.2.1' }), true],
  ['an IPv6 address, whose interface may refuse the Internet', IPV6, true],
  ['an automatic address beside an IPv6 one', { ...addressed('amazon'), ...IPV6 }, true],
  ['an IPv6 prefix', { Ipv6Prefixes: [{ Ipv6Prefix: '2001:db8::/80' }] }, true],
])('an interface with %s: whether DescribeInstances leaves out what matters', (_what, each, lacks) => {
  expect(lacksDetails(each)).toBe(lacks);
});
