import { describe, expect, it } from 'vitest';
import { GRAVE, NEVER, told, triageIncident, URGENT } from './findings.fixture.ts';
import {
  firstAt,
  hasty,
  hastyPins,
  NEW,
  OLD,
  ownGroupFleet,
  poolFleet,
  storyBy,
} from './findings-other-groups.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { NEW as NEWER_RELEASE, nodesIn } from './node-classes.fixture.ts';
import { group } from './refresh-groups.fixture.ts';

const messagesOf = (run: Awaited<ReturnType<typeof start>>) =>
  run.account.sns.published.flatMap(({ subject = '' }) => (/(opened|ended|worsened)/.test(subject) ? [subject] : []));
const openFindings = (run: Awaited<ReturnType<typeof start>>) =>
  run.account.fleet.inspector.findings().filter(({ status }) => status === 'ACTIVE');

async function asExpected(run: Awaited<ReturnType<typeof start>>): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

describe('a vulnerability of a self-managed group', () => {
  it('is told while the policy names no newer AMI, hastens the refresh to one, and closes: a record names both', async () => {
    const run = await start({ fleet: ownGroupFleet(), policy: hasty(), play: '4h' });
    expect(triageIncident(run)).toEqual([
      'refused ami-stays-vulnerable',
      'acted move-requested',
      'done findings-fixed',
    ]);
    const [fixed] = told(run, 'findings-fixed');
    expect(fixed?.message).toBe(`AMI ${NEW} fixes ${URGENT.id}.`);
    expect(fixed?.details).toEqual({ releaseVersion: NEW, fixed: [URGENT.id], notFixed: [] });
    expect(fixed?.correlationId).toBe(told(run, 'ami-stays-vulnerable')[0]?.correlationId);
    // The AMI was named at 0:40, and bakes for half an hour instead of six.
    expect(firstAt(run, 'refresh-started')).toBeGreaterThan(70 * MINUTE);
    expect(firstAt(run, 'refresh-started')).toBeLessThan(80 * MINUTE);
    expect(run.records.find(({ reason }) => reason === 'refresh-started')?.message).toContain(
      `, for ${URGENT.id} (CRITICAL).`,
    );
    expect(openFindings(run)).toEqual([]);
    expect(messagesOf(run).filter((subject) => /ami-stays|findings-fixed/.test(subject))).toEqual([
      expect.stringMatching(/opened.*ami-stays-vulnerable/),
      expect.stringMatching(/ended.*findings-fixed/),
    ]);
    await asExpected(run);
  });

  it('that becomes known while the AMI bakes has refresh-groups look at once', async () => {
    const vulnerabilities = [{ ...URGENT, publishedAt: '+95m', fixedSince: '+30m' }];
    const run = await start({ inProcess: true, fleet: ownGroupFleet(vulnerabilities), policy: hasty(), play: '2h' });
    expect(storyBy(run, 'refresh-groups')).toContain('waiting image-baking');
    const started = run.records.find(({ reason }) => reason === 'refresh-started');
    expect(started?.trigger.type).toBe('Refresh Reconcile Request (findings)');
    expect(firstAt(run, 'refresh-started')).toBeLessThan(110 * MINUTE);
    await asExpected(run);
  });

  it.each([
    ['is not urgent', [GRAVE], {}, {}],
    ['may hasten nothing', [URGENT], {}, { findings: { mode: 'observe' } }],
    ['nobody has a fix for', [{ ...URGENT, fixedInVersion: undefined }], {}, {}],
    ['waits for a window', [URGENT], { windows: [{ cron: '0 3 * * *', duration: '1h' }] }, {}],
  ])('that %s hastens no refresh', async (_what, vulnerabilities, refreshes, others) => {
    const policy = hasty(refreshes, others);
    const run = await start({ inProcess: true, fleet: ownGroupFleet(vulnerabilities), policy, play: '5h' });
    expect(firstAt(run, 'refresh-started')).toBeUndefined();
  });

  it('is not closed by an AMI that was built before the fix, and that is said', async () => {
    const vulnerabilities = [{ ...URGENT, fixedSince: '+50m' }];
    const run = await start({ inProcess: true, fleet: ownGroupFleet(vulnerabilities), policy: hasty(), play: '5h' });
    expect(triageIncident(run).slice(1, 3)).toEqual(['acted move-requested', 'failed not-fixed-by-release']);
    expect(told(run, 'not-fixed-by-release')[0]).toMatchObject({
      message: `AMI ${NEW} does not fix ${URGENT.id}, which Inspector still finds after the upgrade.`,
      hint: 'Build another AMI with the fixed packages.',
    });
    expect(triageIncident(run).at(-1)).toBe('refused ami-stays-vulnerable');
    await asExpected(run);
  });

  it.each([
    ['names no AMI for it', { wanted: null }, /names none \(refreshes\.wanted\)/],
    ['has refreshes off', { mode: 'off' }, /refreshes off/],
    ['only proposes', { mode: 'observe' }, /only proposed/],
  ])('is told to people once, with what to do, where the policy %s, until it ends', async (_what, refreshes, why) => {
    const fleet = ownGroupFleet([{ ...URGENT, publishedAt: '+50m' }]);
    const run = await start({ inProcess: true, fleet, policy: hasty(refreshes), play: '4h' });
    expect(triageIncident(run)).toEqual(['refused ami-stays-vulnerable']);
    expect(told(run, 'ami-stays-vulnerable')[0]?.message).toMatch(why);
    expect(messagesOf(run).filter((subject) => subject.includes('ami-stays-vulnerable'))).toHaveLength(1);
    run.account.fleet.inspector.suppress(URGENT.id);
    await run.account.play(2 * HOUR);
    expect(triageIncident(run).slice(1)).toEqual(['done findings-closed']);
    await asExpected(run);
  });

  it('is told where refresh-groups cannot move the group, with its reason', async () => {
    const groups = [group('web', { launchesFrom: '$Latest' })];
    const fleet = ownGroupFleet([{ ...URGENT, publishedAt: '+130m', fixedSince: '+30m' }], { groups });
    const run = await start({ inProcess: true, fleet, policy: hasty({ bakeAge: '1m' }), play: '3h' });
    expect(triageIncident(run)).toEqual(['refused ami-stays-vulnerable']);
    expect(told(run, 'ami-stays-vulnerable')[0]?.message).toContain('does not move the group (group-floats)');
    await asExpected(run);
  });

  it('goes first among groups that wait for the only slot', async () => {
    const OTHER = 'ami-0123456789abcdef9';
    const groups = [group('a'), group('b'), group('web', { imageId: OTHER })];
    const { images, ...more } = ownGroupFleet([], { groups });
    const fleet = { ...more, images: [...images, { imageId: OTHER, name: 'golden-eks-1.33-0', at: '-31d' }] };
    const policy = hasty({ bakeAge: '30m', concurrency: { perCluster: 1, perAccount: 1 } });
    const run = await start({ inProcess: true, fleet, policy, play: '0s' });
    const { fixedSince: _, ...vulnerability } = URGENT;
    run.account.fleet.inspector.publish({
      ...vulnerability,
      severity: 'CRITICAL',
      installedVersion: '1.0.0',
      publishedAt: run.account.time.now + 10 * MINUTE,
      affects: (imageId) => imageId === OTHER,
    });
    await run.account.play(8 * HOUR);
    const order = run.records.filter(({ reason }) => reason === 'refresh-started').map(({ nodegroup }) => nodegroup);
    // All wake at once, and the first one takes the slot. Once it ends, the one with the findings comes before the other.
    expect(order).toEqual(['shop-a', 'shop-web', 'shop-b'].map((name) => `self-managed:${name}`));
    await asExpected(run);
  });

  it('is ignored where the group opted out', async () => {
    const run = await start({ inProcess: true, fleet: ownGroupFleet(), policy: hasty(), play: '0s' });
    const [own] = run.account.fleet.autoScalingGroups.list().filter(({ name }) => name === 'shop-web');
    Object.assign(own?.tags ?? {}, { 'eks-host-remediator:ignore': '' });
    await run.account.play(3 * HOUR);
    expect(triageIncident(run)).toEqual(['skipped opted-out']);
    await asExpected(run);
  });
});

describe('a vulnerability of a node pool of Karpenter', () => {
  it('hastens the pin of its class, and closes once Karpenter has replaced the nodes', async () => {
    const run = await start({ fleet: poolFleet(), policy: hastyPins(), play: '16h' });
    const pinned = firstAt(run, 'node-class-being-pinned');
    expect(pinned).toBeLessThan(4 * HOUR);
    expect(run.records.find(({ reason }) => reason === 'node-class-being-pinned')?.message).toContain(
      `, for ${URGENT.id} (CRITICAL).`,
    );
    const releases = nodesIn(run).map(({ imageId }) => run.account.fleet.releases.byImageId(imageId)?.releaseVersion);
    expect(new Set(releases)).toEqual(new Set([NEWER_RELEASE]));
    expect(triageIncident(run).at(-1)).toBe('done findings-fixed');
    expect(openFindings(run)).toEqual([]);
    await asExpected(run);
  });

  it.each([
    ['is not urgent', [GRAVE], {}],
    ['nobody has a fix for', [{ ...URGENT, fixedSince: NEVER, fixedInVersion: undefined }], {}],
  ])('that %s hastens no pin', async (_what, vulnerabilities, nodeClasses) => {
    const policy = hastyPins(nodeClasses);
    const run = await start({ inProcess: true, fleet: poolFleet(vulnerabilities), policy, play: '16h' });
    expect(firstAt(run, 'node-class-being-pinned')).toBeUndefined();
  });

  it.each([
    ['has pins off', hastyPins({ mode: 'off' }), {}, /nodeClasses\.mode/],
    [
      'leaves its AMIs alone',
      hastyPins(),
      { amiFamily: 'AL2023', amiSelectorTerms: [{ name: 'al2023*' }] },
      /ami-terms-custom/,
    ],
  ])('is told to people once where the policy or class %s', async (_what, policy, nodeClass, why) => {
    const fleet = poolFleet([{ ...URGENT, publishedAt: '+130m' }], nodeClass);
    const run = await start({ inProcess: true, fleet, policy, play: '6h' });
    expect(triageIncident(run)).toEqual(['refused ami-stays-vulnerable']);
    expect(told(run, 'ami-stays-vulnerable')[0]?.message).toMatch(why);
    expect(messagesOf(run).filter((subject) => subject.includes('ami-stays-vulnerable'))).toHaveLength(1);
    await asExpected(run);
  });
});

describe('a vulnerability of nodes that are in no group', () => {
  const [byHand, bastion] = [
    { name: 'by-hand', count: 1, tags: { 'aws:eks:cluster-name': 'shop' } },
    { name: 'bastion', count: 1, tags: { 'kubernetes.io/cluster/shop': 'owned' } },
  ];
  const { clusters: _, inspector, ...more } = ownGroupFleet();
  const fleet = {
    ...more,
    inspector: { ...inspector, vmScanner: true },
    clusters: [{ name: 'shop', version: '1.33', otherInstances: [byHand, bastion] }],
  };

  it('is told once, and its end once they are gone; one that only claims to be of the cluster does not count', async () => {
    const run = await start({ inProcess: true, fleet, policy: hasty(), play: '3h' });
    expect(triageIncident(run)).toEqual(['refused ami-stays-vulnerable']);
    const [record] = told(run, 'ami-stays-vulnerable');
    expect(record?.nodegroup).toBe('self-managed:*');
    expect(record?.message).toMatch(/^1 worker has .* in no Auto Scaling group/);
    const { instances } = run.account.fleet;
    const [node] = instances.list().filter(({ tags }) => tags.has('aws:eks:cluster-name'));
    if (node === undefined) throw new Error('it was to be there');
    instances.terminate(node, MINUTE, () => {});
    await run.account.play(2 * HOUR);
    expect(triageIncident(run).slice(1)).toEqual(['done findings-closed']);
    expect(messagesOf(run).filter((subject) => /ami-stays|findings-closed/.test(subject))).toHaveLength(2);
    await asExpected(run);
  });
});

describe('a vulnerability of a managed node group with an AMI of its owner', () => {
  const nodeGroup = {
    name: 'web',
    amiType: 'CUSTOM',
    desiredSize: 2,
    launchTemplate: { imageId: OLD },
    updates: { minutesPerNode: 2 },
  };
  const fleet = { ...ownGroupFleet(), clusters: [{ name: 'shop', version: '1.33', nodeGroups: [nodeGroup] }] };
  const policy = (mode: string) => ({
    upgrades: {
      bakeAge: '6h',
      urgent: { bakeAge: '30m' },
      image: {
        mode,
        templates: 'change',
        wanted: { owners: ['self'], namePattern: 'golden-eks-*', architecture: 'x86_64' },
      },
    },
  });

  it('is told while the policy names no newer one, hastens the move to it, and closes', async () => {
    const run = await start({ inProcess: true, fleet, policy: policy('enforce'), play: '5h' });
    expect(triageIncident(run)).toEqual([
      'refused custom-ami-vulnerable',
      'acted upgrade-requested',
      'done findings-fixed',
    ]);
    expect(told(run, 'findings-fixed')[0]?.message).toBe(`AMI ${NEW} fixes ${URGENT.id}.`);
    // The AMI came at 0:40, and bakes for half an hour instead of six.
    expect(firstAt(run, 'upgrade-started')).toBeLessThan(80 * MINUTE);
  });

  it('is told where the move is only proposed', async () => {
    const run = await start({ inProcess: true, fleet, policy: policy('observe'), play: '3h' });
    expect(new Set(triageIncident(run))).toEqual(new Set(['refused custom-ami-vulnerable']));
    expect(told(run, 'custom-ami-vulnerable').at(-1)?.message).toContain(`A move to ${NEW}`);
    expect(firstAt(run, 'upgrade-started')).toBeUndefined();
  });
});
