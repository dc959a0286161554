import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { sample as upgradeHint } from '../events/upgrade-hint.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, isAboutGroup, playThrough, type Scenario, start, storyOf } from './harness.ts';
import { grantedActions } from './iam.ts';

const FLEETS = globSync('*.json', { cwd: join(import.meta.dirname, '..', 'sandbox', 'fleets') })
  .map((file) => file.replace('.json', ''))
  // Played by scale.test.ts: a look at it costs thousands of calls.
  .filter((fleet) => fleet !== 'thousand-groups')
  .sort();

/** How long each fleet is played here; a fleet that is not named is played for a day. */
const LENGTHS: Readonly<Record<string, string>> = { demo: '28h', mixed: '30h', 'ssm-agent': '3h', year: '6h' };

const runs = new Map<string, Promise<Run>>();
const runOf = (fleet: string): Promise<Run> => {
  const run = runs.get(fleet) ?? playThrough({ fleet, play: LENGTHS[fleet] ?? '1d', seed: 7 });
  runs.set(fleet, run);
  return run;
};

describe.each(FLEETS)('the fleet %s', (fleet) => {
  it('plays without a denied call, a dead letter or a failed invocation', async () => {
    const run = await runOf(fleet);
    expect(run.records.length).toBeGreaterThan(0);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.errors).toEqual([]);
  });

  it('has each record once: an outcome of a subject is not told again', async () => {
    const ids = (await runOf(fleet)).records.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a record for each of its node groups', async () => {
    const run = await runOf(fleet);
    for (const cluster of run.account.snapshot().clusters) {
      for (const { name } of cluster.nodeGroups) {
        expect(storyOf(run, cluster.name, name).length, `${cluster.name}/${name}`).toBeGreaterThan(0);
      }
    }
  });
});

it('the mixed fleet ends where its policy and states say', async () => {
  const run = await runOf('mixed');
  const last = Object.fromEntries(
    run.records
      .filter(isAboutGroup)
      .map(({ cluster, nodegroup, decision, reason }) => [`${cluster}/${nodegroup}`, `${decision} ${reason}`]),
  );
  expect(last).toEqual({
    'main/arm': 'done upgraded',
    'main/bottlerocket': 'done upgraded',
    'main/gpu': 'done upgraded',
    'main/standard': 'done upgraded',
    'main/windows': 'done upgraded',
    'old/al2': 'done upgraded',
    'old/auto-mode:*': 'skipped auto-mode',
    'old/creating': 'done upgraded',
    'old/custom': 'skipped custom-ami',
    'old/degraded': 'skipped node-group-unhealthy',
    'old/karpenter:general': 'skipped karpenter',
    'old/self-managed:old-legacy': 'skipped self-managed',
    'upgrading/behind': 'done upgraded',
    'upgrading/bottlerocket-arm': 'skipped release-withdrawn',
    'upgrading/standard': 'done upgraded',
  });
});

describe('the same seed', () => {
  const told = async (scenario: Scenario) => {
    const { records, calls, account } = await start(scenario);
    return JSON.stringify([records, calls, account.snapshot()]);
  };

  it('gives the same run, byte for byte, and another seed another one', async () => {
    const policy = { upgrades: { bakeAge: '1h' } };
    const scenario = {
      fleet: 'demo',
      policy,
      play: '5h',
      seed: 11,
      faults: { throttleRate: 0.02, deliveryDelayMs: 5000 },
    };
    const first = await told(scenario);
    expect(await told(scenario)).toBe(first);
    expect(await told({ ...scenario, seed: 12 })).not.toBe(first);
  });
});

describe('rights', () => {
  const HOST_MANAGEMENT = { attachPolicy: 'off', defaultHostManagement: 'enforce' };

  it('are all used by some run, so that none is granted in vain', async () => {
    const bad = { ...amiRelease, id: 'bad', detail: {} };
    const hint = {
      ...upgradeHint,
      detail: { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' },
    };
    const crash = { function: 'upgrade-node-groups', call: await startCallNumber(), when: 'after' as const };
    const others = [
      playThrough({ fleet: 'demo', play: '2h', events: [bad, hint].map((event) => ({ after: 0, event })) }),
      playThrough({ fleet: 'demo', policy: { upgrades: { bakeAge: '1m' } }, play: '3h', seed: 3, faults: { crash } }),
      playThrough({ fleet: 'ssm-agent', policy: { ssmAgent: { remedies: HOST_MANAGEMENT } }, play: '2h' }),
    ];
    const all = await Promise.all([...FLEETS.map(runOf), ...others]);
    const roles = new Set(all.flatMap(({ calls }) => calls.map(({ roleLogicalId }) => roleLogicalId ?? '')));
    const serviceRoles = all.flatMap(({ account }) => account.stack.serviceCalls.map((call) => call.roleLogicalId));
    const used = new Set([
      ...all.flatMap(({ calls }) =>
        calls.flatMap(({ permissions, roleLogicalId }) =>
          permissions.map(({ action }) => `${roleLogicalId}: ${action}`),
        ),
      ),
      ...all.flatMap(({ account }) =>
        account.stack.serviceCalls.map(({ roleLogicalId, action }) => `${roleLogicalId}: ${action}`),
      ),
    ]);
    const [first] = all;
    const granted =
      first === undefined
        ? new Set<string>()
        : grantedActions(first.account, [...new Set([...roles, ...serviceRoles])]);
    expect(granted.size).toBeGreaterThan(20);
    expect([...granted].filter((action) => !used.has(action))).toEqual([]);
  });

  /** The number of the call that starts an upgrade, among those of its function. */
  async function startCallNumber(): Promise<number> {
    const run = await start({ fleet: 'demo', policy: { upgrades: { bakeAge: '1m' } }, play: '3h', seed: 3 });
    const calls = run.calls.filter((call) => call.function === 'upgrade-node-groups');
    return calls.findIndex(({ operation }) => operation === 'UpdateNodegroupVersion') + 1;
  }
});
