import { type RemediationRequest, sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';

export const OLD = '1.33.12-20260625';
export const NEW = '1.33.13-20260710';

/** A cluster with one node pool of Karpenter, which lets `steer-node-classes` in. */
export const karpenterFleet = (nodeClass: object = {}, pool: object = {}, cluster: object = {}) => ({
  startsAt: '2026-07-14T12:00:00Z',
  releases: [
    { at: '-15d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: OLD },
    { at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: NEW },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      accessEntries: [{ function: 'steer-node-classes', kubernetesGroups: ['eks-host-remediator-node-classes'] }],
      rbacNodeClasses: true,
      karpenterNodeClasses: [{ name: 'default', amiSelectorTerms: [{ alias: 'al2023@v20260625' }], ...nodeClass }],
      karpenterNodePools: [{ name: 'general', size: 3, releaseVersion: OLD, ...pool }],
      ...cluster,
    },
  ],
});

export const nodeClassPolicy = (nodeClasses: object = {}) => ({
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  posture: { mode: 'off' },
  imds: { mode: 'off' },
  nodeClasses: { mode: 'enforce', ...nodeClasses },
});

/** The AMI terms of the class, as Karpenter has them now. */
export const termsIn = (run: Run) =>
  run.account.fleet.karpenter.get('shop')?.classes.find(({ name }) => name === 'default')?.terms;

export const nodesIn = (run: Run) => run.account.fleet.karpenter.get('shop')?.claimsOf('general') ?? [];

export const nodeClassStory = (run: Run): string[] =>
  run.records
    .filter(({ remediation }) => remediation === 'steer-node-classes')
    .map(({ decision, reason }) => `${decision} ${reason}`);

let requests = 0;
/** Publishes an operator's request about the class, and lets its outcome happen. */
export async function askAboutClass(
  run: Run,
  action: RemediationRequest['detail']['action'],
  clusterName = 'shop',
): Promise<void> {
  requests += 1;
  const detail = {
    remediation: 'steer-node-classes',
    action,
    clusterName,
    nodegroupName: 'ec2nodeclass:default',
    why: 'a test asked for it',
    requestedBy: 'arn:aws:iam::111122223333:role/tester',
  };
  const time = new Date(run.account.time.now).toISOString();
  run.account.putEvent({ ...sample, id: `node-class-request-${requests}`, time, detail });
  await run.account.play(2 * MINUTE);
}

/** A pin that is proposed, approved and undone, with nodes that drift both ways. */
export async function pinsOfEveryKind(): Promise<Run> {
  const run = await start({ fleet: karpenterFleet(), policy: nodeClassPolicy({ mode: 'observe' }), play: '30h' });
  await askAboutClass(run, 'approve');
  await run.account.play(2 * HOUR);
  await askAboutClass(run, 'reject');
  await run.account.play(HOUR);
  return run;
}
