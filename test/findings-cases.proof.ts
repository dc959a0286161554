import { describe, expect, it } from 'vitest';
import { sample as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import {
  counted,
  findingsFleet,
  forged,
  GRAVE,
  HASTY,
  NEVER,
  NEW,
  OLD,
  told,
  triageIncident,
  URGENT,
  workersOf,
} from './findings.fixture.ts';
import { incidentOf, MINUTE, nodeGroupOf, playThrough, start, upgradeCalls } from './harness.ts';

const [policy, play] = [HASTY, '190m'];

describe('an event is only a hint', () => {
  it('a forged finding does not start or hasten an upgrade', async () => {
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ inProcess: true, ...quiet, play: '0s' }));
    const run = await playThrough({
      inProcess: true,
      ...quiet,
      events: [forged(worker, 50 * MINUTE)],
      policy,
      play: '170m',
    });
    expect(triageIncident(run)).toEqual(['skipped finding-not-open']);
    expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('waiting baking');
  });

  it('a forged hint to upgrade, as if for findings, does not either', async () => {
    const detail = { trigger: 'findings' as const, clusterName: 'shop', nodegroupName: 'web', urgency: 'urgent' };
    const events = [{ after: 100 * MINUTE, event: { ...upgradeReconcileRequest, detail } }];
    const run = await start({
      inProcess: true,
      ...findingsFleet({ vulnerabilities: [] }),
      events,
      policy,
      play: '170m',
    });
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('a forged severity does not make a finding urgent', async () => {
    const mild = findingsFleet({ vulnerabilities: [GRAVE] });
    const [worker = ''] = workersOf(await start({ inProcess: true, ...mild, play: '0s' }));
    const run = await start({ inProcess: true, ...mild, events: [forged(worker, 50 * MINUTE)], policy, play: '170m' });
    const incident = 'waiting no-newer-ami, waiting release-not-yet-seen, acted upgrade-requested';
    expect(triageIncident(run).join(', ')).toBe(incident);
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('every event twice, late and out of order, and every message twice, change nothing', async () => {
    const faults = { duplicateEvents: true, duplicateMessages: true, deliveryDelayMs: 60_000 };
    const run = await playThrough({ inProcess: true, ...findingsFleet(), faults, policy, play });
    expect(triageIncident(run)).toEqual([
      'refused urgent-without-ami',
      'acted upgrade-requested',
      'done findings-fixed',
    ]);
    expect(upgradeCalls(run)).toHaveLength(1);
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
    const run = await playThrough({ inProcess: true, ...fleet, policy: { ...hurry, ...part }, play: '125m' });
    expect(triageIncident(run).slice(-1)).toEqual(incident);
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('with a higher floor lets less grave findings count for nothing', async () => {
    const mild = findingsFleet({ vulnerabilities: [GRAVE] });
    const run = await start({
      inProcess: true,
      ...mild,
      policy: { findings: { severityFloor: 'CRITICAL' } },
      play: '70m',
    });
    expect(counted(run)).toEqual({ received: 2, belowFloor: 2 });
    expect(triageIncident(run)).toEqual([]);
  });

  it('that cannot be read lets nothing happen, and says so', async () => {
    const run = await playThrough({ inProcess: true, ...fleet, policy: '{', play: '125m' });
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
    const run = await start({ inProcess: true, ...fleet, policy: { upgrades }, play: '125m' });
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(releaseVersion);
  });
});

describe('Inspector itself', () => {
  it('is told of where it is off, once', async () => {
    const run = await playThrough({ inProcess: true, ...findingsFleet({ inspector: { ec2: false } }), play: '125m' });
    expect(told(run, 'inspector-off')).toHaveLength(1);
    expect(run.calls.filter(({ operation }) => operation === 'Enable')).toEqual([]);
  });

  it('is switched on where the policy says so, and then finds what there is', async () => {
    const enable = { findings: { enableInspector: 'enforce' } };
    const fleet = findingsFleet({ inspector: { ec2: false }, newReleaseAt: NEVER });
    const run = await playThrough({ inProcess: true, ...fleet, policy: enable, play: '125m' });
    expect(told(run, 'inspector-enabled')[0]?.calls).toMatchObject([{ operation: 'Enable' }]);
    expect(told(run, 'inspector-on')).toHaveLength(1);
    expect(triageIncident(run)).toEqual(['refused urgent-without-ami']);
  });

  it('has people told of workers that it cannot scan, once, and of the end', async () => {
    const inspector = { notScanned: [{ nodeGroup: 'web', reason: 'STALE_INVENTORY' }] };
    const fleet = findingsFleet({ vulnerabilities: [], newReleaseAt: NEVER, inspector });
    const run = await playThrough({ inProcess: true, ...fleet, play: '245m' });
    const messages = () =>
      run.account.sns.published
        .map(({ subject = '' }) => subject)
        .filter((subject) => /(opened|ended): shop\/web: workers-/.test(subject));
    expect(messages()).toEqual([expect.stringContaining('opened: shop/web: workers-not-scanned')]);
    run.account.fleet.inspector.reasons.clear();
    await run.account.play(70 * MINUTE);
    expect(messages().slice(1)).toEqual([expect.stringContaining('ended: shop/web: workers-scanned')]);
  });

  it('has the workers named that it does not scan, with its reasons, once', async () => {
    const run = await playThrough({
      inProcess: true,
      ...findingsFleet({ nodeGroup: { ssm: { agent: 'missing' } } }),
      play: '125m',
    });
    expect(told(run, 'workers-not-scanned').map(({ message }) => message)).toEqual([
      expect.stringMatching(/UNMANAGED_EC2_INSTANCE \(2: i-0/),
    ]);
  });
});

it('a critical finding with a fix on an AMI of the owner is told to people once, until another AMI ends it', async () => {
  const nodeGroup = {
    amiType: 'CUSTOM',
    releaseVersion: undefined,
    launchTemplate: { imageId: 'ami-0123456789abcdef0' },
  };
  const fleet = findingsFleet({ newReleaseAt: NEVER, nodeGroup });
  const run = await playThrough({ inProcess: true, ...fleet, play: '245m' });
  expect(triageIncident(run)).toEqual(['refused custom-ami-vulnerable']);
  const messages = run.account.sns.published.filter(({ subject = '' }) => subject.includes('custom-ami-vulnerable'));
  expect(messages.map(({ message }) => message)).toEqual([
    expect.stringMatching(/CVE-2026-31415 \(CRITICAL\).*the custom AMI ami-0123456789abcdef0.*Build an AMI/s),
  ]);
  // Nobody knows whether another AMI of the owner has the fix.
  expect(upgradeCalls(run)).toEqual([]);
});

it('where the policy has upgrades off, grave findings are told to people, and no upgrade is said to be requested', async () => {
  const off = { upgrades: { mode: 'off' } };
  const run = await start({ inProcess: true, ...findingsFleet(), policy: off, play });
  expect(triageIncident(run)).toEqual(['refused urgent-without-ami', 'refused upgrades-off']);
});

it.each([
  ['a node group that is being deleted', { nodeGroup: { status: 'DELETING' } }],
  ['a cluster that has failed', { cluster: { status: 'FAILED' } }],
])('no upgrade is said to be requested for the findings of %s', async (_what, state) => {
  const run = await start({ inProcess: true, ...findingsFleet(state), policy, play });
  expect(triageIncident(run)).toEqual(['skipped not-upgradable']);
  expect(upgradeCalls(run)).toEqual([]);
});
