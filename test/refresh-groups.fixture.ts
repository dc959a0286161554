import { type RemediationRequest, sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, type Scenario, start } from './harness.ts';

/** The AMI that groups run, and the one that is wanted. */
export const [OLD, NEW] = ['ami-0123456789abcdef0', 'ami-0123456789abcdef1'];
export const group = (name: string, more: object = {}) => ({
  name,
  size: 2,
  maxSize: 4,
  imageId: OLD,
  terminationHooks: [{ name: 'drain' }],
  ...more,
});
export const cluster = (name: string, selfManagedGroups: readonly object[], more: object = {}) => ({
  name,
  version: '1.33',
  selfManagedGroups,
  ...more,
});
export const fleet = (...clusters: readonly object[]) => ({
  startsAt: '2026-07-14T12:00:00Z',
  images: [
    { imageId: OLD, name: 'golden-eks-1.33-1', at: '-30d' },
    { imageId: NEW, name: 'golden-eks-1.33-2', at: '-3d', parameter: '/eks-host-remediator/images/1.33' },
  ],
  releases: [
    { at: '-10d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.12-20260625' },
  ],
  clusters,
});
export const policy = (refreshes: object = {}) => ({
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  posture: { mode: 'off' },
  refreshes: {
    mode: 'enforce',
    templates: 'change',
    wanted: { ssmParameter: '/eks-host-remediator/images/{kubernetesVersion}' },
    bakeAge: '1m',
    concurrency: { perCluster: 20, perAccount: 40 },
    checkpoints: [],
    instanceWarmup: '5m',
    bakeTime: '10m',
    ...refreshes,
  },
});

let requests = 0;
/** Publishes an operator's request about a group, and lets its outcome happen. */
export async function ask(
  run: Run,
  action: RemediationRequest['detail']['action'],
  name: string,
  clusterName = name.split('-')[0] ?? '',
): Promise<void> {
  requests += 1;
  const detail = {
    remediation: 'refresh-groups',
    action,
    clusterName,
    nodegroupName: `self-managed:${name}`,
    why: 'a test asked for it',
    requestedBy: 'arn:aws:iam::111122223333:role/tester',
  };
  const time = new Date(run.account.time.now).toISOString();
  run.account.putEvent({ ...sample, id: `refresh-request-${requests}`, time, detail });
  await run.account.play(2 * MINUTE);
}

/**
 * Five groups for which mode observe has a proposal. One floats, and is pinned first once that is approved. One has
 * workers that only their role proves, and is approved. One is approved, and rejected during its refresh. One has a warm
 * pool, and one an instance that has not joined, with a tag that names a managed node group, though Auto Scaling tells
 * its true group. Their control plane was upgraded a month ago, and has settled.
 */
export async function approvedRefreshes(options: Omit<Scenario, 'fleet' | 'policy'> = {}): Promise<Run> {
  const groups = [
    group('approved', { clusterTag: false }),
    group('stopped'),
    group('ignored', { warmPool: {} }),
    group('claimed'),
    group('latest', { launchesFrom: '$Latest' }),
  ];
  const run = await start({
    ...options,
    fleet: fleet(cluster('calm', groups, { controlPlaneUpdates: [{ at: '-30d', version: '1.33' }] })),
    policy: policy({ mode: 'observe', floating: 'pin' }),
  });
  const { autoScalingGroups } = run.account.fleet;
  const [claims] =
    autoScalingGroups
      .list()
      .find(({ name }) => name === 'calm-claimed')
      ?.members.values() ?? [];
  claims?.instance.tags.set('eks:nodegroup-name', 'web').set('eks:cluster-name', 'calm');
  claims?.instance.tags.delete('aws:eks:cluster-name');
  await run.account.play(65 * MINUTE);
  await ask(run, 'approve', 'calm-approved');
  await ask(run, 'approve', 'calm-stopped');
  await ask(run, 'approve', 'calm-latest');
  await run.account.play(8 * MINUTE);
  await ask(run, 'reject', 'calm-stopped');
  await run.account.play(3 * HOUR);
  return run;
}
