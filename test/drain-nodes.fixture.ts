import { type RemediationRequest, sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';

/** A cluster that lets `drain-nodes` in, with one self-managed group. */
export const drainFleet = (group: object = {}, cluster: object = {}) => ({
  startsAt: '2026-07-14T12:00:00Z',
  releases: [
    { at: '-10d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.12-20260625' },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      accessEntries: [{ function: 'drain-nodes', kubernetesGroups: ['eks-host-remediator-drains'] }],
      rbacApplied: true,
      rbacDrains: true,
      selfManagedGroups: [
        { name: 'batch', size: 3, maxSize: 6, imageId: 'ami-0123456789abcdef0', terminationHooks: [], ...group },
      ],
      ...cluster,
    },
  ],
});

export const drainPolicy = (drains: object = {}) => ({
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  posture: { mode: 'off' },
  imds: { mode: 'off' },
  drains: { mode: 'enforce', ...drains },
});

export const GROUP = 'shop-batch';

export function groupIn(run: Run) {
  const group = run.account.fleet.autoScalingGroups.get(GROUP);
  if (group === undefined) throw new Error(`no group ${GROUP}`);
  return group;
}

/** Has Auto Scaling end one more of the group's nodes, which it replaces. @returns its instance id */
export function terminateOne(run: Run): string {
  const group = groupIn(run);
  const member = [...group.members.values()].find(({ lifecycleState }) => lifecycleState === 'InService');
  if (member === undefined) throw new Error('no node is in service');
  run.account.fleet.autoScalingGroups.terminate(group, member.instance, MINUTE);
  run.account.fleet.autoScalingGroups.settleSoon(group);
  return member.instance.id;
}

export const drainStory = (run: Run, instanceId: string): string[] =>
  run.records
    .filter(({ remediation, instance }) => remediation === 'drain-nodes' && instance === instanceId)
    .map(({ decision, reason }) => `${decision} ${reason}`);

export const hookStory = (run: Run): string[] =>
  run.records
    .filter(({ remediation, instance }) => remediation === 'drain-nodes' && instance === undefined)
    .map(({ decision, reason }) => `${decision} ${reason}`);

let requests = 0;
/** Publishes an operator's request about the group, and lets its outcome happen. */
export async function askAboutHook(run: Run, action: RemediationRequest['detail']['action']): Promise<void> {
  requests += 1;
  const detail = {
    remediation: 'drain-nodes',
    action,
    clusterName: 'shop',
    nodegroupName: `self-managed:${GROUP}`,
    why: 'a test asked for it',
    requestedBy: 'arn:aws:iam::111122223333:role/tester',
  };
  const time = new Date(run.account.time.now).toISOString();
  run.account.putEvent({ ...sample, id: `drain-request-${requests}`, time, detail });
  await run.account.play(2 * MINUTE);
}

/**
 * A hook that is proposed, approved and undone. Of the nodes that end meanwhile, one is drained, one opted out, and
 * those that a budget holds are retained until they end; a group with hooks of others gets none.
 */
export async function drainsOfEveryKind(): Promise<Run> {
  const batch = { workloads: [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 0 } }] };
  const fleet = drainFleet(batch);
  const [cluster] = fleet.clusters;
  const others = {
    name: 'theirs',
    size: 1,
    maxSize: 2,
    warmPool: {},
    imageId: 'ami-0123456789abcdef0',
    terminationHooks: [{ name: 'theirs' }],
  };
  cluster?.selfManagedGroups.push(others as never);
  const policy = drainPolicy({ mode: 'observe', within: '30m', retained: { most: 1, forAtMost: '1h' } });
  const run = await start({ fleet, policy, play: '70m' });
  await askAboutHook(run, 'approve');
  await run.account.play(5 * MINUTE);
  const ignored = [...groupIn(run).members.values()].at(-1);
  // It has not joined, and somebody says that it is of a managed node group.
  const [claims] = groupIn(run).members.values();
  claims?.instance.tags.set('eks:nodegroup-name', 'web').delete('aws:eks:cluster-name');
  terminateOne(run);
  ignored?.instance.tags.set('eks-host-remediator:ignore', 'yes');
  terminateOne(run);
  await run.account.play(3 * HOUR);
  await askAboutHook(run, 'reject');
  await run.account.play(HOUR);
  return run;
}
