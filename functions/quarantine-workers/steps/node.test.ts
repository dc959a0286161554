import { expect, it } from 'vitest';
import { stateOf } from './node.ts';

const nodeWith = (annotations: Readonly<Record<string, string>>) => ({
  name: 'ip-10-0-1-7.eu-central-1.compute.internal',
  instanceId: 'i-1',
  osImage: 'Amazon Linux 2023',
  architecture: 'amd64',
  labels: {},
  annotations,
  taints: [],
  ready: true,
  unschedulable: false,
});

it('saves of the annotations of a node those that a quarantine sets, and none that would fill its item', () => {
  const kept = { 'karpenter.sh/do-not-disrupt': 'true' };
  const filling = { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'x'.repeat(200_000) };
  expect(stateOf(nodeWith({ ...kept, ...filling, constructor: 'x', note: 'y' })).annotations).toEqual(kept);
});
