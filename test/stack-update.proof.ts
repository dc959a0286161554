import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../sandbox/stack/template.ts';
import { deadLetterCount, incidentOf, MINUTE, nodeGroupOf, start, upgradeCalls } from './harness.ts';
import { changes, ENTRY, exposedWorker, ours } from './quarantine.fixture.ts';
import { sampled } from './sampled.ts';
import { NEW, OLD, release } from './upgrade.fixture.ts';

const directory = mkdtempSync(join(tmpdir(), 'stack-update-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The stack with every bundle changed, and every function's memory. */
function changedStack(): SynthesizedStack {
  const file = inject('template');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  )) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const Code = Properties.Code as { S3Key: string };
    const [key = ''] = Code.S3Key.split('.');
    const copy = join(directory, `asset.${key}next`);
    cpSync(join(dirname(file), `asset.${key}`), copy, { recursive: true });
    for (const name of readdirSync(copy).filter((each) => each.endsWith('.js'))) {
      writeFileSync(join(copy, name), `${readFileSync(join(copy, name), 'utf8')}\n// the next version\n`);
    }
    Properties.Code = { ...Code, S3Key: `${key}next.zip` };
    Properties.MemorySize = Number(Properties.MemorySize) + 64;
  }
  const path = join(directory, basename(file));
  writeFileSync(path, JSON.stringify(template));
  return readSynthesizedStack(path);
}

/** A roll of four nodes from two hours on, and a worker that is exposed during it, and whose pods are evicted first. */
const scenario = {
  fleet: {
    startsAt: '2026-07-15T00:00:00Z',
    releases: [release(OLD, '-10d'), release(NEW, '+50m')],
    clusters: [
      {
        name: 'shop',
        version: '1.33',
        network: 'internet-without-address',
        accessEntries: [ENTRY],
        nodeGroups: [
          {
            name: 'web',
            desiredSize: 3,
            maxSize: 9,
            workloads: [{ name: 'cart', replicas: 9, terminationSeconds: 60, disruptionBudget: { maxUnavailable: 1 } }],
          },
          { name: 'roll', desiredSize: 4, updates: { minutesPerNode: 6 } },
        ],
      },
    ],
    changes: [{ at: '+128m', cluster: 'shop', nodeGroup: 'web', index: 0, associateAddress: true }],
  },
  policy: {
    ssmAgent: { mode: 'off' },
    upgrades: { bakeAge: '1h', concurrency: { perCluster: 2 } },
    quarantine: { drain: { evict: true, within: '15m' } },
  },
  seed: 3,
};
const END = 240 * MINUTE;

/** The changing calls of all callers. */
const done = (run: Run) => ({
  upgrades: upgradeCalls(run)
    .map(({ input }) => `${input.nodegroupName} ${input.releaseVersion}`)
    .sort(),
  // Rules of the groups are written in parallel, so the order of two calls is a matter of milliseconds. How often a look
  // finds pods that still end, saves that and asks for the next one, is a matter of seconds.
  quarantine: changes(run)
    .map(({ operation }) => operation)
    .filter((operation) => operation !== 'PutItem' && operation !== 'SendMessageBatch')
    .sort(),
  told: ours(run).map(({ decision, reason }) => `${decision} ${reason}`),
  roll: incidentOf(run, 'shop', 'roll').filter((line) => !/in-flight|concurrency/.test(line)),
});

describe('a stack update in the middle of a roll and of a quarantine', () => {
  let undisturbed: Run;
  let next: SynthesizedStack;
  beforeAll(async () => {
    next = changedStack();
    undisturbed = await start(scenario);
    await undisturbed.account.play(END);
  });

  it('is in the middle of both', () => {
    const { upgrades, told, roll } = done(undisturbed);
    expect(upgrades).toContain(`roll ${NEW}`);
    expect(roll).toEqual(['waiting baking', 'acted upgrade-started', 'done upgraded']);
    expect(told.at(-1)).toBe('done quarantined');
    const [began, ended] = ['acted', 'done'].map((kind) => ours(undisturbed).find(({ decision }) => decision === kind));
    expect(Date.parse(ended?.time ?? '') - Date.parse(began?.time ?? '')).toBeGreaterThan(MINUTE);
  });

  it.each(sampled([119.9, 120.03, 121, 128.05, 128.2, 129, 129.5, 130, 131, 133, 140], 3))(
    'after %s minutes: nothing is lost, and nothing is done twice',
    async (minutes) => {
      const run = await start(scenario);
      await run.account.play(minutes * MINUTE);
      const changed = await run.account.stack.update(next);
      expect(changed.length).toBeGreaterThan(8);
      const calls = run.calls.length;
      await run.account.play(END - minutes * MINUTE);

      expect(run.account.lambda.functions.every(({ bundle }) => bundle.startsWith(directory))).toBe(true);
      expect(new Set(run.calls.slice(calls).map(({ function: name }) => name)).size).toBeGreaterThan(2);
      expect(done(run)).toEqual(done(undisturbed));
      expect(nodeGroupOf(run, 'shop', 'roll')).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
      const { networks } = run.account.fleet;
      expect(networks.isReachable(exposedWorker(run).id)).toBe(false);
      expect(deadLetterCount(run)).toBe(0);
      expect(run.account.deliveries.lost).toEqual([]);
      expect(run.account.lambda.dropped).toEqual([]);
      expect(run.errors).toEqual([]);
    },
  );

  it('changes functions only: anything else is refused before it begins', async () => {
    const { template } = next;
    const [table = ''] =
      Object.entries(template.Resources).find(
        ([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable' || Type === 'AWS::DynamoDB::Table',
      ) ?? [];
    const { [table]: _, ...Resources } = template.Resources;
    const without = { ...next, template: { ...template, Resources } };
    await expect(undisturbed.account.stack.update(without)).rejects.toThrow(`${table} is none, or comes or goes`);
  });
});
