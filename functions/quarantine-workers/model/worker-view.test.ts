import { expect, it } from 'vitest';
import type { DescribedInterface } from '../../shared/fleet/described-instance.ts';
import { interfacesOf, lacksDetails } from './worker-view.ts';

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

it('counts an address that only one of two reads shows, as EC2 may show a change to one before the other', () => {
  const instance = { NetworkInterfaces: [{ ...addressed('111122223333'), NetworkInterfaceId: 'eni-1' }] };
  const seen = (detail: object) => interfacesOf(instance, new Map([['eni-1', detail]]))[0]?.addresses;
  const association = { IpOwnerId: '111122223333', PublicIp: '198.51.100.1', AllocationId: 'eipalloc-1' };
  const confirmed = { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1', Association: association }] };
  expect(seen(confirmed)).toEqual([
    { publicIp: '198.51.100.1', privateIp: '10.0.0.1', kind: 'elastic', allocationId: 'eipalloc-1' },
  ]);
  expect(seen({ Association: association, PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }] })).toEqual(
    seen(confirmed),
  );
  expect(seen({ PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }] })).toEqual([
    { publicIp: '198.51.100.1', privateIp: '10.0.0.1', kind: 'elastic', unconfirmed: true },
  ]);
});
