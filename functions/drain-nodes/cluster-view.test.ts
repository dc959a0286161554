import { expect, it } from 'vitest';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import type { KubernetesPod } from '../shared/kubernetes/evictions.ts';
import { createClusterViews } from './cluster-view.ts';
import { MINUTE, NOW } from './observation.fixture.ts';

const pod = (name: string, more: Partial<KubernetesPod> = {}): KubernetesPod => ({
  namespace: 'default',
  name,
  uid: name,
  labels: {},
  ownedByDaemonSet: false,
  mirror: false,
  finished: false,
  terminating: false,
  toleratesEverything: false,
  ...more,
});

it('waits for pods that can leave: not for those that come straight back, nor for those whose end nobody confirms', async () => {
  const kubernetes = {
    findNode: async () => ({ name: 'ip-10-0-0-1', unschedulable: false, taints: [], labels: {} }),
    listBudgets: async () => [],
    listPods: async () => [
      pod('plain'),
      pod('comes-back', { toleratesEverything: true }),
      pod('ends', { terminating: true, goneBy: NOW + MINUTE }),
      pod('just-over', { terminating: true, goneBy: NOW - MINUTE }),
      pod('dead-kubelet', { terminating: true, goneBy: NOW - 5 * MINUTE }),
    ],
  } as unknown as KubernetesClient;
  const view = await createClusterViews(async () => kubernetes, NOW).viewNode('shop', 'i-1');
  expect(view.kind === 'found' && view.pods.map(({ name }) => name)).toEqual(['plain', 'ends', 'just-over']);
});
