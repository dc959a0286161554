import { expect, it } from 'vitest';
import { operate } from '../../cli/operator.fixture.ts';
import { sample } from '../../events/scheduled.ts';
import type { Run } from '../../sandbox/play.ts';
import { deadLetterCount, HOUR, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { expectNoLoss } from '../../test/lost-records.ts';
import { detachOne, hostStory, hostsFleet, hostsKeyOf, hostsPolicy } from '../../test/watch-hosts.fixture.ts';

const recordsOf = ({ records }: Run, wanted: object) =>
  records.filter(
    (record) =>
      record.remediation === 'watch-hosts' &&
      Object.entries(wanted).every(([key, value]) => record[key as keyof typeof record] === value),
  );

async function dashboardOf(run: Run): Promise<string> {
  const outcome = await run.account.invoke('review-actions', {});
  return outcome.ok ? String(outcome.result) : '';
}

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

it('what the hosts of each group run is told once for each change, whoever owns them', async () => {
  const run = await start({ fleet: hostsFleet, policy: hostsPolicy, inProcess: true, play: '25h' });
  // The first look counts, and tells only what is wrong by group.
  expect(hostStory(run)).toEqual([
    '07-02 shop/ hosts-seen hosts',
    '07-02 shop/ other-hosts other-hosts',
    '07-02 shop/karpenter:spot hosts-ami-not-allowed hosts',
  ]);
  const [seen] = recordsOf(run, { reason: 'hosts-seen' });
  expect(seen).toMatchObject({
    decision: 'skipped',
    details: { owners: { managed: 3, 'self-managed': 2, karpenter: 1, 'auto-mode': 1, stray: 1 } },
  });
  const stray = await detachOne(run, 'web');
  await run.account.play(24 * HOUR);
  expect(hostStory(run).slice(3)).toEqual([
    '07-03 shop/ hosts-changed hosts stray',
    '07-03 shop/self-managed:shop-legacy hosts-ami-deprecated hosts',
    '07-03 shop/web hosts-changed hosts',
  ]);
  const [web] = recordsOf(run, { nodegroup: 'web' });
  expect(web?.message).toMatch(
    /^1 host of a managed node group runs amazon-eks-node-al2023-\S+-v20260702 \(Amazon Linux 2023, made on 2026-07-02\)\. Before, it was \S+-v20260610 \(/,
  );
  expect(recordsOf(run, { reason: 'hosts-changed', nodegroup: undefined })[0]?.message).toContain(stray);
  const [legacy] = recordsOf(run, { reason: 'hosts-ami-deprecated' });
  expect(legacy).toMatchObject({ decision: 'refused', severity: 'low' });
  // Nothing is told of what stays.
  await run.account.play(24 * HOUR);
  expect(hostStory(run)).toHaveLength(6);
  await asExpected(run);
});

it('a look costs a page of instances and one of AMIs for a thousand hosts, and writes nothing where nothing changes', async () => {
  const group = { name: 'big', size: 2_500, maxSize: 3_000, imageId: 'ami-0aaaaaaaaaaaaaaaa' };
  const clusters = [{ name: 'shop', version: '1.34', nodeGroups: [], selfManagedGroups: [group] }];
  const fleet = { startsAt: '2026-07-01T00:00:00Z', clusters };
  const run = await start({ fleet, policy: hostsPolicy, inProcess: true });
  await run.account.invoke('watch-hosts', { ...sample, id: 'first' });
  const before = run.calls.length;
  await run.account.invoke('watch-hosts', { ...sample, id: 'second' });
  const calls = run.calls.slice(before);
  const counts = Map.groupBy(calls, ({ operation }) => operation);
  expect(counts.get('DescribeInstances')).toHaveLength(3);
  expect(counts.get('DescribeInstanceImageMetadata')).toHaveLength(3);
  // The one write claims the run.
  expect(counts.get('PutItem')).toHaveLength(1);
  expect(calls.length).toBeLessThan(20);
  await asExpected(run);
});

it('hosts of an AMI that its owner has withdrawn are told, since their group can launch no other one', async () => {
  const [golden, ...others] = hostsFleet.images;
  const images = [{ ...golden, deregisteredAt: '+20h' }, ...others];
  const run = await start({ fleet: { ...hostsFleet, images }, policy: hostsPolicy, inProcess: true, play: '25h' });
  const [legacy] = recordsOf(run, { reason: 'hosts-ami-withdrawn' });
  expect(legacy).toMatchObject({ decision: 'refused', nodegroup: 'self-managed:shop-legacy' });
  expect(legacy?.message).toContain('EC2 launches no more hosts from golden-1 (deregistered).');
  await asExpected(run);
});

it('a problem ends with the last host of its group, or with the opt-out of its cluster', async () => {
  const run = await start({ fleet: hostsFleet, policy: hostsPolicy, inProcess: true, play: '25h' });
  for (const instance of run.account.fleet.instances.list())
    if (instance.tags.get('karpenter.sh/nodepool') === 'spot')
      run.account.fleet.instances.terminate(instance, 1_000, () => {});
  await run.account.play(24 * HOUR);
  expect(hostStory(run)).toContain('07-03 shop/karpenter:spot hosts-gone hosts');
  const [refused, done] = recordsOf(run, { nodegroup: 'karpenter:spot' });
  expect([refused?.decision, done?.decision]).toEqual(['refused', 'done']);
  expect(done?.correlationId).toBe(refused?.correlationId);
  await asExpected(run);
});

it('a problem of a managed node group ends with its opt-out, and comes back with the end of that', async () => {
  const imageId = 'ami-0bbbbbbbbbbbbbbbb';
  const own = { name: 'own', amiType: 'CUSTOM', desiredSize: 1, launchTemplate: { imageId } };
  const clusters = [{ name: 'shop', version: '1.34', nodeGroups: [own] }];
  const run = await start({ fleet: { ...hostsFleet, clusters }, policy: hostsPolicy, inProcess: true, play: '25h' });
  const group = run.account.fleet.eks.nodeGroupsOf('shop')[0];
  Object.assign(group ?? {}, { tags: { 'eks-host-remediator:ignore': '' } });
  await run.account.play(48 * HOUR);
  Object.assign(group ?? {}, { tags: {} });
  await run.account.play(24 * HOUR);
  expect(recordsOf(run, { nodegroup: 'own' }).map(({ time, reason }) => `${time.slice(5, 10)} ${reason}`)).toEqual([
    '07-02 hosts-ami-not-allowed',
    '07-03 hosts-gone',
    '07-05 hosts-ami-not-allowed',
  ]);
  await asExpected(run);
});

it('loses no record, wherever it dies', () =>
  expectNoLoss(
    'watch-hosts',
    { fleet: hostsFleet, policy: { ...hostsPolicy, upgrades: { mode: 'off' } }, play: '49h' },
    { hosts: { remediation: 'watch-hosts', about: hostsKeyOf } },
  ));

it('hosts that AWS or their owner looks after are told of once a cluster, and again when they change', async () => {
  const others = { autoMode: { instances: 1 }, fargateProfiles: ['jobs', 'api'], hybridNodes: true };
  const cluster = (name: string, more: object = {}) => ({ name, version: '1.34', nodeGroups: [], ...more });
  const clusters = [
    cluster('mixed', others),
    cluster('plain'),
    cluster('left-alone', { ...others, tags: { 'eks-host-remediator:ignore': '' } }),
  ];
  const fleet = { startsAt: '2026-07-01T00:00:00Z', clusters };
  const run = await start({ fleet, policy: hostsPolicy, inProcess: true, play: '49h' });
  const ofHosts = () => hostStory(run).filter((line) => line.includes('other-hosts'));
  expect(ofHosts()).toEqual(['07-02 mixed/ other-hosts other-hosts']);
  const [{ message = '' } = {}] = recordsOf(run, { reason: 'other-hosts' });
  expect(message).toContain('EKS Auto Mode runs nodes (general-purpose, system)');
  expect(message).toContain('Fargate runs pods (2 profiles: api, jobs)');
  expect(message).toContain('It takes hybrid nodes');
  expect(run.account.sns.published.filter(({ subject }) => subject?.includes(' mixed:'))).toEqual([]);
  const mixed = run.account.fleet.eks.clusters.get('mixed');
  if (mixed !== undefined) Object.assign(mixed, { autoMode: false, hybridNodes: false, fargateProfiles: ['api'] });
  await run.account.play(24 * HOUR);
  if (mixed !== undefined) Object.assign(mixed, { fargateProfiles: [] });
  await run.account.play(24 * HOUR);
  expect(ofHosts()).toEqual([
    '07-02 mixed/ other-hosts other-hosts',
    '07-04 mixed/ other-hosts other-hosts',
    '07-05 mixed/ no-other-hosts other-hosts',
  ]);
  await asExpected(run);
});

const hostsEntry = { function: 'watch-hosts', kubernetesGroups: ['eks-host-remediator-hosts'] };
const onFargate = {
  version: '1.34',
  nodeGroups: [],
  fargateProfiles: ['api'],
  fargateWorkloads: [
    { name: 'api', kubeletVersion: 'v1.33.9-eks-1a2b3c4', restartsAt: '+30h' },
    { name: 'solo', replicas: 1 },
    { name: 'stuck', disruptionBudget: { minAvailable: 2 } },
  ],
  hybridNodes: true,
  hybridHosts: [{ name: 'mi-0123456789abcdef0' }],
};

it('nodes of Fargate and hybrid ones are told of like other hosts, with what may become of pods on Fargate', async () => {
  const clusters = [{ ...onFargate, name: 'shop', accessEntries: [hostsEntry] }];
  const fleet = { startsAt: '2026-07-01T00:00:00Z', clusters };
  const run = await start({ fleet, policy: hostsPolicy, inProcess: true, play: '25h' });
  expect(hostStory(run)).toEqual([
    '07-02 shop/ fargate-behind fargate',
    '07-02 shop/ hosts-seen hosts',
    '07-02 shop/ other-hosts other-hosts',
  ]);
  expect(recordsOf(run, { reason: 'hosts-seen' })[0]?.message).toBe(
    'The cluster has 6 hosts: 5 of Fargate, 1 outside of AWS, as hybrid nodes. They run Amazon Linux 2 (5), Ubuntu 24.04.1 LTS (1).',
  );
  const [behind] = recordsOf(run, { reason: 'fargate-behind' });
  expect(behind).toMatchObject({
    decision: 'refused',
    severity: 'low',
    details: {
      behind: ['Deployment default/api (v1.33.9-eks-1a2b3c4)'],
      singleReplicas: ['Deployment default/solo'],
      budgets: ['default/stuck'],
    },
  });
  // The lists of the fleet have them, as they were seen.
  const listed = await operate(run.account, 'get', 'nodes', '-o', 'json');
  const nodes = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(Map.groupBy(nodes, ({ kind }) => kind).get('fargate')).toHaveLength(5);
  expect(nodes.find(({ kind }) => kind === 'hybrid')).toMatchObject({
    node: 'mi-0123456789abcdef0',
    cluster: 'shop',
    os: 'Ubuntu 24.04.1 LTS',
    kubelet: 'v1.34.0-eks-1a2b3c4',
    ready: true,
    seenAt: expect.stringMatching(/^2026-07-02T00:00:/),
  });
  expect((await operate(run.account, 'get', 'nodes', '-o', 'wide')).stdout).toMatch(/fargate-ip-\S+ +shop .* fargate /);
  const groups = (await operate(run.account, 'get', 'nodegroups', '-o', 'json')).stdout.trim().split('\n');
  expect(groups.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ cluster: 'shop', nodegroup: '', kind: 'fargate', nodes: 5, os: ['Amazon Linux 2'] }),
  );
  const wide = await operate(run.account, 'get', 'nodegroups', '-o', 'wide');
  expect(wide.stdout).toMatch(/shop \(fargate\) +5 .* fargate .*Seen \w+ ago\./);
  const result = await dashboardOf(run);
  expect(result).toContain('shop: 5 nodes of Fargate · Amazon Linux 2 with kubelet v1.3');
  expect(result).toContain('1 hybrid node · Ubuntu 24.04.1 LTS with kubelet v1.34.0-eks-1a2b3c4 (2026-07-02)');
  // The pods are started anew, on the version of the control plane.
  await run.account.play(48 * HOUR);
  expect(hostStory(run).slice(3)).toEqual([
    '07-03 shop/ fargate-at-risk fargate',
    '07-03 shop/ hosts-changed hosts fargate',
  ]);
  expect(recordsOf(run, { reason: 'hosts-changed' })[0]?.message).toBe(
    '5 hosts of Fargate run Amazon Linux 2 with kubelet v1.34.0-eks-1a2b3c4. Before, it was Amazon Linux 2 with kubelet v1.33.9-eks-1a2b3c4, Amazon Linux 2 with kubelet v1.34.0-eks-1a2b3c4.',
  );
  await asExpected(run);
});

it.each([
  ['has no access entry', {}, /Nodes of Fargate and hybrid nodes of the cluster are not seen\. .*401/],
  ['has a private endpoint', { accessEntries: [hostsEntry], endpointPublicAccess: false }, /are not seen/],
  [
    'lacks the rights',
    { accessEntries: [hostsEntry], rbacApplied: false },
    /does not allow this: list nodes, list pods/,
  ],
])('a cluster that %s is told of once, and nothing is told of its pods', async (_, more, message) => {
  const clusters = [{ ...onFargate, name: 'closed', ...more }];
  const fleet = { startsAt: '2026-07-01T00:00:00Z', clusters };
  const run = await start({ fleet, policy: hostsPolicy, inProcess: true, play: '73h' });
  expect(hostStory(run)).toEqual([
    '07-02 closed/ other-hosts other-hosts',
    '07-02 closed/ other-nodes-unread other-nodes',
  ]);
  expect(recordsOf(run, { reason: 'other-nodes-unread' })[0]?.message).toMatch(message);
  expect((await operate(run.account, 'get', 'nodes', '-o', 'wide')).stderr).toContain('closed: nodes of Fargate');
  expect(await dashboardOf(run)).toContain('closed: nodes of Fargate and hybrid nodes are not seen');
  await asExpected(run);
});
