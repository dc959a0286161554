import { expect, it } from 'vitest';
import { sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, incidentOf, MINUTE, nodeGroupOf, start, upgradeCalls } from './harness.ts';
import { group, NEW, OLD, release } from './upgrade.fixture.ts';

/** A release that no node group of cluster shop can take, and one of another AMI type that all can. */
const failing = { updates: { minutesPerNode: 4, fails: [{ errorCode: 'NodeCreationFailure', times: 1 }] } };
const ARM = { amiType: 'AL2023_ARM_64_STANDARD' };
const [OLD_ARM, NEW_ARM] = ['1.33.12-20260624', '1.33.13-20260713'];
const FLEET = {
  startsAt: '2026-07-14T00:00:00Z',
  releases: [
    release(OLD, '-10d'),
    release(NEW, '+90m'),
    { ...release(OLD_ARM, '-10d'), ...ARM },
    { ...release(NEW_ARM, '+210m'), ...ARM },
  ],
  clusters: [
    { name: 'shop', version: '1.33', nodeGroups: [group('a', failing), group('b', failing), group('c', failing)] },
    { name: 'data', version: '1.33', nodeGroups: [group('a', failing), group('arm', ARM)] },
  ],
};

const startsOf = (run: Run) =>
  upgradeCalls(run).map(({ input }) => `${input.clusterName}/${input.nodegroupName} ${input.releaseVersion}`);

/** The notifications of a breaker that people got. */
const told = ({ account }: Run) =>
  account.sns.published
    .filter(({ topicArn }) => topicArn === account.stack.outputs.NotificationTopicArn)
    .map(({ subject = '' }) => subject)
    .filter((subject) => subject.includes('breaker'));

const alarm = ({ account }: Run) =>
  account.cloudWatch.alarms.all.find(({ watched }) => watched.definition.name.endsWith('-breaker-tripped'));

it('a failing release stops after the stated number of node groups: one alarm, one notification, the rest untouched; resume goes on', async () => {
  const run = await start({
    inProcess: true,
    fleet: FLEET,
    policy: { upgrades: { bakeAge: '10m', breaker: { release: 2 }, concurrency: { perCluster: 1, perAccount: 1 } } },
    play: '4h',
  });
  const bad = startsOf(run);
  expect(new Set(bad).size).toBe(2);
  expect(bad).toHaveLength(2);
  expect(run.records.filter(({ reason }) => reason === 'upgrade-failed')).toHaveLength(2);
  // A failure frees its slot for the next in the line at once.
  const [failedAt, nextAt] = [
    run.records.find(({ reason }) => reason === 'upgrade-failed'),
    run.records.filter(({ reason }) => reason === 'upgrade-started')[1],
  ].map((told) => Date.parse(told?.time ?? ''));
  expect((nextAt ?? 0) - (failedAt ?? 0)).toBeLessThan(5 * MINUTE);
  // The notification comes as soon as the breaker has tripped.
  expect(told(run)).toHaveLength(1);

  // The rest of the fleet is untouched, so the other release, which comes later, is rolled out.
  await run.account.play(2 * HOUR);
  expect(nodeGroupOf(run, 'data', 'arm').releaseVersion).toBe(NEW_ARM);
  expect(startsOf(run).filter((each) => each.endsWith(NEW))).toEqual(bad);
  // Node groups that have failed and those that have not both have one record with the reason, and all belong to one
  // incident.
  const held = run.records.filter(({ reason }) => reason === 'breaker-tripped' || reason === 'held-by-breaker');
  expect(new Set(held.map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`)).size).toBe(held.length);
  expect(held.length).toBeGreaterThan(2);
  expect(told(run)).toHaveLength(1);
  expect(alarm(run)?.history.filter(({ to }) => to === 'ALARM')).toHaveLength(1);

  // Somebody resumes, and upgrades go on until two more have failed.
  const time = new Date(run.account.time.now).toISOString();
  run.account.putEvent({ ...sample, id: 'cured', time, detail: { ...sample.detail, nodegroupName: 'c' } });
  await run.account.play(2 * HOUR);
  expect(incidentOf(run, 'shop', 'c')).toContain('waiting request-granted');
  expect(startsOf(run).filter((each) => each.endsWith(NEW)).length).toBe(2 * bad.length);
  expect(told(run)).toHaveLength(2);
}, 60_000);

it('a hundred node groups that a breaker holds are one notification and one alarm, however long it stands', async () => {
  // Nobody knows which goes first, so each would fail.
  const groups = Array.from({ length: 33 }, (_, index) => ({ ...group(`g${index}`, failing), desiredSize: 1 }));
  const run = await start({
    inProcess: true,
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      releases: [release(OLD, '-10d'), release(NEW, '+90m')],
      clusters: ['a', 'b', 'c', 'd'].map((name) => ({
        name,
        version: '1.33',
        nodeGroups: groups,
      })),
    },
    policy: {
      upgrades: { bakeAge: '10m', breaker: { release: 1 }, concurrency: { perCluster: 1, perAccount: 1 } },
      ...{ quarantine: { mode: 'off' }, ssmAgent: { mode: 'off' }, imds: { mode: 'off' }, posture: { mode: 'off' } },
    },
    play: '6h',
  });
  const refused = run.records.filter(({ reason }) => reason === 'held-by-breaker' || reason === 'breaker-tripped');
  expect(refused.length).toBeGreaterThanOrEqual(100);
  // Each node group has one record about it.
  expect(new Set(refused.map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`)).size).toBe(refused.length);
  expect(told(run)).toHaveLength(1);
  expect(alarm(run)?.history.filter(({ to }) => to === 'ALARM')).toHaveLength(1);
}, 60_000);
