import { describe, expect, it } from 'vitest';
import { sample as upgradeHint } from '../events/upgrade-hint.ts';
import {
  counted,
  findingsFleet,
  forged,
  GRAVE,
  NEVER,
  NEW,
  OLD,
  told,
  triageStory,
  URGENT,
  upgradeBegan,
  workersOf,
} from './findings.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, nodeGroupOf, playThrough, start, storyOf, upgradeCalls } from './harness.ts';

describe('a vulnerability of the fleet', () => {
  it('is found, waits for a release, hastens its upgrade, and closes: a record names it and the release', async () => {
    const run = await playThrough({ ...findingsFleet(), play: '8h' });
    expect(triageStory(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested', 'done findings-fixed']);
    const [fixed] = told(run, 'findings-fixed');
    expect(fixed?.message).toBe(`${URGENT.id} fixed by release ${NEW}.`);
    expect(fixed?.details).toEqual({ releaseVersion: NEW, fixed: [URGENT.id], notFixed: [] });
    expect(
      new Set(
        run.records
          .filter(({ remediation, nodegroup }) => remediation === 'triage-findings' && nodegroup)
          .map(({ correlationId }) => correlationId),
      ).size,
    ).toBe(1);
    // Two hours after the release came, instead of 24.
    expect(upgradeBegan(run)).toBeGreaterThan(5 * HOUR);
    expect(upgradeBegan(run)).toBeLessThan(6 * HOUR + 5 * MINUTE);
    expect(run.records.find(({ reason }) => reason === 'upgrade-started')?.message).toContain(
      `for ${URGENT.id} (CRITICAL)`,
    );
    expect(run.account.fleet.inspector.findings().filter(({ status }) => status === 'ACTIVE')).toEqual([]);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('that is not urgent waits for the bake like any other upgrade', async () => {
    const run = await playThrough({ ...findingsFleet({ vulnerabilities: [GRAVE] }), play: '30h' });
    expect(triageStory(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested', 'done findings-fixed']);
    expect(upgradeBegan(run)).toBeGreaterThan(27 * HOUR);
  });

  it('that the release does not fix is told of, and not requested again for it', async () => {
    const run = await playThrough({
      ...findingsFleet({ vulnerabilities: [URGENT, { ...GRAVE, fixedSince: NEVER }] }),
      play: '12h',
    });
    expect(triageStory(run)).toEqual([
      'waiting no-newer-ami',
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

  it('is upgraded away at once where a newer release has already baked', async () => {
    const run = await playThrough({
      ...findingsFleet({ newReleaseAt: '-5d', vulnerabilities: [{ ...URGENT, fixedSince: '-6d' }] }),
      policy: { upgrades: { bakeAge: '1h' } },
      play: '6h',
    });
    expect(triageStory(run)).toEqual(['acted upgrade-requested', 'done findings-fixed']);
  });

  it.each([
    ['nobody has a fix for', { fixedInVersion: undefined }, 'withoutFix'],
    ['stands on hosts of somebody else', {}, 'notOnWorker'],
  ])('that %s is counted, and nothing more', async (_what, change, kind) => {
    const vulnerability = JSON.parse(JSON.stringify({ ...URGENT, ...change }));
    const run = await start({ ...findingsFleet({ vulnerabilities: [vulnerability] }), play: '1h' });
    if (kind === 'notOnWorker') for (const instance of run.account.fleet.instances.list()) instance.tags.clear();
    await run.account.play(HOUR);
    expect(counted(run)).toEqual({ received: 2, [kind]: 2 });
    expect(triageStory(run)).toEqual([]);
    expect(told(run, 'not-a-worker').map(({ message }) => message)).toEqual(
      kind === 'notOnWorker' ? ['2 findings on 2 instances that are no workers.'] : [],
    );
  });

  it('that Inspector suppresses is closed without an upgrade', async () => {
    const run = await start({ ...findingsFleet({ newReleaseAt: NEVER }), play: '2h' });
    run.account.fleet.inspector.suppress(URGENT.id);
    await run.account.play(2 * HOUR);
    expect(triageStory(run)).toEqual(['waiting no-newer-ami', 'done findings-closed']);
    expect(told(run, 'findings-closed')[0]?.message).toContain(`suppressed ${URGENT.id}`);
  });

  it('that no event told of is found by the sweep', async () => {
    const run = await playThrough({
      ...findingsFleet({ vulnerabilities: [{ ...URGENT, publishedAt: '-2d' }], newReleaseAt: NEVER }),
      play: '2h',
    });
    expect(counted(run)).toEqual({});
    expect(triageStory(run)).toEqual(['waiting no-newer-ami']);
  });
});

describe('a worker of a node group that is up to date', () => {
  it('is named when it alone was left behind', async () => {
    const { fleet } = findingsFleet({
      newReleaseAt: '-5d',
      nodeGroup: { releaseVersion: NEW },
      vulnerabilities: [{ ...URGENT, fixedSince: '-6d' }],
    });
    const run = await start({ fleet, play: '0s' });
    const [first, second] = run.account.fleet.instances.list();
    // Detached from its group: its own image is older than the group's.
    const old = run.account.fleet.releases.find('1.33', 'AL2023_x86_64_STANDARD', OLD)?.imageId;
    Object.assign(first ?? {}, { imageId: old });
    await run.account.play(2 * HOUR);
    expect(triageStory(run)).toEqual(['skipped worker-left-behind']);
    expect(told(run, 'worker-left-behind')[0]?.message).toContain(first?.id);
    expect(told(run, 'worker-left-behind')[0]?.message).not.toContain(second?.id);
    expect(upgradeCalls(run)).toEqual([]);
  });
});

describe('an event is only a hint', () => {
  it('a forged finding does not start or hasten an upgrade', async () => {
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ ...quiet, play: '0s' }));
    const run = await playThrough({ ...quiet, events: [forged(worker, 4 * HOUR)], play: '12h' });
    expect(triageStory(run)).toEqual(['skipped finding-not-open']);
    expect(upgradeCalls(run)).toEqual([]);
    expect(storyOf(run, 'shop', 'web').at(-1)).not.toContain('upgrade');
  });

  it('a forged hint to upgrade, as if for findings, does not either', async () => {
    const detail = { trigger: 'findings' as const, clusterName: 'shop', nodegroupName: 'web', urgency: 'urgent' };
    const event = { ...upgradeHint, detail };
    const run = await start({
      ...findingsFleet({ vulnerabilities: [] }),
      events: [{ after: 4 * HOUR, event }],
      play: '12h',
    });
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('a forged severity does not make a finding urgent', async () => {
    const mild = findingsFleet({ vulnerabilities: [GRAVE] });
    const [worker = ''] = workersOf(await start({ ...mild, play: '0s' }));
    const run = await start({ ...mild, events: [forged(worker, 4 * HOUR)], play: '12h' });
    expect(triageStory(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested']);
    expect(upgradeCalls(run)).toEqual([]);
  });

  it('every event twice, delayed, and every message twice, change nothing', async () => {
    const faults = { duplicateEvents: true, duplicateMessages: true, deliveryDelayMs: 60_000 };
    const run = await playThrough({ ...findingsFleet(), faults, play: '8h' });
    expect(triageStory(run)).toEqual(['waiting no-newer-ami', 'acted upgrade-requested', 'done findings-fixed']);
    expect(upgradeCalls(run)).toHaveLength(1);
  });
});

describe('messages', () => {
  it('that are malformed lie in the dead-letter queue alone, and their batch is done', async () => {
    const bad = {
      ...forged('i-0bad').event,
      detail: {
        type: 'PACKAGE_VULNERABILITY',
        severity: 'CRITICAL',
        status: 'ACTIVE',
        resources: [{ type: 'AWS_EC2_INSTANCE', id: 'i-0bad' }],
      },
    };
    const run = await start({ ...findingsFleet(), events: [{ after: HOUR + 2 * MINUTE, event: bad }], play: '2h' });
    expect(deadLetterCount(run)).toBe(1);
    expect(told(run, 'invalid-event')[0]?.message).toContain('detail.findingArn');
    expect(triageStory(run)).toEqual(['waiting no-newer-ami']);
    expect(counted(run).received).toBe(2);
  });

  it('with members and values that AWS may add are understood', async () => {
    const added = {
      exploitAvailable: 'PERHAPS',
      fixAvailable: 'SOON',
      severity: 'CRITICAL',
      status: 'ACTIVE',
      added: { x: 1 },
    };
    const quiet = findingsFleet({ vulnerabilities: [] });
    const [worker = ''] = workersOf(await start({ ...quiet, play: '0s' }));
    const run = await start({ ...quiet, events: [forged(worker, HOUR, added)], play: '2h' });
    expect(deadLetterCount(run)).toBe(0);
    expect(counted(run)).toEqual({ received: 1, examined: 1 });
  });
});

describe('the policy', () => {
  const fleet = findingsFleet({ newReleaseAt: '-1h', vulnerabilities: [{ ...URGENT, fixedSince: '-2h' }] });

  it.each([
    ['observe: it says what it would do', { findings: { mode: 'observe' } }, ['would-act would-request-upgrade']],
    ['off: findings are counted as ignored', { findings: { mode: 'off' } }, []],
    ['a kill switch: likewise', { killSwitch: true }, []],
    [
      'a higher floor: the findings count for nothing',
      { findings: { severityFloor: 'CRITICAL', urgent: { epss: 0.9 } } },
      ['acted upgrade-requested'],
    ],
    ['another scope', { scope: { clusters: ['other'] } }, ['skipped out-of-scope']],
  ])('says %s', async (_what, policy, story) => {
    const run = await playThrough({ ...fleet, policy, play: '4h' });
    expect(triageStory(run)).toEqual(story);
    const hastened = upgradeBegan(run) !== undefined;
    expect(hastened).toBe(false);
  });

  it('that cannot be read lets nothing happen, and says so', async () => {
    const run = await playThrough({ ...fleet, policy: '{', play: '3h' });
    expect(triageStory(run)).toEqual([]);
    expect(told(run, 'policy-invalid')).toHaveLength(1);
    expect(counted(run)).toEqual({ received: 2, ignored: 2 });
  });

  it('may let urgent findings pass a change window, but by default does not', async () => {
    const windows = [{ cron: '0 22 * * *', duration: '1h' }];
    const waits = await start({ ...fleet, policy: { upgrades: { windows } }, play: '8h' });
    expect(upgradeCalls(waits)).toEqual([]);
    const passes = await start({
      ...fleet,
      policy: { upgrades: { windows, urgent: { ignoreWindows: true } } },
      play: '8h',
    });
    expect(nodeGroupOf(passes, 'shop', 'web').releaseVersion).toBe(NEW);
  });
});

describe('Inspector itself', () => {
  it('is told of where it is off, once', async () => {
    const run = await playThrough({ ...findingsFleet({ inspector: { ec2: false } }), play: '4h' });
    expect(told(run, 'inspector-off')).toHaveLength(1);
    expect(run.calls.filter(({ operation }) => operation === 'Enable')).toEqual([]);
  });

  it('is switched on where the policy says so, and then finds what there is', async () => {
    const policy = { findings: { enableInspector: 'enforce' } };
    const run = await playThrough({
      ...findingsFleet({ inspector: { ec2: false }, newReleaseAt: NEVER }),
      policy,
      play: '4h',
    });
    expect(told(run, 'inspector-enabled')[0]?.calls).toMatchObject([{ operation: 'Enable' }]);
    expect(told(run, 'inspector-on')).toHaveLength(1);
    expect(triageStory(run)).toEqual(['waiting no-newer-ami']);
  });

  it('names the workers that it does not scan, with its reasons', async () => {
    const run = await playThrough({ ...findingsFleet({ nodeGroup: { ssm: { agent: 'missing' } } }), play: '2h' });
    expect(told(run, 'workers-not-scanned')[0]?.message).toMatch(/UNMANAGED_EC2_INSTANCE \(2: i-0/);
    expect(told(run, 'workers-not-scanned')).toHaveLength(1);
  });
});
