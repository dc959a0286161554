import { createHash } from 'node:crypto';
import type { Exposure } from './exposure.ts';
import type { ExposureKind } from './exposure-kind.ts';

/**
 * How many exposures of a worker, and ports of one, are named. A worker may have hundreds of IPv6 addresses, and rules for
 * thousands of ports: whoever has it could make records and its item in the ledger too long to be written, and so keep it
 * from being isolated.
 */
const [MOST_EXPOSURES, MOST_PORTS] = [10, 10];

const NAMES: Readonly<Record<ExposureKind, string>> = {
  automatic: 'public address',
  elastic: 'Elastic IP',
  carrier: 'carrier address',
  'customer-owned': 'customer-owned address',
  ipv6: 'IPv6 address',
  'ipv6-prefix': 'IPv6 prefix',
};

/** ICMP has types and codes in the place of ports; of a code below 0, all are meant. Source: EC2 API reference, `IpPermission`. */
const OF_ICMP = /^(icmp|icmpv6)\/(\d+)(?:-(-?\d+))?$/;

/** What a rule opens, in words: `icmp type 8` for `icmp/8--1`. */
export function openingInWords(opening: string): string {
  const [, protocol, type, code = type] = OF_ICMP.exec(opening) ?? [];
  if (protocol === undefined) return opening;
  return `${protocol} type ${type}${Number(code) < 0 ? '' : ` code ${code}`}`;
}

/** Some ports in words. */
export const portsInWords = (ports: readonly string[]): string => firstOf(ports, MOST_PORTS, openingInWords).join(', ');

/** An exposure in words. */
function describeExposure({ interfaceId, address, kind, gateway, openPorts, unread = [] }: Exposure): string {
  const hidden = unread.length === 0 ? '' : `what ${portsInWords(unread)} opens is not known`;
  const open = openPorts.length === 0 ? '' : `open to the world: ${portsInWords(openPorts)}`;
  const ports = [open, hidden].filter((text) => text !== '').join(', ') || 'no port open to the world';
  return `${NAMES[kind]} ${address} on ${interfaceId} by ${gateway}, ${ports}`;
}

/** The first exposures in words, and how many more there are. */
export const describeExposures = (exposures: readonly Exposure[]): string[] =>
  firstOf(exposures, MOST_EXPOSURES, describeExposure);

function firstOf<Item>(items: readonly Item[], most: number, inWords: (item: Item) => string = String): string[] {
  const more = items.length - most;
  return [...items.slice(0, most).map(inWords), ...(more > 0 ? [`${more} more`] : [])];
}

/** How long a text for exposures may become before a digest stands for it, characters. */
const LONGEST_TARGET = 1_000;

/** Tells exposures from others of the worker: the same for the same interfaces, kinds and ports. */
export function targetOf(exposures: readonly Exposure[]): string {
  const text = exposures
    .map(({ interfaceId, kind, openPorts }) => `${interfaceId} ${kind} ${openPorts.join(',')}`)
    .sort()
    .join(' ');
  return text.length <= LONGEST_TARGET ? text : createHash('sha256').update(text).digest('hex');
}
