import { describe, expect, it } from 'vitest';
import type { Budget, EvictablePod } from '../../shared/kubernetes/disruptions.ts';
import type { ListedNode } from '../../shared/kubernetes/nodes.ts';
import { decide } from '../decide/decide.ts';
import { NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import { policyOf } from '../policy.fixture.ts';
import { evictionErrorsOf, heldPodsInWords } from './held-pods.ts';

const node = (name: string, instanceId: string, nodegroup = 'general'): ListedNode => ({
  name,
  instanceId,
  osImage: '',
  architecture: 'amd64',
  nodegroup,
});
const pod = (nodeName: string, change: Partial<EvictablePod> = {}): EvictablePod => ({
  namespace: 'shop',
  name: `web-${nodeName}`,
  uid: 'u',
  nodeName,
  labels: { app: 'web' },
  owner: 'ReplicaSet web-5d9',
  staysOnNode: false,
  phase: 'Running',
  ready: true,
  terminating: false,
  hasLocalData: false,
  toleratesEverything: false,
  ...change,
});
const budget: Budget = {
  namespace: 'shop',
  name: 'web',
  selector: { matchLabels: { app: 'web' } },
  disruptionsAllowed: 0,
  currentHealthy: 2,
  desiredHealthy: 2,
  isObserved: true,
  evictsUnready: false,
};
const key = { cluster: 'shop', nodegroup: 'general' };
const nodes = [node('a', 'i-a'), node('b', 'i-b'), node('c', 'i-c', 'other')];
const words = (resources: string[] | undefined, pods: EvictablePod[], budgets = [budget]) =>
  heldPodsInWords(
    { key },
    [{ code: 'PodEvictionFailure', message: 'no', ...(resources !== undefined && { resources }) }],
    { kind: 'found', nodes, pods, budgets },
  );
const held = (name: string) =>
  `the disruption budget shop/web now allows no eviction of shop/web-${name} (ReplicaSet web-5d9).`;

describe('what holds pods after EKS has given up', () => {
  it.each([
    ['the name of the node', 'a'],
    ['its instance', 'i-a'],
  ])('is named with budget, namespace, pod and owner, on the node that EKS names: by %s', (_what, named) => {
    expect(words([named], [pod('a'), pod('b')])).toBe(`Now, on a: ${held('a')}`);
  });

  it('is a doubt where the node is gone, is of another node group, or was not named', () => {
    const doubt = (why: string) =>
      `${why}, so it may have been another pod. Now, on the nodes of shop/general: ${held('b')}`;
    expect(words(['gone'], [pod('b'), pod('c')])).toBe(doubt('1 node that EKS names is gone'));
    expect(words(['c', 'gone'], [pod('b'), pod('c')])).toBe(doubt('2 nodes that EKS names are gone'));
    expect(words(undefined, [pod('b')])).toBe(doubt('EKS names no node'));
  });

  it.each([
    [
      'ends slowly',
      [pod('a', { terminating: true })],
      'Now, on a: a deletion that has not ended holds shop/web-a (ReplicaSet web-5d9).',
    ],
    [
      'comes back',
      [pod('a', { toleratesEverything: true, hasLocalData: true })],
      'Now, on a: there is 1 pod with a toleration of every taint, which may come back to a drained node: shop/web-a (ReplicaSet web-5d9).',
    ],
    ['has left', [pod('b')], 'Now, on a: no pod is held any more, so which one it was is not known.'],
  ])('may be a pod that %s', (_what, pods, expected) => expect(words(['a'], pods, [])).toBe(expected));

  it('is not known where the cluster cannot be read', () => {
    expect(heldPodsInWords({ key }, [], { kind: 'unreadable', why: 'no access entry' })).toBe(
      'Which pod it was could not be read (no access entry).',
    );
  });
});

it('the record of a failed upgrade has it, and only where pods did not leave', () => {
  const upgrade = { releaseVersion: '1.33.0-20260715', attempt: 1, requestedAt: NOW, updateId: 'u' };
  const failed = (code: string) =>
    observation(nodeGroup({ update: { kind: 'failed', updateId: 'u', errors: [{ code, message: 'no' }] } }), {
      upgrade,
    });
  const circumstances = { policy: policyOf({}), now: NOW, account: '111122223333', slots: {} };
  const decision = decide({ ...failed('PodEvictionFailure'), heldPods: 'Now, on a: it.' }, circumstances);
  expect(decision).toMatchObject({ reason: 'upgrade-failed' });
  expect(decision.message).toContain('failed: PodEvictionFailure: no. Now, on a: it. A pod could not be evicted');
  expect(evictionErrorsOf(failed('PodEvictionFailure'))).toHaveLength(1);
  expect(evictionErrorsOf(failed('NodeCreationFailure'))).toEqual([]);
});
