import type { Random } from '../sandbox/time/random.ts';
import { HOSTILE_JSON, HOSTILE_NAMES, HOSTILE_VALUES } from './hostile.ts';
import { drop, type Place, placesIn, put, readRoot } from './json-places.ts';

/** Longer texts are only cut, so that inputs do not grow from one to the next. Characters. */
const LONGEST = 100_000;

/**
 * Changes a text in one to four places.
 * @param others texts from which a value may be taken
 */
export function mutate(text: string, random: Random, others: readonly string[]): string {
  let mutated = text;
  for (let left = random.integer(1, 4); left > 0; left -= 1) mutated = mutateOnce(mutated, random, others);
  return mutated;
}

/** Changes a JSON document as one, but for one time in eight. */
function mutateOnce(text: string, random: Random, others: readonly string[]): string {
  if (text.length > LONGEST) return text.slice(0, random.integer(0, LONGEST));
  const root = random.integer(1, 8) === 1 ? undefined : readRoot(text);
  if (root === undefined) return mutateText(text, random);
  const place = one(placesIn(root), random);
  if (place !== undefined) one(CHANGES, random)?.(place, random, others);
  return written(root[0]);
}

type Change = (place: Place, random: Random, others: readonly string[]) => void;

const CHANGES: readonly Change[] = [
  drop,
  ({ parent, key }, random) => put(parent, key, one(HOSTILE_VALUES, random)),
  ({ parent, key }, random) => put(parent, key, one(HOSTILE_VALUES, random)),
  ({ parent, key }, random) => put(parent, key, `${MARK}${random.integer(0, HOSTILE_JSON.length - 1)}`),
  ({ parent, key, value }, random) => put(parent, key, retyped(value, random)),
  ({ parent, value }, random) => add(parent, one(HOSTILE_NAMES, random) ?? '', value),
  ({ parent, value }, random) => add(parent, one(HOSTILE_NAMES, random) ?? '', one(HOSTILE_VALUES, random) ?? value),
  ({ parent, value }, random) => {
    if (Array.isArray(parent)) for (let times = random.integer(1, 60); times > 0; times -= 1) parent.push(value);
  },
  ({ parent, key, value }, random, others) => {
    const donor = placesIn(readRoot(one(others, random) ?? '') ?? [value]);
    const sameKey = donor.filter((each) => each.key === key);
    put(parent, key, structuredClone(one(sameKey.length > 0 && random.next() < 0.7 ? sameKey : donor, random)?.value));
  },
  ({ parent, key, value }, random) => {
    if (typeof value === 'string') put(parent, key, mutateText(value, random));
    if (typeof value === 'number') put(parent, key, value * (one([-1, 0, 10, 1e9, 0.1], random) ?? 1));
  },
];

const add = (parent: object, key: string, value: unknown): void => {
  if (!Array.isArray(parent)) put(parent, key, value);
};

/** The same value as one of another type. */
const retyped = (value: unknown, random: Random): unknown =>
  one([[value], { value }, JSON.stringify(value), typeof value === 'string' ? Number(value) : [value, value]], random);

/** Begins a string that stands for an element of {@link HOSTILE_JSON}. */
const MARK = 'hostile json ';

const written = (value: unknown): string =>
  (JSON.stringify(value) ?? '').replace(new RegExp(`"${MARK}(\\d+)"`, 'g'), (_, index) => HOSTILE_JSON[index] ?? '');

type TextChange = (text: string, at: number, random: Random) => string;

const TEXT_CHANGES: readonly TextChange[] = [
  (text, at) => text.slice(0, at),
  (text, at, random) => text.slice(0, at) + text.slice(at + random.integer(1, 8)),
  (text, at, random) => {
    const part = text.slice(at, at + random.integer(1, 30));
    return text.slice(0, at) + part.repeat(random.integer(2, 50)) + text.slice(at);
  },
  (text, at, random) => text.slice(0, at) + String.fromCharCode(random.integer(0, 0xffff)) + text.slice(at + 1),
  (text, at, random) => text.slice(0, at) + String.fromCharCode(random.integer(0, 127)) + text.slice(at + 1),
  (text, at, random) => {
    const value = one(HOSTILE_VALUES, random);
    return text.slice(0, at) + (typeof value === 'string' ? value : JSON.stringify(value)) + text.slice(at);
  },
  (text, at, random) => text.slice(0, at) + (one(HOSTILE_JSON, random) ?? '') + text.slice(at),
];

function mutateText(text: string, random: Random): string {
  return one(TEXT_CHANGES, random)?.(text, random.integer(0, text.length), random) ?? text;
}

const one = <Each>(list: readonly Each[], random: Random): Each | undefined => list[random.integer(0, list.length - 1)];
