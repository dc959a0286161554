import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsSomebody, stateOf } from '../shared/records/current-state.ts';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import { decisionKind } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { standingsOf, wordOf } from '../shared/records/standing.ts';
import { isAnswer, isQuarantineGuard } from '../shared/records/status.ts';
import {
  fleetStatusOf,
  type LastWord,
  lastWordsIn,
  needsOf,
  readLastWord,
  summaryOf,
  sweptAtIn,
} from './fleet-status.ts';

const instance = (id: string, tags: Readonly<Record<string, string>>) => ({
  InstanceId: id,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});
const managed = (id: string, cluster: string, nodegroup: string) =>
  instance(id, { 'aws:eks:cluster-name': cluster, 'eks:nodegroup-name': nodegroup });

describe('readLastWord', () => {
  it('takes apart what the query puts together, also where a group has strange names', () => {
    expect(readLastWord('manage-ssm-agent shop/self-managed:a b/c/i-0abc', 'done agent-verified', 5, 'r-1')).toEqual({
      remediation: 'manage-ssm-agent',
      at: 5,
      id: 'r-1',
      cluster: 'shop',
      nodegroup: 'self-managed:a b/c',
      instance: 'i-0abc',
      decision: 'done',
      reason: 'agent-verified',
    });
    expect(readLastWord('upgrade-node-groups shop/web/', 'waiting baking', 1, 'r')).toMatchObject({
      nodegroup: 'web',
      instance: '',
    });
  });

  it.each([
    ['', ''],
    ['x', 'done y'],
    ['manage-ssm-agent //', 'done y'],
    ['manage-ssm-agent shop/web/', 'dreams of'],
  ])('leaves out %j, %j', (subject, word) => {
    expect(readLastWord(subject, word, 1, 'r')).toBeUndefined();
  });
});

it('takes the later word where the records of a worker name its group only sometimes', () => {
  const row = (subject: string, word: string, time: string) =>
    new Map(Object.entries({ subject, word, '@timestamp': `2026-07-15 ${time}.000`, id: time }));
  const rows = [
    row('manage-ssm-agent shop/web/i-1', 'done agent-verified', '12:00:00'),
    row('manage-ssm-agent shop//i-1', 'failed agent-missing', '11:00:00'),
    row('quarantine-workers shop/web/i-1', 'done quarantined', '11:00:00'),
    row('quarantine-workers shop/web/i-1', 'skipped kill-switch', '12:00:00'),
  ];
  for (const order of [rows, rows.toReversed()]) {
    expect(
      lastWordsIn(order)
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['agent-verified', 'kill-switch', 'quarantined']);
  }
});

it('takes a word for each check of a group', () => {
  const row = (checked: string, word: string) =>
    new Map(
      Object.entries({ subject: 'check-posture shop/web/', word, checked, '@timestamp': '2026-07-15 12:00:00.000' }),
    );
  const words = lastWordsIn([row('3.1.1', 'failed check-failed'), row('3.2.1', 'done check-passed')]);
  expect(needsOf(words, () => true).map(({ reason }) => reason)).toEqual(['check-failed']);
});

describe('fleetStatusOf', () => {
  it('has the instances of a group of which one has joined, such as those of its warm pool, and nobody else', () => {
    const claims = { 'kubernetes.io/cluster/shop': 'owned' };
    const inGroup = { ...claims, 'aws:autoscaling:groupName': 'batch' };
    const joined = instance('i-1', { ...inGroup, 'aws:eks:cluster-name': 'shop' });
    const others = [
      instance('i-2', inGroup),
      instance('i-3', { ...claims, 'aws:autoscaling:groupName': 'other' }),
      instance('i-4', claims),
      instance('i-5', { 'kubernetes.io/cluster/prod': 'owned', 'aws:autoscaling:groupName': 'batch' }),
      instance('i-6', { ...inGroup, 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' }),
    ];
    const listed = (...instances: Array<typeof joined>) =>
      fleetStatusOf(instances, []).flatMap(({ groups }) =>
        groups.map(({ nodegroup, workers }) => [nodegroup, ...workers.map((worker) => worker.instance)]),
      );
    expect(listed(joined, ...others)).toEqual([['self-managed:batch', 'i-1', 'i-2']]);
    expect(listed(...others)).toEqual([]);
  });

  const words = [
    readLastWord('manage-ssm-agent shop/web/i-1', 'done agent-verified', 1, 'r'),
    readLastWord('quarantine-workers shop/web/i-1', 'done quarantined', 1, 'r'),
    readLastWord('manage-ssm-agent shop/web/i-2', 'failed agent-missing', 1, 'r'),
    readLastWord('upgrade-node-groups shop/web/', 'waiting baking', 1, 'r'),
    readLastWord('manage-ssm-agent shop/web/i-gone', 'failed agent-missing', 1, 'r'),
  ].filter((word) => word !== undefined);

  it('draws no instance that only claims to be a worker, but one in quarantine that has not joined', () => {
    const claims = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' };
    const isolated = readLastWord('quarantine-workers shop/web/i-new', 'done quarantined', 1, 'r');
    const told = readLastWord('quarantine-workers shop/web/i-claims', 'refused claims-to-be-worker', 1, 'r');
    const [cluster] = fleetStatusOf(
      [instance('i-claims', claims), instance('i-new', claims), managed('i-1', 'shop', 'web')],
      [isolated, told].filter((word) => word !== undefined),
    );
    expect(cluster?.groups.flatMap(({ workers }) => workers.map((each) => each.instance)).sort()).toEqual([
      'i-1',
      'i-new',
    ]);
  });

  it('parts the workers without a node group by who owns them', () => {
    const joined = { 'aws:eks:cluster-name': 'shop' };
    const ofEks = { ...instance('i-1', joined), Operator: { Managed: true, Principal: 'eks.amazonaws.com' } };
    const [shop] = fleetStatusOf([instance('i-2', { ...joined, 'kubernetes.io/cluster/shop': 'owned' }), ofEks], []);
    expect(shop?.groups.map(({ nodegroup, owner, workers }) => [nodegroup, owner, workers[0]?.instance])).toEqual([
      ['', 'auto-mode', 'i-1'],
      ['', 'stray', 'i-2'],
    ]);
  });

  it('draws the workers that are there, in groups, what needs attention first', () => {
    const instances = [managed('i-3', 'shop', 'web'), managed('i-1', 'shop', 'web'), managed('i-2', 'shop', 'web')];
    expect(fleetStatusOf(instances, words)).toEqual([
      {
        name: 'shop',
        tone: 'quiet',
        reason: '',
        groups: [
          {
            cluster: 'shop',
            nodegroup: 'web',
            tone: 'waiting',
            reason: 'baking',
            workers: [
              { instance: 'i-1', tone: 'quarantined', reason: 'quarantined' },
              { instance: 'i-2', tone: 'failed', reason: 'agent-missing' },
              { instance: 'i-3', tone: 'quiet', reason: '' },
            ],
          },
        ],
      },
    ]);
  });

  it('puts the group with the most urgent worker first, and clusters by name', () => {
    const instances = [managed('i-9', 'alpha', 'x'), managed('i-3', 'shop', 'batch'), managed('i-2', 'shop', 'web')];
    const clusters = fleetStatusOf(instances, words);
    expect(clusters.map(({ name }) => name)).toEqual(['alpha', 'shop']);
    expect(clusters[1]?.groups.map(({ nodegroup }) => nodegroup)).toEqual(['web', 'batch']);
  });

  it('leaves out instances that are no workers', () => {
    expect(fleetStatusOf([instance('i-1', { Name: 'bastion' })], words)).toEqual([]);
  });

  it('draws what is said of a cluster as a whole beside its name, not beside workers without a group', () => {
    const unlisted = readLastWord('sweep-fleet shop//', 'failed unreadable', 1, 'r');
    const [cluster] = fleetStatusOf(
      [instance('i-1', { 'aws:eks:cluster-name': 'shop' })],
      [unlisted].filter((word) => word !== undefined),
    );
    expect(cluster).toMatchObject({ tone: 'failed', reason: 'unreadable', groups: [{ nodegroup: '', tone: 'quiet' }] });
  });
});

describe('what needs somebody', () => {
  const words = [
    readLastWord('quarantine-workers shop/web/i-1', 'would-act would-quarantine', 1, 'r'),
    readLastWord('manage-ssm-agent shop/web/i-2', 'failed agent-missing', 1, 'r'),
    readLastWord('quarantine-workers shop/web/i-2', 'done quarantined', 1, 'r'),
    readLastWord('upgrade-node-groups shop/web/', 'would-act would-upgrade', 1, 'r'),
    readLastWord('upgrade-node-groups shop/old/', 'refused end-of-life', 1, 'r'),
    readLastWord('quarantine-workers shop/web/i-gone', 'done quarantined', 1, 'r'),
  ].filter((word) => word !== undefined);

  it('is counted by the state of each subject, proposals besides; workers that are gone are not', () => {
    expect(summaryOf(words, (id) => id !== 'i-gone')).toEqual([
      { tone: 'exposed', count: 1 },
      { tone: 'quarantined', count: 1 },
      { tone: 'failed', count: 0 },
      { tone: 'refused', count: 0 },
      { tone: 'would-act', count: 2 },
      { tone: 'end-of-life', count: 1 },
    ]);
  });

  it('knows when the last sweep finished, and tells when none did', () => {
    const row = (entries: Record<string, string>) => new Map(Object.entries(entries));
    const sweep = row({
      subject: 'sweep-fleet //',
      word: 'done sweep-finished',
      '@timestamp': '2026-07-15 17:30:00.000',
    });
    expect(sweptAtIn([row({ word: 'done upgraded' }), sweep])).toBe(Date.parse('2026-07-15T17:30:00Z'));
    expect(sweptAtIn([row({ word: 'done upgraded' })])).toBeUndefined();
  });
});

describe('one truth', () => {
  const REASONS: ReadonlyArray<readonly [string, string]> = [
    ['quarantine-workers', 'done quarantined'],
    ['quarantine-workers', 'would-act would-quarantine'],
    ['quarantine-workers', 'skipped kill-switch'],
    ['quarantine-workers', 'skipped opted-out'],
    ['quarantine-workers', 'done released'],
    ['quarantine-workers', 'done not-exposed'],
    ['quarantine-workers', 'refused request-refused'],
    ['manage-ssm-agent', 'failed agent-missing'],
    ['manage-ssm-agent', 'waiting retry-later'],
    ['manage-ssm-agent', 'done agent-verified'],
    ['triage-findings', 'acted upgrade-requested'],
    ['upgrade-node-groups', 'waiting baking'],
    ['upgrade-node-groups', 'would-act would-upgrade'],
  ];

  it('fleet and needs, which go by last words, show the state that the incident shows, which goes by records', () => {
    const history = fc.array(fc.constantFrom(...REASONS), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(history, (said) => {
        const records = said.map(([remediation, word], index): ReadRecord => {
          const [decision, reason = ''] = word.split(' ');
          const time = new Date(Date.UTC(2026, 6, 15, 0, index)).toISOString();
          const subject = { cluster: 'shop', nodegroup: 'web', instance: 'i-1' };
          return {
            ...exampleRecord,
            ...subject,
            time,
            id: `r-${index}`,
            remediation,
            decision: decisionKind.parse(decision),
            reason,
          };
        });
        const words = lastWordsOf(records);
        const [cluster] = fleetStatusOf([managed('i-1', 'shop', 'web')], words);
        // Answers to requests are no outcomes; an incident shows one only where there is nothing else.
        const [standing] = standingsOf(records.filter(({ reason }) => !isAnswer(reason)));
        expect(cluster?.groups[0]?.workers[0]?.tone).toBe(standing?.state ?? 'quiet');
        expect(needsOf(words, () => true).map(stateOf)).toEqual(
          standing !== undefined && needsSomebody(wordOf(standing.record)) ? [standing.state] : [],
        );
      }),
    );
  });
});

/** The results of the two queries for the latest outcomes, for these records of one worker. */
function lastWordsOf(records: readonly ReadRecord[]): LastWord[] {
  const told = records.filter(({ reason }) => !isAnswer(reason));
  const isGuard = ({ remediation, reason }: ReadRecord) =>
    remediation === 'quarantine-workers' && isQuarantineGuard(reason);
  const others = Map.groupBy(
    told.filter((record) => !isGuard(record)),
    ({ remediation }) => remediation,
  );
  const latest = [...[...others.values()].map((each) => each.at(-1)), told.findLast(isGuard)];
  return latest.flatMap((record) =>
    record === undefined
      ? []
      : (readLastWord(
          `${record.remediation} shop/web/i-1`,
          `${record.decision} ${record.reason}`,
          Date.parse(record.time),
          record.id,
        ) ?? []),
  );
}
