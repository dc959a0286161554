import { expect, it } from 'vitest';
import { playThrough } from './harness.ts';

const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});

it('the workloads of a fleet file run on their node group, and move on when an upgrade replaces its nodes', async () => {
  const run = await playThrough({
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      releases: [release('1.33.12-20260625', '-10d'), release('1.33.13-20260714', '+90m')],
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          nodeGroups: [
            {
              name: 'web',
              desiredSize: 2,
              updates: { minutesPerNode: 4 },
              workloads: [{ name: 'cart', namespace: 'shop', replicas: 4 }],
            },
            { name: 'other', desiredSize: 1, tags: { 'eks-host-remediator:ignore': 'yes' } },
          ],
        },
      ],
    },
    policy: { upgrades: { bakeAge: '2h' } },
    play: '1h',
  });
  const { kubernetes } = run.account;
  const nodesOfWeb = () =>
    kubernetes
      .objects('shop', 'nodes')
      .filter((node) => JSON.stringify(node).includes('"eks.amazonaws.com/nodegroup":"web"'))
      .map((node) => (node as { metadata: { name: string } }).metadata.name);
  const hosts = () =>
    kubernetes
      .objects('shop', 'pods')
      .map((pod) => pod as { metadata: { namespace: string }; spec: { nodeName: string }; status: { phase: string } })
      .filter(({ metadata }) => metadata.namespace === 'shop')
      .map(({ spec, status }) => `${spec.nodeName} ${status.phase}`)
      .sort();
  const spread = (names: string[]) => names.flatMap((name) => [`${name} Running`, `${name} Running`]).sort();

  const before = nodesOfWeb();
  expect(before).toHaveLength(2);
  expect(hosts()).toEqual(spread(before));
  await run.account.play(5 * 3_600_000);
  const after = nodesOfWeb();
  expect(after).toHaveLength(2);
  expect(after.filter((name) => before.includes(name))).toEqual([]);
  expect(hosts()).toEqual(spread(after));
  expect(() => kubernetes.objects('nowhere', 'nodes')).toThrow(TypeError);
});
