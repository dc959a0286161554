import { drop, placesIn, put, readRoot } from './json-places.ts';

/**
 * Makes an input shorter for as long as it still fails. It is greedy: the first shorter one that fails is taken.
 *
 * @param fails whether an input fails as the first one did
 * @param most how many inputs are tried
 */
export async function shrink(
  text: string,
  fails: (shorter: string) => Promise<boolean>,
  most: number,
): Promise<string> {
  const tried = new Set<string>();
  const firstShorter = async (long: string): Promise<string | undefined> => {
    for (const shorter of shorterThan(long)) {
      if (tried.size >= most) return undefined;
      if (shorter.length >= long.length || tried.has(shorter)) continue;
      tried.add(shorter);
      if (await fails(shorter)) return shorter;
    }
    return undefined;
  };
  let smallest = text;
  for (let next = await firstShorter(text); next !== undefined; next = await firstShorter(next)) smallest = next;
  return smallest;
}

/** Candidates, those that take most away first. */
function* shorterThan(text: string): Generator<string> {
  const places = placesIn(readRoot(text) ?? []).length;
  for (let index = 0; index < places; index += 1) {
    for (const change of [drop, hoist, simplify, halve]) {
      const root = readRoot(text);
      const place = root && placesIn(root)[index];
      if (root === undefined || place === undefined) continue;
      change(place);
      yield JSON.stringify(root[0]) ?? '';
    }
  }
  yield text.replace(/\[{8,}|\]{8,}/g, (run) => run.slice(0, run.length / 2));
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
  }
}

type Place = ReturnType<typeof placesIn>[number];

/** Puts the first thing that a value contains in its place. */
function hoist({ parent, key, value }: Place): void {
  if (typeof value === 'object' && value !== null) put(parent, key, Object.values(value)[0]);
}

function simplify({ parent, key, value }: Place): void {
  put(parent, key, Array.isArray(value) ? [] : typeof value === 'object' ? {} : typeof value === 'string' ? '' : 0);
}

function halve({ parent, key, value }: Place): void {
  if (typeof value === 'string' || Array.isArray(value)) put(parent, key, value.slice(0, value.length / 2));
}
