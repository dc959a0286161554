import { describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { HOUR, incidentOf, MINUTE, nodeGroupOf, start, upgradeCalls } from './harness.ts';
import { ALL_PROOFS } from './sampled.ts';
import { FAST, group, NEW, OLD, release } from './upgrade.fixture.ts';

const QUIET = {
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  findings: { mode: 'off' },
  posture: { mode: 'off' },
};

/** When each upgrade ended, epoch ms, by `cluster/group release`. */
const endsOf = ({ records }: Run): Map<string, number> =>
  new Map(
    records
      .filter(({ reason }) => reason === 'upgraded')
      .map(({ cluster, nodegroup, details, time, message }) => [
        `${cluster}/${nodegroup} ${/runs (\S+) now/.exec(message)?.[1] ?? JSON.stringify(details)}`,
        Date.parse(time),
      ]),
  );

describe('a poisoned group among 25 in three clusters, whose read fails for 40 hours', () => {
  it('holds up none of the other 24: they finish as without it, and it follows when it can be read', async () => {
    const NEXT = '1.33.14-20260728';
    const named = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => group(`${prefix}-${index}`, { desiredSize: 1 + (index % 3) }));
    const clusters = [
      { name: 'north', version: '1.33', nodeGroups: named('tide', 11) },
      { name: 'east', version: '1.33', nodeGroups: named('reef', 8) },
      { name: 'south', version: '1.33', nodeGroups: named('dune', 6) },
    ];
    const base = {
      startsAt: '2026-07-14T00:10:00Z',
      releases: [release(OLD, '-10d'), release(NEW, '+90m'), release(NEXT, '+22h')],
      clusters,
    };
    const poison = { cluster: 'east', nodeGroup: 'reef-3', from: '+1h', until: '+41h' };
    const troubles = [
      { ...poison, operations: ['DescribeNodegroup', 'ListUpdates'], code: 'ServiceUnavailableException', status: 503 },
    ];
    const policy = { ...QUIET, upgrades: { bakeAge: '3h', concurrency: { perCluster: 1, perAccount: 2 } } };
    const quiet = await start({ fleet: base, policy, inProcess: true, play: '46h' });
    const run = await start({ fleet: { ...base, troubles }, policy, inProcess: true, play: '46h' });

    const [expected, got] = [endsOf(quiet), endsOf(run)];
    expect(expected.size).toBe(50);
    for (const version of [NEW, NEXT]) {
      const ofOthers = (ends: Map<string, number>) =>
        [...ends].filter(([subject]) => subject.endsWith(` ${version}`) && !subject.startsWith('east/reef-3 '));
      const inOrder = (ends: Map<string, number>) =>
        ofOthers(ends)
          .map(([, end]) => end)
          .sort((one, other) => one - other);
      const names = (ends: Map<string, number>) => ofOthers(ends).map(([subject]) => subject);
      expect(names(expected)).toHaveLength(24);
      expect(names(got).sort()).toEqual(names(expected).sort());
      // Chance decides which of the account's two slots a turn gets, so the numbers of finished upgrades may differ by
      // one turn at any time.
      const [without, withIt] = [inOrder(expected), inOrder(got)];
      for (const [index, end] of without.entries()) {
        expect(withIt[index], `${version}, number ${index}`).toBeLessThanOrEqual(end + 40 * MINUTE);
      }
    }
    expect(incidentOf(run, 'east', 'reef-3').filter((line) => line === 'failed unreadable')).toHaveLength(1);
    expect(nodeGroupOf(run, 'east', 'reef-3').releaseVersion).toBe(NEXT);
    expect(run.errors.filter((line) => /upgrade-node-groups|watch-ami-releases|sweep-fleet/.test(line))).toEqual([]);
  });
});

it.runIf(ALL_PROOFS)(
  'fifty node groups in one cluster: each is upgraded once, by its age, within the limit',
  async () => {
    const OLDER = '1.33.11-20260605';
    const groups = Array.from({ length: 50 }, (_, index) =>
      group(`g-${String(49 - index).padStart(2, '0')}`, {
        desiredSize: 1,
        releaseVersion: index % 2 === 0 ? OLD : OLDER,
        updates: { minutesPerNode: 2 },
      }),
    );
    const fleet = {
      startsAt: '2026-07-14T00:00:00Z',
      releases: [release(OLDER, '-30d'), release(OLD, '-10d'), release(NEW, '+90m')],
      clusters: [{ name: 'wide', version: '1.33', nodeGroups: groups }],
    };
    const policy = { ...QUIET, upgrades: { bakeAge: '2h', concurrency: { perCluster: 4, perAccount: 4 } } };
    const run = await start({ fleet, policy, inProcess: true, play: '16h' });
    const started = upgradeCalls(run).map(({ input }) => `${input.nodegroupName}`);
    for (const { name } of groups) expect(nodeGroupOf(run, 'wide', name).releaseVersion, name).toBe(NEW);
    // Node groups on the oldest release move to the newest that has baked. None is started twice for one release.
    const perRelease = upgradeCalls(run).map(({ input }) => `${input.nodegroupName} ${input.releaseVersion}`);
    expect(new Set(perRelease).size).toBe(perRelease.length);
    expect(started.length).toBeLessThanOrEqual(75);
    expect(run.errors).toEqual([]);
  },
);

describe('parameters of one pair that cannot be read', () => {
  const BOTTLEROCKET = { kubernetesVersion: '1.33', amiType: 'BOTTLEROCKET_x86_64' };
  const fleet = (nodeGroups: object[], trouble: object) => ({
    startsAt: '2026-07-14T00:00:00Z',
    releases: [
      release(OLD, '-10d'),
      release(NEW, '+90m'),
      { at: '-10d', ...BOTTLEROCKET, releaseVersion: '1.50.0-1f3d7a2b' },
      { at: '+90m', ...BOTTLEROCKET, releaseVersion: '1.51.0-47438798' },
    ],
    clusters: [{ name: 'shop', version: '1.33', nodeGroups }],
    troubles: [{ parameters: '/aws/service/bottlerocket/*', ...trouble }],
  });
  const mixed = [group('linux'), group('rocket', { amiType: 'BOTTLEROCKET_x86_64' })];

  it.each([
    ['a right is missing', { code: 'AccessDeniedException', status: 400, message: 'User is not authorized. {id}' }],
    ['Systems Manager fails', { code: 'InternalServerError', status: 500 }],
    ['there is no answer', { code: 'ConnectionDropped' }],
  ])('hold up that pair only, named once by watcher and group, and no release is taken unseen: %s', async (_, how) => {
    const run = await start({
      fleet: fleet(mixed, { ...how, until: '+9h' }),
      policy: { ...QUIET, ...FAST },
      inProcess: true,
      play: '13h',
    });
    const of = (nodegroup: string) => run.records.filter((record) => record.nodegroup === nodegroup);
    const linux = of('linux').find(({ reason }) => reason === 'upgraded');
    expect(Date.parse(linux?.time ?? '')).toBeLessThan(Date.parse('2026-07-14T05:00:00Z'));
    expect(incidentOf(run, 'shop', 'rocket').filter((line) => /unreadable/.test(line))).toEqual(['failed unreadable']);
    const watched = run.records.filter(
      ({ remediation, message }) => remediation === 'watch-ami-releases' && message.includes('BOTTLEROCKET'),
    );
    expect(watched.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual([
      'failed unreadable',
      'done release-readable',
      'acted release-seen',
    ]);
    // The release bakes from when it was first seen, which was after the failures.
    const began = upgradeCalls(run).find(({ input }) => input.nodegroupName === 'rocket');
    expect(Date.parse(began?.at ?? '')).toBeGreaterThan(Date.parse('2026-07-14T11:00:00Z'));
    expect(nodeGroupOf(run, 'shop', 'rocket').releaseVersion).toBe('1.51.0-47438798');
    expect(run.errors.filter((line) => /upgrade-node-groups|watch-ami-releases/.test(line))).toEqual([]);
  });

  it('while a known release bakes: nothing starts before they can be read, and then it does', async () => {
    const run = await start({
      fleet: fleet(mixed, { code: 'AccessDeniedException', status: 400, from: '+3h', until: '+8h' }),
      policy: { ...QUIET, ...FAST },
      inProcess: true,
      play: '11h',
    });
    const began = upgradeCalls(run).find(({ input }) => input.nodegroupName === 'rocket');
    expect(Date.parse(began?.at ?? '')).toBeGreaterThanOrEqual(Date.parse('2026-07-14T08:00:00Z'));
    expect(Date.parse(began?.at ?? '')).toBeLessThan(Date.parse('2026-07-14T09:30:00Z'));
    expect(incidentOf(run, 'shop', 'rocket').filter((line) => !/in-flight/.test(line))).toEqual([
      'done up-to-date',
      'waiting baking',
      'failed unreadable',
      'acted upgrade-started',
      'done upgraded',
    ]);
  });
});

it.runIf(ALL_PROOFS)(
  'eight groups and a weekly window for four: over four weeks of weekly releases each has its turns, none twice before another',
  async () => {
    const releases = Array.from({ length: 5 }, (_, week) => {
      const day = new Date(Date.parse('2026-05-26T00:00:00Z') + week * 7 * 24 * HOUR);
      return {
        at: week === 0 ? '-10d' : day.toISOString(),
        kubernetesVersion: '1.33',
        amiType: 'AL2023_x86_64_STANDARD',
        releaseVersion: `1.33.${week}-${day.toISOString().slice(0, 10).replaceAll('-', '')}`,
      };
    });
    const nodeGroups = Array.from({ length: 8 }, (_, index) =>
      group(`pool-${index}`, { desiredSize: 2, updates: { minutesPerNode: 10 } }),
    );
    const fleet = {
      startsAt: '2026-05-26T12:00:00Z',
      releases,
      clusters: [{ name: 'shop', version: '1.33', nodeGroups }],
    };
    const windows = [{ cron: '0 1 * * SUN', duration: '100m', timeZone: 'Europe/Lisbon' }];
    const run = await start({ fleet, policy: { ...QUIET, upgrades: { windows } }, inProcess: true, play: '4w' });
    const turns = upgradeCalls(run).map(({ input }) => String(input.nodegroupName));
    const counts = nodeGroups.map(({ name }) => turns.filter((turn) => turn === name).length);
    // There are some four turns a week, and no group is ever ahead of another by more than one turn.
    expect(turns.length).toBeGreaterThanOrEqual(12);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    for (let until = 1; until <= turns.length; until++) {
      const sofar = nodeGroups.map(({ name }) => turns.slice(0, until).filter((turn) => turn === name).length);
      expect(Math.max(...sofar) - Math.min(...sofar)).toBeLessThanOrEqual(1);
    }
  },
);
