import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { observeUnmanaged } from './observe-unmanaged.ts';

const AT = new Date('2026-06-01T00:00:00Z');
const region = { region: 'eu-central-1' };
const instance = (InstanceId: string, tags: Record<string, string>) => ({
  InstanceId,
  LaunchTime: AT,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

/** Unmanaged workers of cluster shop: an Auto Scaling group of which one member is in standby, and a node pool. */
async function observed(fails = false) {
  const autoScaling = new AutoScalingClient(region);
  autoScaling.send = async () => ({
    AutoScalingGroups: [
      {
        AutoScalingGroupName: 'own',
        Tags: [{ Key: 'kubernetes.io/cluster/shop' }],
        Instances: [
          { InstanceId: 'i-1', LifecycleState: 'InService' },
          { InstanceId: 'i-2', LifecycleState: 'Standby' },
        ],
      },
    ],
  });
  const ec2 = new EC2Client(region);
  ec2.send = async ({ input }: { input: { Filters: Array<{ Name: string; Values: string[] }> } }) => {
    const byGroup = input.Filters.find(({ Name }) => Name === 'tag:aws:autoscaling:groupName');
    if (byGroup === undefined)
      return {
        Reservations: [
          { Instances: [instance('i-3', { 'aws:eks:cluster-name': 'shop', 'karpenter.sh/nodepool': 'general' })] },
          // Anybody may set this tag. The ledger has no room for the key, and would refuse all that is read with it.
          {
            Instances: [
              instance('i-4', { 'aws:eks:cluster-name': 'shop', 'karpenter.sh/nodepool': '\u{1f600}'.repeat(256) }),
            ],
          },
        ],
      };
    if (fails) throw Object.assign(new Error('no'), { name: 'UnauthorizedOperation', $metadata: {} });
    expect(byGroup.Values).toEqual(['own']);
    return { Reservations: [{ Instances: ['i-1', 'i-2'].map((id) => instance(id, {})) }] };
  };
  const documents = { send: async () => ({ Responses: {} }) };
  const scope = { clusters: new Map([['shop', { id: 's', type: 'Sweep', time: 0 }]]) };
  const { observations: seen } = await observeUnmanaged(
    { ec2, autoScaling, ledger: { documents, table: 't' } } as unknown as Parameters<typeof observeUnmanaged>[0],
    async () => ({ kind: 'gone' }),
    scope as unknown as Parameters<typeof observeUnmanaged>[2],
  );
  return Object.fromEntries(
    seen.map(({ key: { cluster, nodegroup, ...more }, view }) => [
      `${cluster} ${nodegroup}${JSON.stringify(more)}`,
      view.kind === 'unmanaged' ? view.nodes : undefined,
    ]),
  );
}

it('knows since when the nodes in service of self-managed groups and node pools run', async () => {
  const launched = { launchedAt: AT.getTime() };
  expect(await observed()).toEqual({ 'shop self-managed:own{}': [launched], 'shop karpenter:general{}': [launched] });
});

it('tells of self-managed groups also where their nodes cannot be read', async () => {
  expect(Object.keys(await observed(true))).toEqual(['shop self-managed:own{}', 'shop karpenter:general{}']);
});
