import type { DescribeNodegroupResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';
import { clusterNodes } from './cluster-nodes.ts';

const RELEASE = '1.33.4-20260701';

/** A node group of two. `close` puts the first worker behind a security group without egress, `open` reverts it. */
function account(nodeGroup: object = {}) {
  const at = testAccount({
    clusters: [
      {
        name: 'c',
        version: '1.33',
        nodeGroups: [{ name: 'g', releaseVersion: RELEASE, desiredSize: 2, maxSize: 3, ...nodeGroup }],
      },
    ],
  });
  const { state } = at;
  const worker = state.instances.list()[0]!;
  const { vpcId } = worker;
  const closed = state.networks.securityGroups.create({
    id: 'sg-0123456789abcdef0',
    vpcId,
    name: 'closed',
    description: 'lets nothing out',
    tags: new Map(),
  });
  state.networks.securityGroups.remove(closed, closed.rules);
  const [nic] = state.networks.interfaces.of(worker.id);
  const before = [...nic!.securityGroupIds];
  return {
    at,
    worker,
    close: () => state.networks.interfaces.setSecurityGroups(nic!, [closed.id]),
    open: () => state.networks.interfaces.setSecurityGroups(nic!, before),
    ready: () => clusterNodes(state.instances, state.kubelets, 'c').map(({ ready }) => ready),
    members: () => [...state.eks.nodeGroup('c', 'g').autoScalingGroup.members.keys()],
    state,
  };
}

describe('a node behind a group that lets nothing out', () => {
  it('is not Ready once the grace is over, and Ready as soon as it is let out again', async () => {
    const { at, close, open, ready } = account();
    close();
    expect(ready()).toEqual([true, true]);
    await at.play(MINUTE_MS);
    expect(ready().toSorted()).toEqual([false, true]);
    open();
    expect(ready()).toEqual([true, true]);
  });

  it('is replaced by EKS after half an hour where the group has nodeRepairConfig, also in standby', async () => {
    const { at, worker, close, members, state } = account({ nodeRepair: true });
    const described = at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', {
      clusterName: 'c',
      nodegroupName: 'g',
    });
    expect(described.nodegroup?.nodeRepairConfig).toEqual({ enabled: true });
    const { autoScalingGroup } = state.eks.nodeGroup('c', 'g');
    at.call('autoscaling', 'EnterStandby', {
      AutoScalingGroupName: autoScalingGroup.name,
      InstanceIds: [worker.id],
      ShouldDecrementDesiredCapacity: false,
    });
    close();
    await at.play(30 * MINUTE_MS);
    expect(worker.state).toBe('running');
    await at.play(5 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
    expect(members()).toHaveLength(2);
  });

  it.each([
    ['is not told to repair', {}, false],
    ['gets it back in time', { nodeRepair: true }, true],
  ])('is left alone by a group that %s', async (_what, nodeGroup, opens) => {
    const { at, worker, close, open } = account(nodeGroup);
    close();
    await at.play(20 * MINUTE_MS);
    if (opens) open();
    await at.play(60 * MINUTE_MS);
    expect(worker.state).toBe('running');
  });
});
