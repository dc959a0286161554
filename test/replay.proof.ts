import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { CallRecord } from '../sandbox/account/service.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import type { ReplayedGroup } from '../sandbox/replay/expectation.ts';
import { groupsOf } from '../sandbox/replay/fleet-groups.ts';
import { judgeReplay, replayFleet } from '../sandbox/replay/replay-fleet.ts';
import { DAY, DEFAULT_RULES, HOUR, MINUTE } from '../sandbox/replay/rules.ts';
import { type GroupUpdate, judgeGroup, judgePeaks } from '../sandbox/replay/verdict.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { deniedCalls } from './iam.ts';

const yearFile = readFileSync(join(import.meta.dirname, '..', 'sandbox', 'fleets', 'year.json'), 'utf8');

describe('three real releases in a week, played', () => {
  it('are taken by each node group as soon as bake time and budget allow, all but AL2, which has ended', async () => {
    // The start is not on the hour, so that releases wait for the reconcile that sees them.
    const startsAt = '2026-01-13T23:40:00Z';
    const fleet = parseFleet(JSON.stringify({ ...JSON.parse(yearFile), startsAt }), 'year.json');
    const calls: CallRecord[] = [];
    const replay = await replayFleet({
      fleet,
      synthesized: readSynthesizedStack(inject('lightTemplate')),
      inProcess: true,
      duration: 8 * DAY,
      onCall: (call) => calls.push(call),
    });
    const { groups, faults } = judgeReplay(replay, fleet, DEFAULT_RULES);

    expect(faults).toEqual([]);
    for (const { group, taken, missed, excused } of groups) {
      const dates = taken.map(({ releaseVersion }) => releaseVersion.split('-')[1]);
      expect(dates, group.nodegroup).toEqual(
        group.amiType === 'AL2_x86_64' ? [] : ['20260114', '20260116', '20260120'],
      );
      expect([...missed, ...excused], group.nodegroup).toEqual([]);
      for (const { delay } of taken) expect(delay).toBeGreaterThanOrEqual(DAY + 40 * MINUTE);
    }
    expect(Object.fromEntries(replay.peaks.byCluster)).toEqual({ production: 1, training: 1, inference: 1 });
    expect([...replay.endsTold.keys()]).toEqual(['training/al2']);
    expect(replay.samples).toHaveLength(32 * 6);
    expect(replay.account.deliveries.lost).toEqual([]);
    expect(replay.account.lambda.dropped).toEqual([]);
    expect(await deniedCalls(replay.account, calls)).toEqual([]);
  });
});

describe('a fleet played under another policy than the one that it is judged by', () => {
  it('is caught: started too early, too many at a time', async () => {
    const nodeGroups = ['a', 'b'].map((name) => ({ name, desiredSize: 1, updates: { minutesPerNode: 30 } }));
    const releases = [
      ['-10d', '1.33.12-20260625'],
      ['+90m', '1.33.13-20260714'],
    ].map(([at, releaseVersion]) => ({
      at,
      releaseVersion,
      kubernetesVersion: '1.33',
      amiType: 'AL2023_x86_64_STANDARD',
    }));
    const clusters = [{ name: 'shop', version: '1.33', nodeGroups }];
    const fleet = parseFleet(JSON.stringify({ startsAt: '2026-07-14T00:00:00Z', releases, clusters }), 'fleet');
    const replay = await replayFleet({
      fleet,
      synthesized: readSynthesizedStack(inject('lightTemplate')),
      inProcess: true,
      policy: JSON.stringify({ upgrades: { bakeAge: '2h', concurrency: { perCluster: 2 } } }),
      duration: 8 * HOUR,
    });
    expect(judgeReplay(replay, fleet, DEFAULT_RULES).faults).toEqual([
      'shop: 2 node groups under update at a time, 1 allowed',
      expect.stringMatching(
        /^shop\/a started 1.33.13-20260714 at 2026-07-14T04:0.* baking until 2026-07-15T01:30:00.000Z$/,
      ),
      expect.stringMatching(/^shop\/b started 1.33.13-20260714 at 2026-07-14T04:0/),
    ]);
  });
});

describe('what a fleet file says of a node group', () => {
  it.each([
    ['one node at a time unless said otherwise', {}, 3 + 10 * 6],
    ['several at a time', { updateConfig: { maxUnavailable: 4 } }, 3 + 3 * 6],
    ['a share at a time, rounded down', { updateConfig: { maxUnavailablePercentage: 39 } }, 3 + 4 * 6],
    ['a share that is less than a node', { updateConfig: { maxUnavailablePercentage: 1 } }, 3 + 10 * 6],
    ['its own minutes a node', { updates: { minutesPerNode: 2 } }, 3 + 10 * 2],
    ['a late failure', { updates: { fails: [{ errorCode: 'PodEvictionFailure', afterMinutes: 90 }] } }, 90],
  ])('bounds its updates: %s', (_what, more, minutes) => {
    const nodeGroups = [{ name: 'web', desiredSize: 10, ...more }];
    const clusters = [{ name: 'shop', version: '1.33', nodeGroups }];
    const [group] = groupsOf(parseFleet(JSON.stringify({ ...JSON.parse(yearFile), clusters }), 'year.json'));
    expect(group?.slowestUpdate).toBe(minutes * MINUTE);
  });

  it('tells the release that it starts with, and all of its kind', () => {
    const groups = groupsOf(parseFleet(yearFile, 'year.json'));
    expect(
      groups.map(({ startsWith, releases }) => [startsWith, releases.length, releases.at(-1)?.releaseVersion]),
    ).toEqual([
      ['1.33.0-20250627', 40, '1.33.13-20260714'],
      ['1.33.0-20250627', 40, '1.33.13-20260714'],
      ['1.32.3-20250627', 40, '1.32.13-20260714'],
      ['1.32.3-20250627', 21, '1.32.9-20251209'],
      ['1.31.7-20250627', 40, '1.31.14-20260714'],
      ['1.31.7-20250627', 40, '1.31.14-20260714'],
    ]);
  });
});

describe('the judge', () => {
  const from = Date.parse('2026-01-01T00:00:00Z');
  const period = { from, to: from + 30 * DAY };
  const releases = [
    { releaseVersion: 'first', at: from - 5 * DAY },
    { releaseVersion: 'second', at: from + 2 * DAY },
    { releaseVersion: 'third', at: from + 10 * DAY },
  ];
  const group = (nodegroup: string, more: Partial<ReplayedGroup> = {}): ReplayedGroup => ({
    cluster: 'shop',
    nodegroup,
    amiType: 'AL2023_x86_64_STANDARD',
    startsWith: 'first',
    releases,
    slowestUpdate: 20 * MINUTE,
    ...more,
  });
  const update = (
    releaseVersion: string,
    after: number,
    status: GroupUpdate['status'] = 'Successful',
  ): GroupUpdate => ({
    releaseVersion,
    startedAt: from + after,
    status,
  });
  const [second, third] = [update('second', 3 * DAY + HOUR), update('third', 11 * DAY + HOUR)];
  const judge = (updates: readonly GroupUpdate[], subject = group('web'), others: readonly ReplayedGroup[] = []) =>
    judgeGroup(subject, [subject, ...others], { updates, endTold: [] }, DEFAULT_RULES, period);

  it('finds nothing wrong with a group that took each release after its bake time', () => {
    expect(judge([second, third])).toMatchObject({
      taken: [
        { releaseVersion: 'second', delay: 25 * HOUR },
        { releaseVersion: 'third', delay: 25 * HOUR },
      ],
      missed: [],
      excused: [],
      faults: [],
    });
  });

  it('misses a release that was not taken', () => {
    expect(judge([third])).toMatchObject({
      missed: ['second'],
      faults: [expect.stringMatching(/did not take second/)],
    });
  });

  it('misses a release whose only update failed', () => {
    expect(judge([update('second', 3 * DAY + HOUR, 'Failed'), third]).missed).toEqual(['second']);
  });

  it('misses the latest release at the start when the group ran an older one', () => {
    const behind = group('web', { startsWith: 'zeroth' });
    expect(judge([second, third], behind).missed).toEqual(['first']);
    expect(judge([update('first', DAY + HOUR), second, third], behind).faults).toEqual([]);
  });

  it.each([
    ['in time when it waited for the hourly look, hops and nothing else', 3 * DAY + 65 * MINUTE, []],
    ['late after that', 3 * DAY + 66 * MINUTE, ['second']],
  ])('a start is %s', (_what, after, missed) => {
    expect(judge([update('second', after), third]).missed).toEqual(missed);
  });

  it('lets a group wait for its turn: each other group of its cluster, and one that is under way', () => {
    const others = [group('a'), group('b'), group('c', { cluster: 'other' })];
    // Three turns of 20 minutes, and 7 until each end is noticed.
    const latest = 3 * DAY + 65 * MINUTE + 3 * 27 * MINUTE;
    expect(judge([update('second', latest), third], group('web'), others).missed).toEqual([]);
    expect(judge([update('second', latest + MINUTE), third], group('web'), others).missed).toEqual(['second']);
  });

  it('lets a group wait for the whole account where that is the tighter limit', () => {
    const others = Array.from({ length: 5 }, (_, index) => group('a', { cluster: `other-${index}` }));
    const latest = 3 * DAY + 65 * MINUTE + 6 * 27 * MINUTE;
    expect(judge([update('second', latest), third], group('web'), others).missed).toEqual([]);
    expect(judge([update('second', latest + MINUTE), third], group('web'), others).missed).toEqual(['second']);
  });

  it('lets a failed update be repeated an hour later, and gives up after three', () => {
    const failed = [3 * DAY + HOUR, 3 * DAY + 3 * HOUR, 3 * DAY + 6 * HOUR].map((at) => update('second', at, 'Failed'));
    expect(judge([...failed.slice(0, 1), update('second', 3 * DAY + 2.5 * HOUR), third]).faults).toEqual([]);
    expect(judge([...failed.slice(0, 1), update('second', 3 * DAY + 3 * HOUR), third]).missed).toEqual(['second']);
    expect(judge([...failed, third])).toMatchObject({ missed: [], excused: ['second'], faults: [] });
  });

  it.each([
    [
      'a newer one had baked, too',
      [releases[0]!, releases[1]!, { releaseVersion: 'third', at: from + 2 * DAY + 30 * MINUTE }],
    ],
    ['it was withdrawn', [releases[0]!, { ...releases[1]!, withdrawnAt: from + 2.5 * DAY }]],
  ])('excuses a release that was gone before it was due: %s', (_what, history) => {
    const updates = history.slice(2).map(({ releaseVersion }) => update(releaseVersion, 3 * DAY + HOUR));
    expect(judge(updates, group('web', { releases: history }))).toMatchObject({ excused: ['second'], faults: [] });
  });

  it('misses a release that had baked while a newer one was still baking', () => {
    const history = [releases[0]!, releases[1]!, { releaseVersion: 'third', at: from + 3 * DAY - HOUR }];
    const subject = group('web', { releases: history });
    const last = update('third', 4 * DAY);
    expect(judge([last], subject).missed).toEqual(['second']);
    expect(judge([second, last], subject)).toMatchObject({ missed: [], excused: [], faults: [] });
  });

  it('lets a group wait until a withdrawal of its kind is believed, and does not expect what was withdrawn', () => {
    const withdrawn = { releaseVersion: 'third', at: from + 2.5 * DAY, withdrawnAt: from + 3 * DAY + 30 * MINUTE };
    const subject = group('web', { releases: [releases[0]!, releases[1]!, withdrawn] });
    const latest = 3 * DAY + 65 * MINUTE + 2 * HOUR;
    expect(judge([update('second', latest)], subject)).toMatchObject({ missed: [], excused: ['third'], faults: [] });
    expect(judge([update('second', latest + MINUTE)], subject).missed).toEqual(['second']);
  });

  describe('of a kind whose AMIs have ended', () => {
    const ended = group('old', { amiType: 'AL2_x86_64', releases: releases.slice(0, 1) });
    const told = (...after: number[]) =>
      judgeGroup(ended, [ended], { updates: [], endTold: after.map((at) => from + at) }, DEFAULT_RULES, period).faults;

    it('expects that it is told once, by the first looks', () => {
      expect(told(HOUR)).toEqual([]);
      expect(told()).toEqual([expect.stringMatching(/^was not told of the end of its AMIs, due by 2026-01-02T/)]);
      expect(told(2 * DAY)).toEqual([expect.stringMatching(/^was told of the end of its AMIs at 2026-01-03.* only/)]);
      expect(told(HOUR, DAY)).toEqual(['was told of the end of its AMIs 2 times']);
      expect(told(-DAY)).toEqual([expect.stringMatching(/before 2026-01-01/)]);
    });

    it('expects it of no other kind', () => {
      const other = group('web', { releases: releases.slice(0, 1) });
      const { faults } = judgeGroup(other, [other], { updates: [], endTold: [from] }, DEFAULT_RULES, period);
      expect(faults).toEqual([expect.stringMatching(/^was told of an end at .* that is none$/)]);
    });
  });

  it('does not judge what falls due after the end', () => {
    const late = [...releases, { releaseVersion: 'fourth', at: period.to - 25 * HOUR }];
    expect(judge([second, third], group('web', { releases: late }))).toMatchObject({ missed: [], excused: [] });
  });

  it.each([
    ['a start a minute before the bake time is over', [update('second', 3 * DAY - MINUTE), third], /baking until/],
    [
      'a failed start before the bake time is over',
      [update('second', 2 * DAY, 'Failed'), second, third],
      /baking until/,
    ],
    ['a release taken twice', [second, update('second', 4 * DAY), third], /which it ran already/],
    ['an older release', [second, third, update('second', 12 * DAY, 'Failed')], /went back from third to second/],
    ['a release of another kind', [second, third, update('other', 12 * DAY)], /no release of its kind/],
  ])('finds %s', (_what, updates, fault) => {
    expect(judge(updates).faults).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    ['two of one cluster', { byCluster: new Map([['shop', 2]]), account: 2 }, [/^shop: 2 node groups/]],
    ['six of one account', { byCluster: new Map([['shop', 1]]), account: 6 }, [/^account: 6 node groups/]],
    ['not five of one account', { byCluster: new Map([['shop', 1]]), account: 5 }, []],
  ])('finds a breach of the budget: %s', (_what, peaks, breaches) => {
    expect(judgePeaks(peaks, DEFAULT_RULES)).toEqual(breaches.map((breach) => expect.stringMatching(breach)));
  });
});
