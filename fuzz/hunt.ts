import type { Random } from '../sandbox/time/random.ts';
import { judge, kindOfFailure, type Verdict } from './judge.ts';
import { mutate } from './mutate.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

/** An input that fails, as short as it was made. */
export interface Failure {
  readonly target: string;
  readonly what: string;
  readonly input: string;
}

/** What a hunt found. */
export interface Hunt {
  readonly tried: number;
  readonly failures: readonly Failure[];
  /** Inputs with an outcome that no seed, and no input before, has. The corpus first, as far as it still has one. */
  readonly corpus: readonly string[];
  /** How many inputs had an outcome that none had had before. The corpus has the first ones. */
  readonly found: number;
}

export interface HuntOptions {
  /** Inputs of earlier hunts. */
  readonly corpus: readonly string[];
  readonly random: Random;
  /** Whether to go on after so many inputs. */
  readonly more: (tried: number) => boolean;
}

/** Longer inputs are not kept, so that the corpus stays readable. Characters. */
const LONGEST_KEPT = 3_000;
/** Most new inputs that one hunt keeps, and most that a corpus has: CI tries each. */
const MOST_NEW = 10;
const MOST_KEPT = 80;
/** How many inputs are tried to make a failing one shorter; a slow one takes its time in each. */
const TRIES = 500;
const SLOW_TRIES = 8;
/** Most kinds of failures of one target: the first ones say enough. */
const MOST_FAILURES = 5;

/**
 * Tries the seeds, the corpus, and then inputs that descend from them. An input with a new outcome becomes an ancestor,
 * too.
 */
export async function hunt(target: Target, { corpus, random, more }: HuntOptions): Promise<Hunt> {
  const pool = [...target.seeds, ...corpus];
  const kept: string[] = [];
  const features = new Set<string>();
  const failures = new Map<string, Failure>();
  let tried = 0;

  const take = async (text: string): Promise<boolean> => {
    tried += 1;
    const verdict = await judge(target, text);
    if (verdict.failure !== undefined) await note(text, verdict.failure, verdict.isSlow ? SLOW_TRIES : TRIES);
    return learn(verdict);
  };
  const learn = (verdict: Verdict): boolean => {
    const before = features.size;
    for (const feature of verdict.features) features.add(feature);
    return features.size > before;
  };
  const note = async (text: string, what: string, tries: number): Promise<void> => {
    const kind = kindOfFailure(what);
    if (failures.has(kind)) return;
    let shortest = what;
    const failsAlike = async (shorter: string): Promise<boolean> => {
      const { failure } = await judge(target, shorter);
      if (failure === undefined || kindOfFailure(failure) !== kind) return false;
      shortest = failure;
      return true;
    };
    const input = await shrink(text, failsAlike, tries);
    failures.set(kind, { target: target.name, what: shortest, input });
  };

  for (const seed of target.seeds) await take(seed);
  for (const known of corpus) if (await take(known)) kept.push(known);
  const most = Math.min(kept.length + MOST_NEW, MOST_KEPT);
  let found = 0;
  while (more(tried) && failures.size < MOST_FAILURES) {
    const ancestor = pool[random.integer(0, pool.length - 1)] ?? '';
    const text = mutate(ancestor, random, pool);
    if (!(await take(text)) || text.length > LONGEST_KEPT) continue;
    pool.push(text);
    found += 1;
    if (kept.length < most) kept.push(text);
  }
  return { tried, failures: [...failures.values()], corpus: kept, found };
}
