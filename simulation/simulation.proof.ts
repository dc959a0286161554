import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { bundlesOf } from '../sandbox/in-process/light-stack.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { playScenario } from './play.ts';
import { scenarioOf } from './scenario/draw.ts';
import { WHOLES, without } from './scenario/leave-out.ts';
import { templateFor, templatesFrom } from './templates.ts';

interface Played {
  readonly seed: number;
  /** What days could have besides steps, launches, changes and faults when this one broke something. */
  readonly drawn: ReadonlyArray<(typeof WHOLES)[number]>;
  readonly left?: readonly string[];
}

/** What days could have once they could have this, as long as nothing later had come. */
const upTo = (last: (typeof WHOLES)[number]): Played['drawn'] => WHOLES.slice(0, WHOLES.indexOf(last) + 1);

/** Seeds whose days broke something once, each as it was then: it stays proven. */
const ONCE_BROKEN: readonly Played[] = [
  { seed: 10, drawn: [] },
  { seed: 87, drawn: [] },
  { seed: 44, drawn: ['selfManaged'], left: ['launch0', 'launch1'] },
  { seed: 910, drawn: ['waves', 'gate', 'selfManaged'] },
  { seed: 1409, drawn: ['waves', 'gate', 'selfManaged'] },
  { seed: 387, drawn: ['waves', 'gate', 'selfManaged', 'nodeClasses'] },
  { seed: 51, drawn: upTo('rulings') },
  { seed: 143, drawn: upTo('sweeps') },
  { seed: 193, drawn: upTo('controlPlanes') },
  { seed: 88112, drawn: ['selfManaged', 'rulings', 'sweeps', 'vulnerabilities'] },
  ...[783, 839, 956, 1361, 1636, 1814, 2231].map((seed) => ({ seed, drawn: upTo('addresses') })),
  ...[133, 456].map((seed) => ({ seed, drawn: upTo('exposedPools') })),
  { seed: 217, drawn: upTo('shells') },
  ...[1834, 1875, 2120, 2265, 2373, 2649, 2771, 2888, 4332].map((seed) => ({ seed, drawn: upTo('ownImages') })),
  ...[8295, 9791].map((seed) => ({ seed, drawn: upTo('scalings') })),
  ...[15040, 15862, 17873].map((seed) => ({ seed, drawn: upTo('mistake') })),
  ...[80, 18001, 20193].map((seed) => ({ seed, drawn: upTo('starvation') })),
];
const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-days-'));
afterAll(() => rmSync(directory, { recursive: true }));
const templates = templatesFrom(bundlesOf(inject('lightTemplate')), directory);

describe('a simulated day', () => {
  it.each(ONCE_BROKEN)('breaks nothing that must hold: seed $seed', async ({ seed, drawn, left = [] }) => {
    const later = WHOLES.filter((whole) => !drawn.includes(whole));
    const scenario = without(scenarioOf(seed), [...later, ...left]);
    const synthesized = readSynthesizedStack(templateFor(scenario, templates));
    const { breaches, calls, records } = await playScenario(scenario, { synthesized, inProcess: true });
    expect(breaches).toEqual([]);
    expect(calls).toBeGreaterThan(100);
    expect(records).toBeGreaterThan(5);
  });
});
