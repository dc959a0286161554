import { expect, it } from 'vitest';
import { KubernetesAccessError, type KubernetesProblem } from '../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import type { KubernetesPod } from '../shared/kubernetes/evictions.ts';
import { createClusterViews } from './cluster-view.ts';
import { MINUTE, NOW } from './observation.fixture.ts';

const pod = (name: string, more: Partial<KubernetesPod> = {}): KubernetesPod => ({
  namespace: 'default',
  name,
  uid: name,
  labels: {},
  owner: 'ReplicaSet/cart',
  createdAt: NOW - 60 * MINUTE,
  ownedByDaemonSet: false,
  mirror: false,
  finished: false,
  terminating: false,
  toleratesEverything: false,
  ...more,
});

const clusterWith = (...pods: KubernetesPod[]) =>
  ({
    findNode: async () => ({ name: 'ip-10-0-0-1', unschedulable: false, taints: [], labels: {} }),
    listBudgets: async () => [],
    listPods: async () => pods,
  }) as unknown as KubernetesClient;

async function viewOf(kubernetes: KubernetesClient, drain: object = {}) {
  const view = await createClusterViews(
    async () => kubernetes,
    async () => false,
    NOW,
  ).viewNode('shop', 'i-1', undefined, drain);
  if (view.kind !== 'found') throw new Error(view.kind);
  return view;
}

it('waits for pods that can leave: not for those that come straight back, nor for those whose end nobody confirms', async () => {
  const kubernetes = clusterWith(
    pod('plain'),
    pod('comes-back', { toleratesEverything: true }),
    pod('ends', { terminating: true, goneBy: NOW + MINUTE }),
    pod('just-over', { terminating: true, goneBy: NOW - MINUTE }),
    pod('dead-kubelet', { terminating: true, goneBy: NOW - 5 * MINUTE }),
    pod('agent', { ownedByDaemonSet: true }),
    pod('proxy', { mirror: true }),
    pod('job', { finished: true }),
  );
  const view = await viewOf(kubernetes);
  expect(view.pods.map(({ name }) => name)).toEqual(['plain', 'ends', 'just-over']);
  expect(view.leftOut.map(({ name, why }) => `${name}: ${why}`)).toEqual([
    'comes-back: tolerates every taint',
    'dead-kubelet: nobody confirms its end',
    'agent: of a DaemonSet',
    'proxy: static',
  ]);
});

it('waits for a pod that its owner puts back on the cordoned node only a few times, and for one that was there before always', async () => {
  const before = pod('before', { createdAt: NOW - 11 * MINUTE });
  const after = pod('after', { createdAt: NOW - 9 * MINUTE });
  const other = pod('other', { createdAt: NOW - 9 * MINUTE, owner: 'ReplicaSet/other' });
  const node = { name: 'ip-10-0-0-1', unschedulable: false, at: NOW - 10 * MINUTE };
  const kubernetes = clusterWith(before, after, other);
  const few = await viewOf(kubernetes, { node, comebacks: { 'default/ReplicaSet/cart': 2 } });
  expect(few.pods.map(({ name, cameBack }) => [name, cameBack])).toEqual([
    ['before', false],
    ['after', true],
    ['other', true],
  ]);
  const many = await viewOf(kubernetes, { node, comebacks: { 'default/ReplicaSet/cart': 3 } });
  expect(many.pods.map(({ name }) => name)).toEqual(['before', 'other']);
  expect(many.leftOut).toEqual([
    { namespace: 'default', name: 'after', why: 'ReplicaSet/cart has put it back 3 times' },
  ]);
});

it.each<[string, KubernetesProblem, boolean, boolean]>([
  ['an error of the API server', 'failed', false, true],
  ['a throttled call', 'throttled', false, true],
  ['no answer', 'unreachable', false, true],
  ['no answer from a private endpoint', 'unreachable', true, true],
  ['a role that the cluster does not know', 'unauthorized', false, false],
  ['a forbidden call', 'forbidden', false, false],
])('tells what may pass by itself from what somebody has to change: %s', async (_what, problem, isPrivate, mayPass) => {
  const lackingAccess = async () => {
    throw new KubernetesAccessError(problem, 'It failed.');
  };
  const views = createClusterViews(
    async () => ({ lackingAccess }) as unknown as KubernetesClient,
    async () => isPrivate,
    NOW,
  );
  expect(await views.whyNoAccess('shop')).toEqual({
    why: 'It failed.',
    mayPass,
    ...(isPrivate && { mayBeOutside: true }),
  });
});

it('goes by EKS where that does not describe the cluster, and by the cluster for its rights', async () => {
  const whyNot = (opened: object) =>
    createClusterViews(
      async () => opened as KubernetesClient,
      async () => false,
      NOW,
    ).whyNoAccess('shop');
  expect(await whyNot({ refused: 'ThrottlingException: slow down', mayPass: true })).toMatchObject({ mayPass: true });
  expect(await whyNot({ refused: 'Cluster shop no longer exists.' })).toMatchObject({ mayPass: false });
  expect(await whyNot({ lackingAccess: async () => ['get nodes'] })).toMatchObject({ mayPass: false });
  expect(await whyNot({ lackingAccess: async () => [] })).toBeUndefined();
});

it.each<[KubernetesProblem, boolean]>([
  ['failed', true],
  ['unreachable', true],
  ['forbidden', false],
])('says of a node that cannot be read whether a later look may find it: %s', async (problem, mayPass) => {
  const findNode = async () => {
    throw new KubernetesAccessError(problem, 'It failed.');
  };
  const views = createClusterViews(
    async () => ({ findNode }) as unknown as KubernetesClient,
    async () => false,
    NOW,
  );
  expect(await views.viewNode('shop', 'i-1')).toEqual({ kind: 'unreadable', why: 'It failed.', mayPass });
});
