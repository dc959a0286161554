import * as z from 'zod';
import type { Run } from '../sandbox/play.ts';
import { nodeGroupOf } from './harness.ts';
import { cluster, group, OLD } from './refresh-groups.fixture.ts';

export const [FORMER, LATER] = ['1.33.12-20260625', '1.33.13-20260711'];
export const [FORMER_ALIAS, LATER_ALIAS] = ['al2023@v20260625', 'al2023@v20260711'];

const ENTRIES = [
  ['drain-nodes', 'eks-host-remediator-drains'],
  ['steer-node-classes', 'eks-host-remediator-node-classes'],
  ['watch-hosts', 'eks-host-remediator-hosts'],
].map(([name, kubernetesGroup]) => ({ function: name, kubernetesGroups: [kubernetesGroup] }));

const KEPT_AS_CODE = {
  annotations: { 'argocd.argoproj.io/tracking-id': 'infra:karpenter.k8s.aws/EC2NodeClass:/kept' },
};

/** Hosts of every kind. Of the self-managed groups, one is drained by `drain-nodes`, within a disruption budget. */
export const everyKind = (name: string, more: readonly object[] = []) =>
  cluster(
    name,
    [
      group('plain'),
      group('warm', { warmPool: {} }),
      group('drained', {
        size: 3,
        terminationHooks: [],
        workloads: [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 1 } }],
      }),
      ...more,
    ],
    {
      accessEntries: ENTRIES,
      rbacDrains: true,
      rbacNodeClasses: true,
      nodeGroups: [
        { name: 'amazons', desiredSize: 2, releaseVersion: FORMER, updates: { minutesPerNode: 4 } },
        {
          name: 'own',
          amiType: 'CUSTOM',
          desiredSize: 2,
          launchTemplate: { imageId: OLD },
          updates: { minutesPerNode: 4 },
        },
      ],
      karpenterNodeClasses: ['default', 'kept'].map((each) => ({
        name: each,
        amiSelectorTerms: [{ alias: FORMER_ALIAS }],
        ...(each === 'kept' && KEPT_AS_CODE),
      })),
      karpenterNodePools: [
        { name: 'general', size: 3, releaseVersion: FORMER },
        { name: 'gitops', size: 1, nodeClass: 'kept', releaseVersion: FORMER },
      ],
      autoMode: { instances: 1 },
      fargateProfiles: ['jobs'],
      fargateWorkloads: [{ name: 'solo', replicas: 1 }],
      hybridNodes: true,
      hybridHosts: [{ name: 'mi-0123456789abcdef0' }],
      otherInstances: [{ name: 'by-hand', count: 1, tags: { 'aws:eks:cluster-name': name } }],
    },
  );

/** Self-managed groups that no refresh moves, with the reason that is told. */
export const REFUSED: Readonly<Record<string, readonly [more: object, told: string]>> = {
  config: [{ launchesFrom: 'launch-configuration' }, 'refused group-has-launch-configuration'],
  mixed: [{ launchesFrom: 'mixed-instances' }, 'refused group-is-mixed'],
  byneed: [{ launchesFrom: 'instance-requirements' }, 'refused group-is-mixed'],
  operated: [{ managedBy: 'mwaa.amazonaws.com', terminationHooks: [] }, 'refused group-operated'],
};

/** Self-managed groups of each cluster that move to the wanted AMI. */
export const MOVED = ['plain', 'warm', 'drained'];

export const CLUSTERS = ['canary', 'prod'];
export const groupsOf = ({ account }: Run) => account.fleet.autoScalingGroups.list();
export const claimsOf = ({ account }: Run, clusterName: string, pool: string) =>
  account.fleet.karpenter.get(clusterName)?.claimsOf(pool) ?? [];

/** Whether a pod serves: it is ready, and is not ending. */
const podState = z.looseObject({
  metadata: z.looseObject({
    labels: z.looseObject({ app: z.string().optional() }),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]) }),
});
function servingPods({ account }: Run, clusterName: string, app: string): number {
  return account.kubernetes
    .objects(clusterName, 'pods')
    .map((pod) => podState.parse(pod))
    .filter(({ metadata }) => metadata.labels.app === app && metadata.deletionTimestamp === undefined)
    .filter(({ status }) => status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')).length;
}

/** What falls below a budget right now: of pods, of a node pool, of a managed node group, of a self-managed one. */
export function exceeded(run: Run): string[] {
  const over: string[] = [];
  for (const name of CLUSTERS) {
    const serving = servingPods(run, name, 'cart');
    if (serving < 5) over.push(`${name}/cart: ${serving} of 6 pods`);
    // Karpenter launches a new node before it drains the old one.
    for (const [pool, size] of Object.entries({ general: 3, gitops: 1 })) {
      const there = claimsOf(run, name, pool).length;
      if (there > size + 1) over.push(`${name}/${pool}: ${there - size} nodes are replaced at a time`);
    }
    for (const managed of ['amazons', 'own']) {
      const ready = nodeGroupOf(run, name, managed).nodes.filter(({ node }) => node === 'Ready').length;
      if (ready < 1) over.push(`${name}/${managed}: ${ready} of 2 nodes`);
    }
  }
  for (const { name, desired, members } of groupsOf(run).filter(({ name: each }) => /^(canary|prod)-/.test(each))) {
    const inService = [...members.values()].filter(({ lifecycleState }) => lifecycleState === 'InService').length;
    if (inService < desired) over.push(`${name}: ${inService} of ${desired} in service`);
  }
  return over;
}

/** Instances that only AWS or their owner may touch. */
export const othersHosts = ({ account }: Run): string[] =>
  account.fleet.instances
    .list()
    .filter(({ operator, tags }) => operator !== undefined || tags.get('Name') === 'by-hand')
    .map(({ id, state }) => `${id} ${state}`);
