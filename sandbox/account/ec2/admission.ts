import { BlockList, isIPv6 } from 'node:net';
import type { RuleTerms } from './security-groups.ts';

/** Traffic in or out. */
export interface Traffic {
  readonly egress: boolean;
  /** A value such as `tcp` or `udp`. */
  readonly protocol: string;
  readonly port: number;
  /** The address of the other end. */
  readonly address: string;
}

const EVERYONE = { ipv4: '0.0.0.0/0', ipv6: '::/0' };

/** Blocks that are not reachable over the Internet (RFC 6890 and its updates). */
const NOT_PUBLIC = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]);

/** Whether some rule admits the traffic. Rules that name a security group never match an address. */
export const admits = (rules: readonly RuleTerms[], { egress, protocol, port, address }: Traffic): boolean =>
  rules.some((rule) => rule.egress === egress && concerns(rule, protocol, port) && contains(rule.peer, address));

/** Whether a rule covers a port of a protocol, whatever the other end is. */
export const concerns = (rule: RuleTerms, protocol: string, port: number): boolean =>
  rule.protocol === '-1' ||
  (rule.protocol === protocol && (rule.fromPort ?? 0) <= port && port <= (rule.toPort ?? 65_535));

/** Whether some rule admits somebody on the Internet, on any port. */
export const admitsInternet = (rules: readonly RuleTerms[], family: 'ipv4' | 'ipv6'): boolean =>
  rules.some(({ egress, peer }) => !egress && familyOf(peer) === family && reachesInternet(peer));

/** Whether all traffic may pass in and out, in both address families; EC2 then tracks no connection. */
export const isOpenBothWays = (rules: readonly RuleTerms[]): boolean =>
  [true, false].every((egress) =>
    Object.values(EVERYONE).every((everyone) =>
      rules.some((rule) => rule.egress === egress && rule.protocol === '-1' && rule.peer === everyone),
    ),
  );

/** Whether an address is reachable over the Internet. */
export const isPublicAddress = (address: string): boolean => !NOT_PUBLIC.check(address, versionOf(address));

/** Whether the block of a rule contains an address; false for the id of a security group. */
export function contains(block: string, address: string): boolean {
  if (familyOf(block) !== versionOf(address)) return false;
  const list = known.get(block) ?? blockList([block]);
  known.set(block, list);
  return list.check(address, versionOf(address));
}

/** By block. A day asks about the same few a thousand times. */
const known = new Map<string, BlockList>();

function familyOf(peer: string): 'ipv4' | 'ipv6' | undefined {
  if (!peer.includes('/')) return undefined;
  return peer.includes(':') ? 'ipv6' : 'ipv4';
}

/** The non-public blocks are complete, so a block that is wider than the one of its first address extends beyond it. */
function reachesInternet(block: string): boolean {
  const [network = '', prefix = '0'] = block.split('/');
  return isPublicAddress(network) || Number(prefix) < (familyOf(block) === 'ipv6' ? 7 : 8);
}

function versionOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix = ''] = block.split('/');
    list.addSubnet(network, Number(prefix), versionOf(network));
  }
  return list;
}
