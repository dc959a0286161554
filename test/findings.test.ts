import { describe, expect, it } from 'vitest';
import { sample as findingsReconcileRequest } from '../events/findings-reconcile-request.ts';
import { sample as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
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
import { deadLetterCount, HOUR, incidentOf, MINUTE, nodeGroupOf, playThrough, start, upgradeCalls } from './harness.ts';

const [policy, play] = [HASTY, '190m'];

describe('a vulnerability of the fleet', () => {
  it('is found, waits for a release, hastens its upgrade, and closes: a record names it and the release', async () => {
    const run = await playThrough({ ...findingsFleet(), policy, play });
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested', 'done findings-fixed']);
    const [fixed] = told(run, 'findings-fixed');
    expect(fixed?.message).toBe(`${URGENT.id} fixed by release ${NEW}.`);
    expect(fixed?.details).toEqual({ releaseVersion: NEW, fixed: [URGENT.id], notFixed: [] });
    // One incident, from the finding to the fix.
    expect(fixed?.correlationId).toBe(told(run, 'no-newer-ami')[0]?.correlationId);
    expect(upgradeBegan(run)).toBeGreaterThan(URGENT_START);
    expect(upgradeBegan(run)).toBeLessThan(URGENT_START + 5 * MINUTE);
    const started = run.records.find(({ reason }) => reason === 'upgrade-started');
    expect(started?.message).toContain(`for ${URGENT.id} (CRITICAL)`);
    expect(run.account.fleet.inspector.findings().filter(({ status }) => status === 'ACTIVE')).toEqual([]);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('that becomes known while a release bakes shortens what is left of the bake', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '+95m', fixedSince: '-1d' }];
    const run = await start({ ...findingsFleet({ newReleaseAt: '+10m', vulnerabilities }), policy, play: '110m' });
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
    const run = await start({ ...findingsFleet({ vulnerabilities: [GRAVE] }), policy, play });
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested']);
    expect(upgradeBegan(run)).toBeGreaterThan(NORMAL_START);
  });

  it('that the release does not fix is told of, and not requested again for it', async () => {
    const vulnerabilities = [URGENT, { ...GRAVE, fixedSince: NEVER }];
    const run = await start({ ...findingsFleet({ vulnerabilities }), policy, play: '250m' });
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
    const run = await start({ ...findingsFleet({ vulnerabilities: [unfixable] }), play: '30m' });
    expect(counted(run)).toEqual({ received: 2, withoutFix: 2 });
    expect(triageIncident(run)).toEqual([]);
  });

  it('that is on hosts of somebody else is counted, in one line a batch', async () => {
    const run = await start({ ...findingsFleet(), play: '0s' });
    for (const instance of run.account.fleet.instances.list()) instance.tags.clear();
    await run.account.play(30 * MINUTE);
    expect(counted(run)).toEqual({ received: 2, notOnWorker: 2 });
    expect(triageIncident(run)).toEqual([]);
    const named = told(run, 'not-a-worker').flatMap(({ details = {} }) => details.instances);
    expect(named.sort()).toEqual(workersOf(run).sort());
  });

  it('that Inspector suppresses is closed without an upgrade', async () => {
    const run = await start({ ...findingsFleet({ newReleaseAt: NEVER }), play: '40m' });
    run.account.fleet.inspector.suppress(URGENT.id);
    await run.account.play(HOUR);
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami', 'done findings-closed']);
    expect(told(run, 'findings-closed')[0]?.message).toContain(`suppressed ${URGENT.id}`);
  });

  it('that no event told of is found by the sweep', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '-2d' }];
    const run = await playThrough({ ...findingsFleet({ vulnerabilities, newReleaseAt: NEVER }), play: '70m' });
    expect(counted(run)).toEqual({});
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami']);
  });

  it('that no event told of is found when an operator asks', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '-2d' }];
    const fleet = findingsFleet({ vulnerabilities, newReleaseAt: NEVER });
    const ask = {
      ...findingsReconcileRequest,
      detail: { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' },
    };
    const run = await start({ ...fleet, events: [{ after: MINUTE, event: ask }], play: '10m' });
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami']);
  });

  it('on a worker that its node group left behind has that worker named', async () => {
    const vulnerabilities = [{ ...URGENT, fixedSince: '-6d' }];
    const fleet = findingsFleet({ newReleaseAt: '-5d', nodeGroup: { releaseVersion: NEW }, vulnerabilities });
    const run = await start({ ...fleet, play: '0s' });
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

describe('an event is only a hint', () => {
  it('a forged finding does not start or hasten an upgrade', async () => {
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ ...quiet, play: '0s' }));
    const run = await playThrough({ ...quiet, events: [forged(worker, 50 * MINUTE)], policy, play: '170m' });
    expect(triageIncident(run)).toEqual(['skipped finding-not-open']);
    expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('waiting baking');
  });

  it('a forged hint to upgrade, as if for findings, does not either', async () => {
    const detail = { trigger: 'findings' as const, clusterName: 'shop', nodegroupName: 'web', urgency: 'urgent' };
    const events = [{ after: 100 * MINUTE, event: { ...upgradeReconcileRequest, detail } }];
    const run = await start({ ...findingsFleet({ vulnerabilities: [] }), events, policy, play: '170m' });
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('a forged severity does not make a finding urgent', async () => {
    const mild = findingsFleet({ vulnerabilities: [GRAVE] });
    const [worker = ''] = workersOf(await start({ ...mild, play: '0s' }));
    const run = await start({ ...mild, events: [forged(worker, 50 * MINUTE)], policy, play: '170m' });
    const incident = 'waiting no-newer-ami, waiting release-not-yet-seen, acted upgrade-requested';
    expect(triageIncident(run).join(', ')).toBe(incident);
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('every event twice, late and out of order, and every message twice, change nothing', async () => {
    const faults = { duplicateEvents: true, duplicateMessages: true, deliveryDelayMs: 60_000 };
    const run = await playThrough({ ...findingsFleet(), faults, policy, play });
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested', 'done findings-fixed']);
    expect(upgradeCalls(run)).toHaveLength(1);
  });
});

describe('messages', () => {
  it('that are malformed lie in the dead-letter queue alone, and their batch is done', async () => {
    const bad = forged('i-0bad', 11 * MINUTE, { findingArn: undefined });
    const run = await start({ ...findingsFleet(), events: [bad], play: '30m' });
    expect(deadLetterCount(run)).toBe(1);
    expect(told(run, 'invalid-event')[0]?.message).toContain('detail.findingArn');
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami']);
    expect(counted(run).received).toBe(2);
  });

  it('with members and values that AWS may add are understood', async () => {
    const added = { exploitAvailable: 'PERHAPS', fixAvailable: 'SOON', added: { x: 1 } };
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ ...quiet, play: '0s' }));
    const run = await start({ ...quiet, events: [forged(worker, MINUTE, added)], play: '10m' });
    expect(deadLetterCount(run)).toBe(0);
    expect(counted(run)).toEqual({ received: 1, examined: 1 });
  });
});

describe('the policy', () => {
  const fleet = findingsFleet({ newReleaseAt: '-1h', vulnerabilities: [{ ...URGENT, fixedSince: '-2h' }] });
  const hurry = { upgrades: { bakeAge: '1d', urgent: { bakeAge: '1m' } } };

  it.each([
    ['observe: says what would be done', { findings: { mode: 'observe' } }, ['would-act would-request-upgrade']],
    ['off: findings are ignored', { findings: { mode: 'off' } }, []],
    ['a kill switch: likewise', { killSwitch: true }, []],
    ['another scope', { scope: { clusters: ['other'] } }, ['skipped out-of-scope']],
  ])('with %s, and no upgrade begins for a finding', async (_what, part, incident) => {
    const run = await playThrough({ ...fleet, policy: { ...hurry, ...part }, play: '125m' });
    expect(triageIncident(run).slice(-1)).toEqual(incident);
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('with a higher floor lets less grave findings count for nothing', async () => {
    const mild = findingsFleet({ vulnerabilities: [GRAVE] });
    const run = await start({ ...mild, policy: { findings: { severityFloor: 'CRITICAL' } }, play: '70m' });
    expect(counted(run)).toEqual({ received: 2, belowFloor: 2 });
    expect(triageIncident(run)).toEqual([]);
  });

  it('that cannot be read lets nothing happen, and says so', async () => {
    const run = await playThrough({ ...fleet, policy: '{', play: '125m' });
    expect(triageIncident(run)).toEqual([]);
    expect(told(run, 'policy-invalid')).toHaveLength(1);
    expect(counted(run)).toEqual({ received: 2, ignored: 2 });
  });

  it.each([
    [false, OLD],
    [true, NEW],
  ])('lets urgent findings pass change windows only where it says so (%s)', async (ignoreWindows, releaseVersion) => {
    const windows = [{ cron: '0 22 * * *', duration: '1h' }];
    const upgrades = { bakeAge: '1m', windows, urgent: { ignoreWindows } };
    const run = await start({ ...fleet, policy: { upgrades }, play: '125m' });
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(releaseVersion);
  });
});

describe('Inspector itself', () => {
  it('is told of where it is off, once', async () => {
    const run = await playThrough({ ...findingsFleet({ inspector: { ec2: false } }), play: '125m' });
    expect(told(run, 'inspector-off')).toHaveLength(1);
    expect(run.calls.filter(({ operation }) => operation === 'Enable')).toEqual([]);
  });

  it('is switched on where the policy says so, and then finds what there is', async () => {
    const enable = { findings: { enableInspector: 'enforce' } };
    const fleet = findingsFleet({ inspector: { ec2: false }, newReleaseAt: NEVER });
    const run = await playThrough({ ...fleet, policy: enable, play: '125m' });
    expect(told(run, 'inspector-enabled')[0]?.calls).toMatchObject([{ operation: 'Enable' }]);
    expect(told(run, 'inspector-on')).toHaveLength(1);
    expect(triageIncident(run)).toEqual(['waiting no-newer-ami']);
  });

  it('has the workers named that it does not scan, with its reasons, once', async () => {
    const run = await playThrough({ ...findingsFleet({ nodeGroup: { ssm: { agent: 'missing' } } }), play: '125m' });
    expect(told(run, 'workers-not-scanned').map(({ message }) => message)).toEqual([
      expect.stringMatching(/UNMANAGED_EC2_INSTANCE \(2: i-0/),
    ]);
  });
});
