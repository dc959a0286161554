import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withLightStack } from '../sandbox/in-process/light-stack.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../sandbox/stack/template.ts';
import { scenarioOf } from './draw.ts';
import { playScenario } from './play.ts';

/** Seeds whose days broke something once: each stays proven. */
const ONCE_BROKEN: readonly number[] = [10];
/** A sample of those that `npm run simulate` plays. */
const SAMPLE = [4, 6];

let synthesized: SynthesizedStack;
let remove: () => void;

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    withLightStack(async (template) => {
      synthesized = readSynthesizedStack(template);
      ready();
      await new Promise<void>((resolve) => {
        remove = resolve;
      });
    }).catch(failed);
  });
});
afterAll(() => remove());

describe('a simulated day', () => {
  it.each([...ONCE_BROKEN, ...SAMPLE])('breaks nothing that must hold: seed %i', async (seed) => {
    const { breaches, calls, records } = await playScenario(scenarioOf(seed), { synthesized, inProcess: true });
    expect(breaches).toEqual([]);
    expect(calls).toBeGreaterThan(100);
    expect(records).toBeGreaterThan(5);
  });
});
