import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { fleet as withShells } from '../functions/close-shells/close-shells.fixture.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, type Scenario, start } from './harness.ts';
import { outcomes, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';
import { sampled } from './sampled.ts';

/** The most invocations of a function that one chain may have; Lambda stops the one after about the sixteenth. */
const LONGEST_CHAIN = 12;

/** Every example, played until each of its functions has decided. */
const PLAYS: Readonly<Record<string, string>> = {
  demo: '28h',
  findings: '7h',
  'findings-storm': '65m',
  mixed: '12h',
  quarantine: '3h',
  'ssm-agent': '3h',
  'thousand-groups': '1h',
  year: '6h',
};

const fleetOf = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'sandbox', 'fleets', `${name}.json`), 'utf8'));

/** The last word on each subject; workers have other ids in each run, so they count by their group. */
function lastWords({ records }: Run): string[] {
  const last = new Map<string, string>();
  for (const { remediation, cluster, nodegroup, instance, decision, reason } of records) {
    last.set(
      [remediation, cluster, nodegroup, instance].join(' '),
      // The attempt that a failing installer has reached is a matter of seconds.
      cluster === 'agent-kept-from-running' && remediation === 'manage-ssm-agent'
        ? [remediation, cluster, nodegroup, 'tries on'].join(' ')
        : [remediation, cluster, nodegroup, instance && 'worker', decision, reason].join(' '),
    );
  }
  return [...last.values()].sort();
}

/** The recorded failures of each group, without repetitions. */
const failures = ({ records }: Run): string[] =>
  [
    ...new Set(
      records
        .filter(({ decision }) => decision === 'failed')
        .map(({ remediation, cluster, nodegroup, reason }) => [remediation, cluster, nodegroup, reason].join(' ')),
    ),
  ].sort();

it('plays every example', () => {
  const files = globSync('*.json', { cwd: join(import.meta.dirname, '..', 'sandbox', 'fleets') });
  expect(Object.keys(PLAYS).sort()).toEqual(files.map((file) => file.replace('.json', '')).sort());
});

describe.each(Object.entries(PLAYS))('the fleet %s, where reads lag behind and Lambda counts hops', (name, play) => {
  it('ends as where neither is so, and nothing fails of it', { timeout: 600_000 }, async () => {
    // Which worker takes the last slot of a budget is a matter of seconds.
    const concurrency = { perGroup: 9, perCluster: 20, perAccount: 50 };
    const policy = { quarantine: { concurrency } };
    const scenario: Scenario = { fleet: fleetOf(name), policy, play, seed: 7, inProcess: true };
    const [plain, lagging] = await Promise.all([
      start({ ...scenario, fleet: { ...fleetOf(name), recursiveLoopDetection: false } }),
      start({ ...scenario, fleet: { ...fleetOf(name), eventualConsistency: true, recursiveLoopDetection: true } }),
    ]);
    expect(failures(lagging)).toEqual(failures(plain));
    expect(lastWords(lagging)).toEqual(lastWords(plain));
    expect(deadLetterCount(lagging)).toBe(0);
    expect(lagging.errors).toEqual([]);
    const chains = [...lagging.account.lambda.longestChains];
    expect(chains.filter(([, longest]) => longest > LONGEST_CHAIN)).toEqual([]);
  });
});

describe('an exposed launch, where reads lag behind', () => {
  it.each(sampled([1, 2, 3, 4, 5, 6], 3))(
    'is isolated within a minute and a half, and is never left more open than it was: seed %i',
    async (seed) => {
      const fleet = { ...privateFleet({}, publicLaunch()), eventualConsistency: true };
      const run = await start({ ...scenario(fleet), seed, inProcess: true });
      await run.account.play(10 * MINUTE + 1000);
      const worker = run.account.fleet.instances.list().at(-1);
      const { networks } = run.account.fleet;
      const openedTo = () =>
        networks.interfaces
          .of(worker?.id ?? '')
          .flatMap(({ securityGroupIds }) => securityGroupIds)
          .filter((id) => networks.securityGroups.get(id)?.name.endsWith('-untrack')).length;
      let longestOpen = 0;
      let open = 0;
      for (let elapsed = 0; elapsed < 90_000; elapsed += 100) {
        await run.account.play(100);
        open = openedTo() > 0 ? open + 100 : 0;
        longestOpen = Math.max(longestOpen, open);
      }
      expect(networks.isReachable(worker?.id ?? '')).toBe(false);
      expect(longestOpen).toBeLessThan(2000);
      await run.account.play(10 * MINUTE);
      expect(outcomes(run).at(-1)).toBe('done quarantined');
      expect(outcomes(run).filter((outcome) => outcome.startsWith('failed'))).toEqual([]);
    },
  );
});

describe('an Elastic IP of a worker, where reads lag behind', () => {
  const bound = { changes: [{ at: '+10m', cluster: 'shop', nodeGroup: 'web', index: 0, associateAddress: true }] };
  const launched = publicLaunch({ subnets: 'public', publicAddress: 'elastic', openPorts: [] });
  // Seeds with which an old state was read between the first look and the first step, or the last look was not requested.
  it.each([
    ['that runs', bound, 3],
    ['that runs', bound, 8],
    ['that is launched', launched, 11],
    ['that is launched', launched, 5],
    ['that is launched', launched, 6],
    ['that is launched', launched, 7],
  ] as const)('%s is taken off, and that is told, before the next sweep', async (_what, rest, seed) => {
    const fleet = { ...privateFleet({}, rest), startsAt: '2026-07-20T00:05:00Z', eventualConsistency: true };
    const run = await start({ ...scenario(fleet), seed, inProcess: true });
    await run.account.play(14 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    for (const { id } of run.account.fleet.instances.list())
      expect(run.account.fleet.networks.isReachable(id)).toBe(false);
  });
});

const all: readonly Remediation[] = REMEDIATIONS;

describe('functions that an example never has act, where reads lag behind', () => {
  const ofImds = all.find(({ policy }) => policy?.section === 'imds')?.name ?? '';
  /** Pairs of the first and the last outcome of an act on one host. */
  const ACTS: ReadonlyArray<readonly [string, string, string]> = [
    [ofImds, 'imdsv2-being-required', 'imdsv2-required'],
    ['close-shells', 'shells-being-closed', 'shells-closed'],
    ['quarantine-workers', 'quarantine-started', 'quarantined'],
    ['quarantine-workers', 'worker-terminated', 'quarantine-ended'],
  ];
  const policy = {
    imds: { mode: 'enforce' },
    shells: { hosts: 'enforce' },
    quarantine: { expireAfter: '1h', onExpiry: 'terminate', terminationProtection: true },
    ssmAgent: {},
  };
  /**
   * Two clusters. The workers of one take IMDSv1, and one of them is exposed. The hosts of the other have ways in by
   * SSH, and one host is new at the time of the request.
   */
  const exposed = privateFleet({ desiredSize: 2, ssm: { imdsTokens: 'optional' } });
  const { launches } = publicLaunch();
  const fresh = { at: '+10790s', cluster: 'lab', nodeGroup: 'web', withinSeconds: 0 };
  const fleet = {
    ...exposed,
    launches: [...launches, fresh],
    clusters: [...exposed.clusters, ...withShells.clusters.map((each) => ({ ...each, name: 'lab' }))],
  };
  const played = async (more: object, seed: number) => {
    const run = await start({ ...scenario({ ...fleet, ...more }, policy), play: '3h', seed, inProcess: true });
    const checked = await operate(run.account, 'check', 'lab', '--all');
    await run.account.play(HOUR);
    return { run, checked };
  };

  it('end as where reads do not lag: checks of hosts, IMDSv2, ways in by SSH, and terminations', async () => {
    const [plain, lagging] = await Promise.all([played({}, 7), played({ eventualConsistency: true }, 7)]);
    expect(lagging.checked.code).toBe(plain.checked.code);
    expect(failures(lagging.run)).toEqual(failures(plain.run));
    // Repetitions do not count, because it is a matter of seconds whether the exposed worker is asked for IMDSv2 before
    // it is isolated.
    const words = (run: Run) => [...new Set(lastWords(run))];
    expect(words(lagging.run)).toEqual(words(plain.run));
    expect(deadLetterCount(lagging.run)).toBe(0);
    expect(lagging.run.errors).toEqual([]);
    const running = lagging.run.account.fleet.instances.list().filter(({ state }) => state === 'running');
    expect(running.filter(({ metadataTokens }) => metadataTokens !== 'required')).toEqual([]);
    expect(lastWords(lagging.run)).toEqual(
      expect.arrayContaining([
        'check-posture lab batch  done posture-passed',
        'check-posture lab web  done posture-passed',
        'close-shells lab web worker done shells-closed',
        `${ofImds} shop web worker done imdsv2-required`,
        'terminate-workers shop web worker done termination-called',
      ]),
    );
    // Nothing is half done for minutes.
    const { records } = lagging.run;
    for (const [by, begin, end] of ACTS) {
      const begun = records.filter(({ remediation, reason }) => remediation === by && reason === begin);
      expect([by, begin, begun.length > 0]).toEqual([by, begin, true]);
      for (const { instance, time } of begun) {
        const ended = records.find((each) => each.instance === instance && each.reason === end && each.time > time);
        const took = Date.parse(ended?.time ?? '') - Date.parse(time);
        expect({ by, instance, isSoon: took < 2 * MINUTE }).toEqual({ by, instance, isSoon: true });
      }
    }
  });
});
