import { expect, it } from 'vitest';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { NOW, testNode } from './kubernetes-test-cluster.ts';
import { NodeObjects } from './node-objects.ts';
import { nodesForKarpenter } from './nodes-for-karpenter.ts';
import type { Workload } from './workload-pods.ts';
import { Workloads } from './workloads.ts';

const MINUTE_MS = 60_000;

/** Two nodes of a pool, on which the pods of a Deployment run. */
function cluster(workload: Partial<Workload>) {
  const time = new VirtualTime(NOW);
  let version = 0;
  const all = ['a', 'b'].map((name) => ({ ...testNode(name), labels: { 'karpenter.sh/nodepool': 'p' } }));
  const nodes = new NodeObjects({ nodes: () => all, nextVersion: () => String(++version) });
  const workloads = new Workloads({
    time,
    random: new Random(1),
    workloads: [
      {
        nodeGroup: 'p',
        groupLabel: 'karpenter.sh/nodepool',
        namespace: 'shop',
        name: 'web',
        replicas: 2,
        terminationSeconds: 0,
        ...workload,
      },
    ],
    nodes: () => nodes.scheduling(),
  });
  workloads.catchUp();
  return { time, nodes, karpenter: nodesForKarpenter(nodes, workloads) };
}

it('a drain of Karpenter evicts pods, and its taint keeps their successors off', async () => {
  const { time, nodes, karpenter } = cluster({});
  expect(karpenter.hasKeptPods('a')).toBe(false);
  karpenter.markDisrupted('a', true);
  expect(nodes.get('a').spec).toMatchObject({ taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] });
  karpenter.drain('a', false);
  await time.play(time.now + MINUTE_MS);
  expect([karpenter.drain('a', false), karpenter.drain('b', false)]).toEqual([0, expect.any(Number)]);
  karpenter.markDisrupted('a', false);
  expect(nodes.get('a').spec).not.toHaveProperty('taints');
});

it.each<[string, Partial<Workload>]>([
  ['with do-not-disrupt', { doNotDisrupt: true }],
  ['that their budget keeps', { disruptionBudget: { minAvailable: 2 } }],
])('pods %s keep Karpenter off their node, and leave by force only', async (_what, workload) => {
  const { time, karpenter } = cluster(workload);
  expect(karpenter.hasKeptPods('a')).toBe(true);
  karpenter.markDisrupted('a', true);
  await time.play(time.now + MINUTE_MS);
  expect(karpenter.drain('a', false)).toBe(1);
  karpenter.drain('a', true);
  await time.play(time.now + MINUTE_MS);
  expect(karpenter.drain('a', false)).toBe(0);
});

it('a node is kept by its own annotation, of which only the value true counts', () => {
  const { nodes, karpenter } = cluster({});
  for (const [value, expected] of [
    ['true', true],
    ['4h', false],
  ] as const) {
    const { metadata, ...others } = nodes.get('a');
    const annotations = { 'karpenter.sh/do-not-disrupt': value };
    nodes.update('a', { ...others, metadata: { ...(metadata as object), annotations } });
    expect(karpenter.isKept('a')).toBe(expected);
  }
});
