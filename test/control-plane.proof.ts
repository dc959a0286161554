import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { HOUR, incidentOf, playThrough, upgradeCalls } from './harness.ts';
import { fleet, group, NEW, release } from './upgrade.fixture.ts';

const NEXT = '1.34.2-20260716';

/** A cluster at 1.33 whose groups run its newest release, with the changes of its control plane. */
const moving = (cluster: object, groups = ['web'], troubles: object[] = []) => {
  const file = fleet(
    groups.map((name) => group(name, { releaseVersion: NEW })),
    cluster,
  );
  const lab = { name: 'lab', version: '1.34', nodeGroups: [group('web', { version: '1.33', releaseVersion: NEW })] };
  const clusters = [...file.clusters, ...(troubles.length === 0 ? [] : [lab])];
  return {
    ...file,
    clusters,
    troubles,
    releases: [release(NEW, '-10d'), release(NEXT, '-1d', { kubernetesVersion: '1.34' })],
  };
};
const policy = (mode: string) => ({
  upgrades: { bakeAge: '2h', controlPlane: { mode, followAfter: '1d' } },
});
type Run = Awaited<ReturnType<typeof playThrough>>;
const versions = (run: Run) =>
  run.account.snapshot().clusters.flatMap(({ nodeGroups }) => nodeGroups.map(({ version }) => version));
const told = (run: Run, name: string) =>
  incidentOf(run, 'shop', name).filter((line) => !/in-flight|agent-verified|concurrency/.test(line));

it('node groups follow their control plane, one after the other, once it can not be rolled back any more and no insight says ERROR', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: moving(
      {
        controlPlaneUpdates: [{ at: '+90m', version: '1.34' }],
        insights: [
          {
            name: 'Deprecated APIs removed in Kubernetes v1.34',
            kubernetesVersion: '1.34',
            changes: [{ at: '+28h', status: 'PASSING' }],
          },
        ],
      },
      ['web', 'api'],
      // The updates of this cluster's control plane cannot be read.
      [{ cluster: 'lab', operations: ['ListUpdates'], code: 'AccessDeniedException', status: 400 }],
    ),
    policy: policy('enforce'),
    play: '40h',
  });
  expect(told(run, 'web')).toEqual([
    'done up-to-date',
    'waiting control-plane-settling',
    'refused insights-gate-closed',
    'acted upgrade-started',
    'done upgraded',
  ]);
  const closed = run.records.find(({ reason }) => reason === 'insights-gate-closed');
  expect(closed?.message).toContain('ERROR for Kubernetes 1.34: Deprecated APIs removed in Kubernetes v1.34');
  const started = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(started.map(({ details }) => details)).toEqual([
    expect.objectContaining({ to: NEXT, fromKubernetes: '1.33', toKubernetes: '1.34' }),
    expect.objectContaining({ to: NEXT, fromKubernetes: '1.33', toKubernetes: '1.34' }),
  ]);
  const [first = 0, second = 0] = started.map(({ time }) => Date.parse(time));
  expect(first).toBeGreaterThan(Date.parse('2026-07-15T04:00:00Z'));
  const ended = run.records.find(({ reason }) => reason === 'upgraded')?.time ?? '';
  expect(second).toBeGreaterThanOrEqual(Date.parse(ended));
  expect(versions(run)).toEqual(['1.34', '1.34', '1.33']);
  expect(incidentOf(run, 'lab', 'web').at(-1)).toBe('failed unreadable');
  expect(upgradeCalls(run)).toHaveLength(2);
});

it('no node group follows a control plane that was rolled back, until it is upgraded again', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: moving(
      {
        controlPlaneUpdates: [
          { at: '+90m', version: '1.34' },
          { at: '+24h', type: 'VersionRollback', version: '1.33', lasts: '3h' },
          { at: '+60h', version: '1.34' },
        ],
      },
      ['web'],
    ),
    policy: policy('enforce'),
    play: '83h',
  });
  expect(upgradeCalls(run)).toEqual([]);
  expect(versions(run)).toEqual(['1.33']);
  await run.account.play(5 * HOUR);
  expect(upgradeCalls(run)).toHaveLength(1);
  expect(versions(run)).toEqual(['1.34']);
});

it('by default a node group only proposes to follow its control plane, and does so once that is approved', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: moving({ controlPlaneUpdates: [{ at: '+90m', version: '1.34' }] }),
    policy: { upgrades: { bakeAge: '2h', controlPlane: { followAfter: '1d' } } },
    play: '28h',
  });
  expect(told(run, 'web').at(-1)).toBe('would-act would-upgrade');
  expect(upgradeCalls(run)).toEqual([]);
  const proposed = run.records.findLast(({ reason }) => reason === 'would-upgrade');
  expect(proposed?.message).toContain(`from ${NEW} to ${NEXT}`);
  expect(proposed?.message).toContain('It follows its control plane from Kubernetes 1.33 to 1.34.');
  const approved = await operate(run.account, 'approve', 'shop/web', '--why', 'tested');
  expect(approved).toMatchObject({ code: 0 });
  await run.account.play(2 * HOUR);
  expect(told(run, 'web').at(-1)).toBe('done upgraded');
  expect(versions(run)).toEqual(['1.34']);
});

it('with waves, node groups follow their control plane wave after wave', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: moving({ controlPlaneUpdates: [{ at: '+90m', version: '1.34' }] }, ['web', 'canary']),
    policy: {
      upgrades: { ...policy('enforce').upgrades, waves: ['canary', 'prod'], bakeBetween: '3h' },
      overrides: [{ name: 'first', match: { nodegroups: ['canary'] }, upgrades: { wave: 'canary' } }],
    },
    play: '40h',
  });
  const started = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(started.map(({ nodegroup }) => nodegroup)).toEqual(['canary', 'web']);
  expect(versions(run)).toEqual(['1.34', '1.34']);
  const [first = 0, second = 0] = started.map(({ time }) => Date.parse(time));
  expect(second - first).toBeGreaterThan(3 * HOUR);
});

it('a node group that is several versions behind moves at once to that of its control plane: EKS takes none between', async () => {
  const behind = (name: string, version: string) => group(name, { version, releaseVersion: `${version}.1-20260601` });
  const run = await playThrough({
    inProcess: true,
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      releases: ['1.30', '1.31', '1.32', '1.33', '1.34'].map((kubernetesVersion) =>
        release(`${kubernetesVersion}.${kubernetesVersion === '1.34' ? '2-20260701' : '1-20260601'}`, '-10d', {
          kubernetesVersion,
        }),
      ),
      clusters: [{ name: 'shop', version: '1.34', nodeGroups: [behind('two', '1.32'), behind('four', '1.30')] }],
    },
    policy: policy('enforce'),
    play: '8h',
  });
  expect(upgradeCalls(run).map(({ input, outcome }) => [input.nodegroupName, input.version, outcome])).toEqual([
    ['four', '1.34', 'ok'],
    ['two', '1.34', 'ok'],
  ]);
  expect(versions(run)).toEqual(['1.34', '1.34']);
  expect(told(run, 'four').at(-1)).toBe('done upgraded');
});
