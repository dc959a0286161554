import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EC2_NODE_CLASSES } from '../sandbox/kubernetes/api-request.ts';
import { KarpenterObjects } from '../sandbox/kubernetes/karpenter-objects.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  askAboutClass,
  karpenterFleet,
  NEW,
  nodeClassPolicy,
  nodeClassStory,
  nodesIn,
  OLD,
  termsIn,
} from './node-classes.fixture.ts';

const started = (fleet: object, policy: object = {}, play = '30h') =>
  start({ fleet, policy: nodeClassPolicy(policy), inProcess: true, play });

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

/** What is told until a release has been seen for a day: nobody else in the cluster uses this AMI type. */
const UNTIL_BAKED = ['waiting node-class-release-unknown', 'done node-class-current'];

const patches = (run: Run) => run.calls.filter(({ operation }) => operation === 'PATCH ec2nodeclasses');
const releasesIn = (run: Run) =>
  nodesIn(run).map(({ imageId }) => run.account.fleet.releases.byImageId(imageId)?.releaseVersion);

/** Patches the class by the rules of its kind, as the API does for somebody else. */
function patchAsSomebody(run: Run, patch: object): void {
  const objects = new KarpenterObjects(() => run.account.fleet.karpenter.get('shop'));
  const request = {
    method: 'PATCH',
    verb: 'patch' as const,
    resource: EC2_NODE_CLASSES,
    namespace: undefined,
    name: 'default',
    query: new URLSearchParams(),
    contentType: 'application/merge-patch+json',
    userAgent: 'kubectl/v1.33',
    body: JSON.stringify(patch),
  };
  objects.patch(request, 'default');
}

it('in mode observe a pin is proposed with the drift of its pools, and nothing changes', async () => {
  const run = await started(karpenterFleet(), { mode: 'observe' });
  expect(nodeClassStory(run)).toEqual([...UNTIL_BAKED, 'would-act would-pin-node-class']);
  const [proposal] = run.records.filter(({ reason }) => reason === 'would-pin-node-class');
  expect(proposal).toMatchObject({
    cluster: 'shop',
    nodegroup: 'ec2nodeclass:default',
    details: { pools: [{ name: 'general', nodes: 3, drifted: 0, expireAfter: '720h', budgets: ['10%'] }] },
  });
  expect(proposal?.message).toMatch(/from al2023@v20260625 to al2023@v20260710.*ends after 720h anyway/);
  expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
  expect(patches(run)).toEqual([]);
  await asExpected(run);
});

it('in mode enforce the class is pinned once, and Karpenter replaces the nodes within the budget of the pool', async () => {
  const run = await started(karpenterFleet(), {}, '20h');
  let most = 0;
  const isOver = () => nodeClassStory(run).slice(UNTIL_BAKED.length).includes('done node-class-current');
  for (let waited = 0; waited < 20 * HOUR && !isOver(); waited += MINUTE) {
    await run.account.play(MINUTE);
    // A new node comes before the old one is drained.
    most = Math.max(most, nodesIn(run).length);
  }
  expect(nodeClassStory(run)).toEqual([
    ...UNTIL_BAKED,
    'acted node-class-being-pinned',
    'waiting node-class-drifting',
    'done node-class-current',
  ]);
  expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
  expect(patches(run)).toHaveLength(1);
  expect(patches(run)[0]?.input).toMatchObject({ body: { metadata: { resourceVersion: expect.any(String) } } });
  expect(releasesIn(run)).toEqual([NEW, NEW, NEW]);
  expect(most).toBe(3 + 1);
  await asExpected(run);
});

it('Karpenter replaces no node while a budget with a schedule keeps it from that, and the class waits so long', async () => {
  // From noon to six in the evening nothing is disrupted. The pin is due at one o'clock of the second day.
  const budgets = [{ nodes: '0', schedule: '0 12 * * *', duration: '6h' }, { nodes: '3' }];
  const run = await started(karpenterFleet({}, { budgets }), {}, '29h');
  expect([termsIn(run), releasesIn(run)]).toEqual([[{ alias: 'al2023@v20260710' }], [OLD, OLD, OLD]]);
  expect(nodeClassStory(run).at(-1)).toBe('waiting node-class-drifting');
  await run.account.play(3 * HOUR);
  expect(releasesIn(run)).toEqual([NEW, NEW, NEW]);
  expect(nodeClassStory(run).at(-1)).toBe('done node-class-current');
  await asExpected(run);
});

it('a budget of 0 that always counts is told, as nobody would wait for nodes that Karpenter never replaces', async () => {
  const run = await started(karpenterFleet({}, { budgets: [{ nodes: '10%' }, { nodes: '0' }] }), {}, '33h');
  expect([termsIn(run), releasesIn(run)]).toEqual([[{ alias: 'al2023@v20260710' }], [OLD, OLD, OLD]]);
  const story = [
    'acted node-class-being-pinned',
    // Karpenter has not marked the nodes yet.
    'waiting node-class-drifting',
    'waiting node-class-drift-barred',
  ];
  expect(nodeClassStory(run).slice(UNTIL_BAKED.length)).toEqual(story);
  await run.account.play(48 * HOUR);
  expect(nodeClassStory(run).slice(UNTIL_BAKED.length)).toEqual([...story, 'refused node-class-drift-barred']);
  await asExpected(run);
});

it('a class that is not as its kind has it is told and left alone, and stops no other class of its cluster', async () => {
  const run = await started(karpenterFleet(), {}, '1h');
  const karpenter = run.account.fleet.karpenter.get('shop');
  const [nodeClass] = karpenter?.classes ?? [];
  if (karpenter === undefined || nodeClass === undefined) throw new Error('no class');
  karpenter.classes.push({ ...nodeClass, name: 'odd', terms: 'al2023' as never });
  await run.account.play(29 * HOUR);
  const told = run.records.filter(({ nodegroup }) => nodegroup === 'ec2nodeclass:odd');
  expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(['refused node-class-malformed']);
  expect(told[0]?.message).toContain('EC2NodeClass odd: spec.amiSelectorTerms');
  expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
  await asExpected(run);
});

it('a class whose AMIs cannot be read stops no other class of its cluster, and is not taken for gone', async () => {
  const OLDEST = '1.33.11-20260525';
  const { clusters, releases, ...rest } = karpenterFleet();
  const fleet = {
    ...rest,
    releases: [{ ...releases[0], at: '-40d', releaseVersion: OLDEST }, ...releases],
    clusters: clusters.map((cluster) => ({
      ...cluster,
      karpenterNodeClasses: [
        { name: 'aged', amiSelectorTerms: [{ alias: 'al2023@v20260625' }] },
        ...cluster.karpenterNodeClasses,
      ],
      karpenterNodePools: [
        { name: 'aged', size: 2, releaseVersion: OLDEST, nodeClass: 'aged', budgets: [{ nodes: '0' }] },
        ...cluster.karpenterNodePools,
      ],
    })),
  };
  const before = await started(fleet, {}, '1m');
  const naming = before.account.fleet.karpenter.get('shop')?.claimsOf('aged')[0]?.imageId ?? '';
  const refusals = [{ function: 'steer-node-classes', operation: 'DescribeImages', naming, as: 'failed' as const }];
  const run = await start({ fleet, policy: nodeClassPolicy(), inProcess: true, play: '30h', faults: { refusals } });
  expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
  const aged = run.records.filter(({ nodegroup }) => nodegroup === 'ec2nodeclass:aged');
  expect(aged.map(({ reason }) => reason)).toEqual([]);
  expect(run.errors.length).toBeGreaterThan(0);
});

it('a class whose pin somebody sets back each time is pinned once, and people are told, until its terms are others', async () => {
  // The pin is due after 25 hours.
  const run = await started(karpenterFleet(), {}, '24h');
  const reset = { metadata: { name: 'default' }, spec: { amiSelectorTerms: [{ alias: 'al2023@v20260625' }] } };
  for (let hours = 0; hours < 12; hours += 1) {
    for (let minutes = 0; minutes < 60; minutes += 5) {
      await run.account.play(5 * MINUTE);
      if (termsIn(run)?.[0]?.alias !== 'al2023@v20260625') patchAsSomebody(run, reset);
    }
  }
  expect(patches(run)).toHaveLength(1);
  expect(nodeClassStory(run).slice(UNTIL_BAKED.length)).toEqual([
    'acted node-class-being-pinned',
    'waiting node-class-drifting',
    'refused node-class-set-back',
  ]);
  expect(run.records.find(({ reason }) => reason === 'node-class-set-back')).toMatchObject({
    message: expect.stringContaining('pinned to al2023@v20260710 at 2026-07-15T1'),
    details: { patch: expect.stringContaining('alias: al2023@v20260710') },
  });
  patchAsSomebody(run, { ...reset, spec: { amiSelectorTerms: [{ alias: 'al2023@v20260710' }] } });
  await run.account.play(3 * HOUR);
  expect(nodeClassStory(run).at(-1)).toBe('done node-class-current');
  expect(patches(run)).toHaveLength(1);
  await asExpected(run);
});

describe('a pin that an operator approved', () => {
  it('is undone on request, and stays undone', async () => {
    const run = await started(karpenterFleet(), { mode: 'observe' });
    await askAboutClass(run, 'approve');
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
    await askAboutClass(run, 'reject');
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
    await run.account.play(24 * HOUR);
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
    expect(nodeClassStory(run)).toEqual([
      ...UNTIL_BAKED,
      'would-act would-pin-node-class',
      'waiting request-granted',
      'acted node-class-being-pinned',
      'waiting node-class-drifting',
      'waiting request-granted',
      'acted pin-undone',
      'skipped proposal-rejected',
    ]);
    await asExpected(run);
  });

  it('is not undone where somebody has changed the terms since', async () => {
    const run = await started(karpenterFleet(), { mode: 'observe' });
    await askAboutClass(run, 'approve');
    const karpenter = run.account.fleet.karpenter.get('shop');
    const [nodeClass] = karpenter?.classes ?? [];
    if (nodeClass === undefined) throw new Error('no class');
    karpenter?.write(nodeClass, { terms: [{ alias: 'al2023@latest' }] });
    await askAboutClass(run, 'reject');
    expect(termsIn(run)).toEqual([{ alias: 'al2023@latest' }]);
    expect(nodeClassStory(run)).toContain('refused request-refused');
    await asExpected(run);
  });
});

describe('a class that somebody keeps as code', () => {
  it.each([
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'infra:karpenter.k8s.aws/EC2NodeClass:/default' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'infra' } }],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'karpenter-nodes' } }],
    [
      'A manifest that was applied',
      {
        manager: 'kubectl-edit',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            spec: { amiSelectorTerms: [{ alias: 'al2023@latest' }] },
          }),
        },
      },
    ],
    ['A manifest that kubectl-client-side-apply applied', { manager: 'kubectl-client-side-apply' }],
  ])('%s: is never written, and the proposed patch applies cleanly', async (owner, marks) => {
    const run = await started(karpenterFleet(marks));
    await askAboutClass(run, 'approve');
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
    expect(patches(run)).toEqual([]);
    const [told] = run.records.filter(({ reason }) => reason === 'node-class-kept-as-code');
    expect(told?.message).toMatch(new RegExp(`${owner}.* keeps default as code`));
    expect(nodeClassStory(run)).toContain('refused request-refused');
    patchAsSomebody(run, parse(String(told?.details?.patch)));
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
    await asExpected(run);
  });
});

it('an alias that names no release is told after a day, and a pin to a withdrawn release is not called current', async () => {
  const nowhere = await started(karpenterFleet({ amiSelectorTerms: [{ alias: 'al2023@v20260801' }] }), {}, '30h');
  expect(nodeClassStory(nowhere).slice(1)).toEqual(['waiting node-class-drifting', 'refused node-class-drift-slow']);
  const fleet = karpenterFleet({ amiSelectorTerms: [{ alias: 'al2023@v20260710' }] }, { releaseVersion: NEW });
  const [older, newer] = fleet.releases;
  const releases = [older, { ...newer, withdrawnAt: '+3h' }];
  const withdrawn = await started({ ...fleet, releases }, { bakeAge: '1h' }, '8h');
  expect(nodeClassStory(withdrawn).at(-1)).toBe('skipped node-class-runs-withdrawn');
  expect(patches(withdrawn)).toEqual([]);
});

describe('nothing is written', () => {
  it('while a release is missing for an architecture in use: Karpenter could not replace the nodes that have it', async () => {
    const pools = [
      { name: 'general', size: 2, releaseVersion: OLD },
      { name: 'arm', size: 1, releaseVersion: OLD, instanceType: 'm7g.large' },
    ];
    const fleet = karpenterFleet({}, {}, { karpenterNodePools: pools });
    const arm = { kubernetesVersion: '1.33', amiType: 'AL2023_ARM_64_STANDARD' };
    const releases = [
      ...fleet.releases,
      { ...arm, at: '-15d', releaseVersion: OLD },
      { ...arm, at: '+30h', releaseVersion: NEW },
    ];
    const run = await started({ ...fleet, releases }, { bakeAge: '1h' }, '29h');
    expect(patches(run)).toEqual([]);
    await run.account.play(6 * HOUR);
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260710' }]);
  });

  it('where the cluster only lets its objects be read: it is told', async () => {
    const run = await started(karpenterFleet({}, {}, { rbacNodeClasses: false }));
    expect(nodeClassStory(run)).toEqual([...UNTIL_BAKED, 'failed pin-refused']);
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
  });

  it('into another version than the one that was read, nor against the rules of the kind', async () => {
    const run = await started(karpenterFleet(), { mode: 'observe' }, '1h');

    const stale = { metadata: { resourceVersion: '5000' }, spec: { amiSelectorTerms: [{ alias: 'al2023@latest' }] } };
    expect(() => patchAsSomebody(run, stale)).toThrow(/the object has been modified/);
    const two = { spec: { amiSelectorTerms: [{ alias: 'al2023@latest' }, { id: 'ami-1' }] } };
    expect(() => patchAsSomebody(run, two)).toThrow(/mutually exclusive/);
    expect(termsIn(run)).toEqual([{ alias: 'al2023@v20260625' }]);
  });

  it('without access to the cluster, which is told once, to people only where the policy wants pins', async () => {
    const run = await started(karpenterFleet({}, {}, { accessEntries: [] }));
    expect(nodeClassStory(run)).toEqual(['refused node-classes-unread']);
    const observed = await started(karpenterFleet({}, {}, { accessEntries: [] }), { mode: 'observe' });
    expect(nodeClassStory(observed)).toEqual(['skipped node-classes-unread']);
    expect(run.records.find(({ reason }) => reason === 'node-classes-unread')?.nodegroup).toBe('ec2nodeclass:*');
  });

  it('of a Karpenter that has v1beta1 only, which is told once: nobody else says that its classes are left out', async () => {
    const run = await started(karpenterFleet({}, {}, { karpenterVersion: 'v1beta1' }));
    await run.account.play(3 * HOUR);
    expect(nodeClassStory(run)).toEqual(['refused node-classes-unread']);
    expect(run.records.find(({ reason }) => reason === 'node-classes-unread')?.message).toContain('older than 1.0');
  });

  it('where the terms choose an AMI by its id', async () => {
    const run = await started(
      karpenterFleet({ amiSelectorTerms: [{ id: 'ami-0123456789abcdef0' }], amiFamily: 'AL2023' }),
    );
    expect(nodeClassStory(run)).toEqual(['skipped ami-terms-custom']);
  });

  it('to an older release than a node runs: a class that floats waits until that has baked', async () => {
    const fleet = karpenterFleet({ amiSelectorTerms: [{ alias: 'al2023@latest' }] }, { releaseVersion: NEW });
    const run = await started(fleet, { bakeAge: '7d' }, '60h');
    expect(nodeClassStory(run).slice(1)).toEqual(['waiting node-class-release-baking']);
    expect(termsIn(run)).toEqual([{ alias: 'al2023@latest' }]);
    expect(releasesIn(run)).not.toContain(OLD);
  });
});

it('clusters that answer slowly are read side by side, and take no more time together than the function has', async () => {
  const [shop] = karpenterFleet().clusters;
  const names = [...'abcdefghij'];
  const fleet = { ...karpenterFleet(), clusters: names.map((name) => ({ ...shop, name })) };
  const run = await started(fleet, {}, '1m');
  for (const name of names) run.account.kubernetes.hold(name, { requests: /^GET/, ms: 9_000 });
  await run.account.play(3 * HOUR);
  expect(run.errors).toEqual([]);
  const told = run.records.filter(({ reason }) => reason === 'node-class-release-unknown');
  expect(told.map(({ cluster }) => cluster).sort()).toEqual(names);
});
