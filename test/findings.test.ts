import { describe, expect, it } from 'vitest';
import { sample as findingsReconcileRequest } from '../events/findings-reconcile-request.ts';
import {
  counted,
  findingsFleet,
  forged,
  GRAVE,
  HASTY,
  NEVER,
  NEW,
  NORMAL_START,
  OLD,
  told,
  triageIncident,
  URGENT,
  URGENT_START,
  upgradeBegan,
  workersOf,
} from './findings.fixture.ts';
import { deadLetterCount, HOUR, incidentOf, MINUTE, playThrough, start, upgradeCalls } from './harness.ts';

const [policy, play] = [HASTY, '190m'];

describe('a vulnerability of the fleet', () => {
  it('is found, waits for a release, hastens its upgrade, and closes: a record names it and the release', async () => {
    const run = await playThrough({ ...findingsFleet(), policy, play });
    expect(triageIncident(run)).toEqual([
      'refused urgent-without-ami',
      'acted upgrade-requested',
      'done findings-fixed',
    ]);
    const [fixed] = told(run, 'findings-fixed');
    expect(fixed?.message).toBe(`Release ${NEW} fixes ${URGENT.id}.`);
    expect(fixed?.details).toEqual({ releaseVersion: NEW, fixed: [URGENT.id], notFixed: [] });
    // One incident, from the finding to the fix.
    expect(fixed?.correlationId).toBe(told(run, 'urgent-without-ami')[0]?.correlationId);
    // People learn that nothing here can end it yet, once, and then of the end.
    const subjects = run.account.sns.published.map(({ subject = '' }) => subject);
    expect(subjects.filter((subject) => /urgent-without-ami|findings-fixed/.test(subject))).toEqual([
      expect.stringMatching(/opened.*urgent-without-ami/),
      expect.stringMatching(/ended.*findings-fixed/),
    ]);
    expect(upgradeBegan(run)).toBeGreaterThan(URGENT_START);
    expect(upgradeBegan(run)).toBeLessThan(URGENT_START + 5 * MINUTE);
    const started = run.records.find(({ reason }) => reason === 'upgrade-started');
    expect(started?.message).toContain(`for ${URGENT.id} (CRITICAL)`);
    expect(run.account.fleet.inspector.findings().filter(({ status }) => status === 'ACTIVE')).toEqual([]);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('that becomes known while a release bakes shortens what is left of the bake', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '+95m', fixedSince: '-1d' }];
    const run = await start({
      inProcess: true,
      ...findingsFleet({ newReleaseAt: '+10m', vulnerabilities }),
      policy,
      play: '110m',
    });
    expect(incidentOf(run, 'shop', 'web')).toEqual([
      'waiting baking',
      'acted upgrade-requested',
      'acted upgrade-started',
      expect.stringMatching('upgrade-in-flight'),
    ]);
    const started = run.records.find(({ reason }) => reason === 'upgrade-started');
    expect(started?.trigger.type).toBe('Upgrade Reconcile Request (findings)');
  });

  it('that is not urgent waits for the bake like any other upgrade', async () => {
    const run = await start({ inProcess: true, ...findingsFleet({ vulnerabilities: [GRAVE] }), policy, play });
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested']);
    expect(upgradeBegan(run)).toBeGreaterThan(NORMAL_START);
  });

  it('that the release does not fix is told of, and not requested again for it', async () => {
    const vulnerabilities = [URGENT, { ...GRAVE, fixedSince: NEVER }];
    const run = await start({ inProcess: true, ...findingsFleet({ vulnerabilities }), policy, play: '250m' });
    expect(triageIncident(run).slice(-3)).toEqual([
      'acted upgrade-requested',
      'failed not-fixed-by-release',
      'waiting no-newer-ami',
    ]);
    expect(told(run, 'not-fixed-by-release')[0]?.details).toEqual({
      releaseVersion: NEW,
      fixed: [URGENT.id],
      notFixed: [GRAVE.id],
    });
    expect(upgradeCalls(run)).toHaveLength(1);
  });

  it('that nobody has a fix for is counted, and nothing more', async () => {
    const { fixedInVersion: _, ...unfixable } = URGENT;
    const run = await start({ inProcess: true, ...findingsFleet({ vulnerabilities: [unfixable] }), play: '30m' });
    expect(counted(run)).toEqual({ received: 2, withoutFix: 2 });
    expect(triageIncident(run)).toEqual([]);
  });

  it('that is on hosts of somebody else is counted, in one line a batch', async () => {
    const run = await start({ inProcess: true, ...findingsFleet(), play: '0s' });
    for (const instance of run.account.fleet.instances.list()) instance.tags.clear();
    await run.account.play(30 * MINUTE);
    expect(counted(run)).toEqual({ received: 2, notOnWorker: 2 });
    expect(triageIncident(run)).toEqual([]);
    const named = told(run, 'not-a-worker').flatMap(({ details = {} }) => details.instances);
    expect(named.sort()).toEqual(workersOf(run).sort());
  });

  it('that Inspector suppresses is closed without an upgrade', async () => {
    const run = await start({ inProcess: true, ...findingsFleet({ newReleaseAt: NEVER }), play: '40m' });
    run.account.fleet.inspector.suppress(URGENT.id);
    await run.account.play(HOUR);
    expect(triageIncident(run)).toEqual(['refused urgent-without-ami', 'done findings-closed']);
    expect(told(run, 'findings-closed')[0]?.message).toContain(`suppressed ${URGENT.id}`);
  });

  it('that no event told of is found by the sweep', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '-2d' }];
    const run = await playThrough({ ...findingsFleet({ vulnerabilities, newReleaseAt: NEVER }), play: '70m' });
    expect(counted(run)).toEqual({});
    expect(triageIncident(run)).toEqual(['refused urgent-without-ami']);
  });

  it('that no event told of is found when an operator asks', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '-2d' }];
    const fleet = findingsFleet({ vulnerabilities, newReleaseAt: NEVER });
    const ask = {
      ...findingsReconcileRequest,
      detail: { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' },
    };
    const run = await start({ inProcess: true, ...fleet, events: [{ after: MINUTE, event: ask }], play: '10m' });
    expect(triageIncident(run)).toEqual(['refused urgent-without-ami']);
  });

  it('on a worker that its node group left behind has that worker named', async () => {
    const vulnerabilities = [{ ...URGENT, fixedSince: '-6d' }];
    const fleet = findingsFleet({ newReleaseAt: '-5d', nodeGroup: { releaseVersion: NEW }, vulnerabilities });
    const run = await start({ inProcess: true, ...fleet, play: '0s' });
    const [first, second] = run.account.fleet.instances.list();
    Object.assign(first ?? {}, {
      imageId: run.account.fleet.releases.find('1.33', 'AL2023_x86_64_STANDARD', OLD)?.imageId,
    });
    await run.account.play(70 * MINUTE);
    expect(triageIncident(run).at(-1)).toBe('skipped worker-left-behind');
    expect(told(run, 'worker-left-behind')[0]?.message).toContain(first?.id);
    expect(told(run, 'worker-left-behind')[0]?.message).not.toContain(second?.id);
    expect(upgradeCalls(run)).toEqual([]);
  });
});

describe('messages', () => {
  it('that are malformed lie in the dead-letter queue alone, and their batch is done', async () => {
    const bad = forged('i-0bad', 11 * MINUTE, { findingArn: undefined });
    const run = await start({ inProcess: true, ...findingsFleet(), events: [bad], play: '30m' });
    expect(deadLetterCount(run)).toBe(1);
    expect(told(run, 'invalid-event')[0]?.message).toContain('detail.findingArn');
    expect(triageIncident(run)).toEqual(['refused urgent-without-ami']);
    expect(counted(run).received).toBe(2);
  });

  it('with members and values that AWS may add are understood', async () => {
    const added = { exploitAvailable: 'PERHAPS', fixAvailable: 'SOON', added: { x: 1 } };
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ inProcess: true, ...quiet, play: '0s' }));
    const run = await start({ inProcess: true, ...quiet, events: [forged(worker, MINUTE, added)], play: '10m' });
    expect(deadLetterCount(run)).toBe(0);
    expect(counted(run)).toEqual({ received: 1, examined: 1 });
  });
});
