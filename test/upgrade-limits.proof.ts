import { describe, expect, it } from 'vitest';
import { incidentOf, playThrough, start, upgradeCalls } from './harness.ts';
import { FAST, fleet, group } from './upgrade.fixture.ts';

describe('an upgrade', () => {
  it('changes the same things when every message and every event comes twice', async () => {
    const groups = [group('a'), group('b'), group('c')];
    const once = await playThrough({ inProcess: true, fleet: fleet(groups), policy: FAST, play: '8h' });
    const twice = await playThrough({
      inProcess: true,
      fleet: fleet(groups),
      policy: FAST,
      play: '8h',
      faults: { duplicateMessages: true, duplicateEvents: true },
    });
    const done = (run: typeof once) =>
      upgradeCalls(run)
        .map(({ input }) => JSON.stringify(input))
        .sort();
    expect(done(twice)).toEqual(done(once));
    for (const { name } of [{ name: 'a' }, { name: 'b' }, { name: 'c' }]) {
      const outcomes = incidentOf(twice, 'shop', name).filter((line) => !line.startsWith('waiting'));
      expect(outcomes).toEqual(['done up-to-date', 'acted upgrade-started', 'done upgraded']);
    }
  });

  it('starts upgrades only inside a change window', async () => {
    const windows = [{ cron: '0 3 * * *', duration: '2h', timeZone: 'Europe/Berlin' }];
    const run = await playThrough({
      inProcess: true,
      fleet: fleet([group('a'), group('b')]),
      policy: { upgrades: { ...FAST.upgrades, windows } },
      play: '30h',
    });
    expect(upgradeCalls(run)).toHaveLength(2);
    for (const { at } of upgradeCalls(run)) expect(at.slice(11, 13)).toMatch(/01|02/);
  });
});

it('a window that has room for one upgrade gives each node group its turn before one that has failed has another', async () => {
  const fails = [{ errorCode: 'PodEvictionFailure', times: 99 }];
  const run = await start({
    inProcess: true,
    fleet: fleet([group('a', { updates: { fails } }), group('b', { updates: { fails } }), group('web')]),
    policy: { upgrades: { ...FAST.upgrades, windows: [{ cron: '0 3 * * *', duration: '10m' }] } },
    play: '4d',
  });
  expect(upgradeCalls(run).map(({ input }) => input.nodegroupName)).toEqual(['a', 'b', 'web']);
});

describe('blast budget', () => {
  const groups = ['a', 'b', 'c', 'd'].map((name) => group(name));
  const clusters = ['one', 'two', 'three'].map((name) => ({ name, version: '1.33', nodeGroups: groups }));

  it.each([
    [{ perCluster: 1, perAccount: 2 }],
    [{ perCluster: 2, perAccount: 3 }],
    [{ perCluster: 4, perAccount: 12 }],
  ])('%j is never exceeded, and every node group gets its turn without waiting for a sweep', async (concurrency) => {
    let [mostInAccount, mostInCluster] = [0, 0];
    const run = await playThrough({
      inProcess: true,
      fleet: { ...fleet([]), clusters },
      policy: { upgrades: { ...FAST.upgrades, concurrency } },
      play: '10h',
      onCall: () => undefined,
    });
    for (const { at } of upgradeCalls(run)) {
      const running = upgradesAt(run, Date.parse(at));
      mostInAccount = Math.max(mostInAccount, running.length);
      for (const { name } of clusters) {
        mostInCluster = Math.max(mostInCluster, running.filter((cluster) => cluster === name).length);
      }
    }
    expect(mostInAccount).toBe(Math.min(concurrency.perAccount, concurrency.perCluster * clusters.length));
    expect(mostInCluster).toBe(concurrency.perCluster);
    expect(upgradeCalls(run)).toHaveLength(12);
    const ends = run.records.filter(({ reason }) => reason === 'upgraded').map(({ time }) => Date.parse(time));
    expect(ends).toHaveLength(12);
    // 12 groups take some 10 minutes each, and 5 more until the end is seen. One sweep per group would take hours.
    const rounds = Math.ceil(12 / mostInAccount);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(rounds * 30 * 60_000);
  });
});

/** The clusters of the upgrades that run at a time (epoch ms). */
function upgradesAt(run: Awaited<ReturnType<typeof playThrough>>, at: number): string[] {
  const ended = new Map(
    run.records
      .filter(({ reason }) => reason === 'upgraded')
      .map(({ details, time }) => [details?.updateId, Date.parse(time)]),
  );
  return run.account.snapshot().clusters.flatMap(({ name, nodeGroups }) =>
    nodeGroups
      .flatMap(({ updates }) => updates)
      .filter(({ id, createdAt }) => Date.parse(createdAt) <= at && (ended.get(id) ?? Number.POSITIVE_INFINITY) > at)
      .map(() => name),
  );
}
