/** A set of IPv4 addresses: ranges of numbers, both ends included, sorted and disjoint. */
export type Addresses = ReadonlyArray<readonly [from: number, to: number]>;

const LAST = 2 ** 32 - 1;

/** The addresses of a block such as `10.0.0.0/8`; empty for anything that is not an IPv4 block. */
export function block(cidr: string): Addresses {
  const [network = '', prefix = ''] = cidr.split('/');
  const parts = network.split('.').map(Number);
  const bits = Number(prefix);
  const isBlock = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  if (!isBlock || !/^\d{1,2}$/.test(prefix) || bits > 32) return [];
  const size = 2 ** (32 - bits);
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  const from = Math.floor(number / size) * size;
  return [[from, from + size - 1]];
}

export const address = (text: string): Addresses => block(`${text}/32`);

export function union(...sets: readonly Addresses[]): Addresses {
  const merged: Array<[number, number]> = [];
  for (const [from, to] of sets.flat().sort((one, other) => one[0] - other[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** The addresses of `one` that are not in `other`. */
export function without(one: Addresses, other: Addresses): Addresses {
  return other.reduce<Addresses>(
    (left, [from, to]) =>
      left.flatMap(([start, end]): Addresses => {
        if (to < start || from > end) return [[start, end]];
        const before: Addresses = start < from ? [[start, from - 1]] : [];
        return end > to ? [...before, [to + 1, end]] : before;
      }),
    one,
  );
}

export const common = (one: Addresses, other: Addresses): Addresses =>
  one.flatMap(([from, to]) =>
    other.flatMap(
      ([start, end]): Addresses => (start <= to && from <= end ? [[Math.max(from, start), Math.min(to, end)]] : []),
    ),
  );

/** Blocks that are not public on the Internet (RFC 6890 and its updates). */
const NOT_PUBLIC = union(
  ...[
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '224.0.0.0/3',
  ].map(block),
);

/** Where the public endpoints of AWS services may be. Their actual addresses are not looked up. */
export const PUBLIC: Addresses = without([[0, LAST]], NOT_PUBLIC);
