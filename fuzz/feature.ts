import type { Target } from './target.ts';

/** Shorter words are those of any sentence. */
const WORDS = /[\w-]{4,}/g;
/** The engine's words for what is no JSON: they quote it. */
const NO_JSON = /(?:Unexpected|Expected|Unterminated|Bad|No number|Exponent) .*?JSON.*/s;
const LONGEST_TEXT = 20_000;
const LONGEST_FEATURE = 120;
/** Most sentences of one outcome that are told apart. */
const MOST = 40;

/**
 * The sentences of an outcome without their values: quotations, numbers, and words that come from the input. Words of
 * the seeds stay, because the target's own sentences have them, too.
 */
export function featuresOf(sentences: string, input: string, { seeds }: Pick<Target, 'seeds'>): string[] {
  const own = wordsOf(seeds);
  const isValue = (word: string): boolean => !own.has(word) && input.includes(word);
  return sentences
    .slice(0, LONGEST_TEXT)
    .replace(NO_JSON, 'no JSON')
    .split(/\n|; /, MOST)
    .map((sentence) =>
      sentence
        .replaceAll(/"[^"]*"/g, '""')
        .replaceAll(WORDS, (word) => (isValue(word) ? '·' : word))
        .replaceAll(/[^\x20-\x7e]+/g, '·')
        .replaceAll(/·(?:[^\w]*·)+/g, '·')
        .replaceAll(/\d+/g, 'N')
        .trim()
        .slice(0, LONGEST_FEATURE),
    );
}

const known = new WeakMap<readonly string[], ReadonlySet<string>>();

function wordsOf(seeds: readonly string[]): ReadonlySet<string> {
  const words = known.get(seeds) ?? new Set(seeds.join(' ').match(WORDS));
  known.set(seeds, words);
  return words;
}
