import { describe, expect, inject, it } from 'vitest';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { scenarioOf } from './draw.ts';
import { playScenario } from './play.ts';

/** Seeds whose days broke something once: each stays proven. */
const ONCE_BROKEN: readonly number[] = [10, 87];
/** A sample of those that `npm run simulate` plays. */
const SAMPLE = [4];

const synthesized = readSynthesizedStack(inject('lightTemplate'));

describe('a simulated day', () => {
  it.each([...ONCE_BROKEN, ...SAMPLE])('breaks nothing that must hold: seed %i', async (seed) => {
    const { breaches, calls, records } = await playScenario(scenarioOf(seed), { synthesized, inProcess: true });
    expect(breaches).toEqual([]);
    expect(calls).toBeGreaterThan(100);
    expect(records).toBeGreaterThan(5);
  });
});
