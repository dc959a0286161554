import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../cli/usage-error.ts';
import { parsePolicy } from '../functions/policy-document.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { DEFECTS } from './mutations/defects.ts';
import { fleetFileOf, policyDocumentOf } from './scenario/documents.ts';
import { scenarioOf, WORKERS } from './scenario/draw.ts';
import { partsOf, shrink, WHOLES, without } from './scenario/leave-out.ts';
import { faultKinds, type Scenario } from './scenario/scenario.ts';
import { readSettings } from './settings.ts';

const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);

describe('a scenario', () => {
  it('is a function of its seed, and another one for another seed', () => {
    expect(scenarioOf(7)).toEqual(scenarioOf(7));
    expect(new Set(SEEDS.map((seed) => JSON.stringify(scenarioOf(seed)))).size).toBe(SEEDS.length);
  });

  it('has twenty workers, at least three kinds of faults, and a fleet that the sandbox takes', () => {
    for (const seed of SEEDS) {
      const scenario = scenarioOf(seed);
      const { clusters } = parseFleet(JSON.stringify(fleetFileOf(scenario)), `seed ${seed}`);
      const sizes = clusters.flatMap(({ nodeGroups }) => nodeGroups.map(({ desiredSize }) => desiredSize));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(WORKERS);
      expect(faultKinds(scenario).length).toBeGreaterThanOrEqual(3);
    }
  });

  it('has every kind of step and of fault in some seed', () => {
    const scenarios = SEEDS.map(scenarioOf);
    expect(new Set(scenarios.flatMap(({ steps }) => steps.map(({ kind }) => kind)))).toEqual(
      new Set(['policy', 'ask', 'rule', 'expose-silently', 'forged-launch']),
    );
    expect(new Set(scenarios.flatMap(faultKinds)).size).toBe(11);
    expect(new Set(scenarios.flatMap((scenario) => WHOLES.filter((whole) => scenario[whole] !== undefined)))).toEqual(
      new Set(WHOLES),
    );
    // What a day has besides is left out with one of these, or never.
    const others = ['seed', 'fleet', 'policy', 'faults', 'steps'];
    expect(new Set(scenarios.flatMap(Object.keys))).toEqual(new Set([...others, ...WHOLES]));
  });

  it('has policies that the functions take, whatever waves and self-managed groups say in them', () => {
    for (const seed of SEEDS) {
      const scenario = scenarioOf(seed);
      const drawn = [scenario.policy, ...scenario.steps.flatMap((step) => (step.kind === 'policy' ? step.policy : []))];
      for (const policy of drawn) {
        expect(parsePolicy(JSON.stringify(policyDocumentOf(scenario, policy)), 'enforce')).not.toHaveProperty('error');
      }
    }
  });
});

describe('a scenario that fails', () => {
  const failsWith =
    (...needed: string[]) =>
    async (scenario: Scenario): Promise<boolean> =>
      needed.every((part) => partsOf(scenario).includes(part));

  it('is shrunk to what its failure needs', async () => {
    const scenario = scenarioOf(1);
    const needed = partsOf(scenario).at(-1) ?? '';
    const needless = await shrink(scenario, [], failsWith(needed));
    expect(partsOf(without(scenario, needless))).toEqual([needed]);
  });
});

describe('the options', () => {
  it('have defaults, and are read', () => {
    expect(readSettings([])).toMatchObject({ seeds: 50, from: 1, wireEvery: 0, without: [] });
    expect(readSettings(['--seeds', '3', '--from', '9', '--without', 'step0,crashRate'])).toMatchObject({
      seeds: 3,
      from: 9,
      without: ['step0', 'crashRate'],
    });
  });

  it.each([
    [['--seeds', 'many'], '--seeds must be a whole number from 1, not "many"'],
    [['--from', '1.5'], '--from must be a whole number from 0'],
    [['--seed', '1'], 'npm run simulate'],
  ])('are refused by name: %j', (args, message) => {
    expect(() => readSettings(args)).toThrow(UsageError);
    expect(() => readSettings(args)).toThrow(message);
  });
});

describe('the list of defects', () => {
  const functions = join(import.meta.dirname, '..', 'functions');

  it('has at least thirty, each of its own name', () => {
    expect(DEFECTS.length).toBeGreaterThanOrEqual(30);
    const names = DEFECTS.map(({ file, what }) => `${file} ${what}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(DEFECTS)('can be planted: $file, $what', ({ file, right, tests }) => {
    expect(readFileSync(join(functions, file), 'utf8').split(right)).toHaveLength(2);
    expect(tests.filter((test) => !existsSync(join(functions, test)))).toEqual([]);
  });
});
