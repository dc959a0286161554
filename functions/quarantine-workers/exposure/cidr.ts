import { BlockList, isIPv6 } from 'node:net';
import { isPublicNetwork } from '../../shared/fleet/networks.ts';
import { once } from '../../shared/runtime/once.ts';

/**
 * Whether a range counts as the whole world: 0.0.0.0/0, ::/0, and any range too wide to be one network. The largest
 * assigned blocks are a /8 of IPv4 and a /16 of IPv6, so halves and quarters of the Internet count, too. No width makes
 * private addresses the world: all unique local ones of IPv6 are a /7.
 */
export function isWorld(cidr: string): boolean {
  const [address = '', length = ''] = cidr.split('/');
  const prefix = Number(length);
  if (length === '' || !Number.isInteger(prefix)) return false;
  return (address.includes(':') ? prefix < 16 : prefix < 8) && isPublicNetwork(cidr);
}

/** Whether a range is of a family. */
export const isOf =
  (family: 'ipv4' | 'ipv6') =>
  (cidr: string): boolean =>
    cidr.includes(':') === (family === 'ipv6');

/** How many of the largest assigned blocks count as the whole world. */
export const WHOLE_WORLD = 16;

/**
 * Whether ranges count as the whole world together: one of them does, or those of public addresses are as many as sixteen
 * of the largest assigned blocks. Otherwise whoever writes the Internet in pieces would hide it. Ranges that overlap count
 * each.
 */
export const isWorldTogether = (cidrs: readonly string[]): boolean => isWorldShare(new Set(cidrs), worldShareOf);

/**
 * Whether the shares of ranges come to the whole world.
 *
 * @param shareOf {@link worldShareOf}, or what remembers it: of many comparisons reading ranges takes most of the time
 */
export function isWorldShare(cidrs: Iterable<string>, shareOf: (cidr: string) => number): boolean {
  let share = 0;
  for (const cidr of cidrs) {
    share += shareOf(cidr);
    if (share >= WHOLE_WORLD) return true;
  }
  return false;
}

/** How many of the largest assigned blocks a range is; all of them where it counts as the world, and 0 of private ones. */
export function worldShareOf(cidr: string): number {
  if (isWorld(cidr)) return WHOLE_WORLD;
  const prefix = Number(cidr.split('/')[1]);
  const largest = cidr.includes(':') ? 16 : 8;
  return Number.isInteger(prefix) && isPublicNetwork(cidr) ? 2 ** (largest - prefix) : 0;
}

/**
 * The IPv6 addresses routed on the Internet: all assigned global unicast addresses (RFC 4291, IANA) are in 2000::/3.
 */
const globalUnicast = once(() => blockOf('2000::/3'));

/**
 * Whether an IPv6 address, or the first one of a prefix, may be routed on the Internet. Unique local addresses are not.
 */
export const isGlobalUnicast = (address: string): boolean => globalUnicast().check(firstOf(address), 'ipv6');

/** Whether an IPv6 address, or the first one of a prefix, is in a block; false for unreadable text. */
export const isInBlock = (address: string, cidr: string): boolean => blockOf(cidr).check(firstOf(address), 'ipv6');

function blockOf(cidr: string): BlockList {
  const list = new BlockList();
  const [network = '', length = ''] = cidr.split('/');
  const prefix = Number(length);
  if (isIPv6(network) && length !== '' && Number.isInteger(prefix) && prefix >= 0 && prefix <= 128) {
    list.addSubnet(network, prefix, 'ipv6');
  }
  return list;
}

const firstOf = (address: string): string => {
  const [first = ''] = address.split('/');
  return isIPv6(first) ? first : '::';
};
