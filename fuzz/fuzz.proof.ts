import { describe, expect, inject, it } from 'vitest';
import { Random } from '../sandbox/time/random.ts';
import { readCorpus } from './corpus.ts';
import { hunt } from './hunt.ts';
import { judge } from './judge.ts';
import type { Target } from './target.ts';
import { handlerTargets } from './targets/handlers.ts';
import { Stage } from './targets/stage.ts';
import { TEXT_TARGETS } from './targets/texts.ts';

const HANDLERS = handlerTargets(new Stage(inject('lightTemplate')));

/** The corpus, and so many inputs of a fixed seed. */
async function expectNoFailure(target: Target, more: number): Promise<void> {
  const corpus = readCorpus(target.name);
  const most = target.seeds.length + corpus.length + more;
  const { failures, tried } = await hunt(target, {
    corpus,
    random: new Random(16).fork(target.name),
    more: (so) => so < most,
  });
  expect(failures).toEqual([]);
  expect(tried).toBe(most);
}

describe('inputs that nobody meant', () => {
  it.each(TEXT_TARGETS.map((target) => [target.name, target] as const))(
    'are refused or read by %s, and do no harm',
    (_name, target) => expectNoFailure(target, 400),
  );

  it.each(HANDLERS.map((target) => [target.name, target] as const))(
    'are refused or read by %s, and do no harm',
    (_name, target) => expectNoFailure(target, 25),
  );
});

it('the events that they descend from are taken by each function', async () => {
  const refused: string[] = [];
  for (const target of HANDLERS)
    for (const seed of target.seeds) {
      const { features } = await judge(target, seed);
      if (features.some((feature) => /invalid-event|ZodError|SyntaxError/.test(feature)))
        refused.push(`${target.name}: ${features.join()}`);
    }
  expect(refused).toEqual([]);
});
