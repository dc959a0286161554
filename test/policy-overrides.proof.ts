import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { incidentOf, nodeGroupOf, playThrough } from './harness.ts';
import { FAST, fleet, group, NEW } from './upgrade.fixture.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('overrides decide by name and by tag what becomes of each node group; records, explain and policy check name them', async () => {
  const policy = {
    ...FAST,
    overrides: [
      { name: 'databases', match: { clusters: ['shop'], nodegroups: ['db-*'] }, upgrades: { mode: 'off' } },
      { name: 'watched', match: { tags: { watched: '*' } }, upgrades: { mode: 'observe' } },
    ],
  };
  const groups = [group('web'), group('db-orders'), { ...group('jobs'), tags: { watched: 'yes' } }];
  const run = await playThrough({ inProcess: true, fleet: fleet(groups), policy, play: '5h' });

  expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
  expect(incidentOf(run, 'shop', 'db-orders').at(-1)).toBe('skipped mode-off');
  expect(incidentOf(run, 'shop', 'jobs').at(-1)).toBe('would-act would-upgrade');
  const overridesOf = (name: string) => run.records.findLast(({ nodegroup }) => nodegroup === name)?.details?.overrides;
  expect(['web', 'db-orders', 'jobs'].map(overridesOf)).toEqual([undefined, ['databases'], ['watched']]);

  const explained = await operate(run.account, 'explain', 'shop/jobs');
  expect(explained.stdout).toContain("by the policy's overrides: watched");

  const file = join(directory, 'policy.json');
  writeFileSync(file, JSON.stringify({ ...policy, overrides: policy.overrides.slice(1) }));
  const checked = await operate(run.account, 'policy', 'check', file, '--fleet');
  expect(checked).toMatchObject({ code: 0, stderr: expect.stringMatching(/a good policy/) });
  expect(checked.stdout.trim().split('\n')).toEqual([
    'override watched fits shop/jobs',
    'upgrades.mode: "off" becomes "enforce" for shop/db-orders',
  ]);
});
