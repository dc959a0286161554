import { describe, expect, it } from 'vitest';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';

/** A managed group with two nodes that launches a third one; `close` takes its way to the control plane. */
function account(launchHook: object) {
  const web = { name: 'web', releaseVersion: '1.33.4-20260701', desiredSize: 2, maxSize: 4, launchHook };
  const { play, state } = testAccount({ clusters: [{ name: 'main', version: '1.33', nodeGroups: [web] }] });
  const { autoScalingGroup: group } = state.eks.nodeGroup('main', 'web');
  group.desired = 3;
  state.autoScalingGroups.settle(group);
  const launched = [...group.members.values()].at(-1)!;
  const [nic] = state.networks.interfaces.of(launched.instance.id);
  const { vpcId } = launched.instance;
  const named = { name: 'closed', description: 'lets nothing out', tags: new Map() };
  const closed = state.networks.securityGroups.create({ id: 'sg-0123456789abcdef0', vpcId, ...named });
  state.networks.securityGroups.remove(closed, closed.rules);
  const close = () => state.networks.interfaces.setSecurityGroups(nic!, [closed.id]);
  return { play, group, launched, close };
}

describe('the hook on launches of a managed node group', () => {
  it('holds an instance until its node is Ready, and counts it meanwhile', async () => {
    const { play, group, launched } = account({});
    await play(MINUTE_MS);
    expect(launched.lifecycleState).toBe('Pending:Wait');
    await play(9 * MINUTE_MS);
    expect([launched.lifecycleState, group.members.size]).toEqual(['InService', 3]);
  });

  it.each([
    ['CONTINUE', 'InService', true],
    ['ABANDON', 'Terminating', false],
  ])(
    'holds one whose node does not join for half an hour, then its result is %s',
    async (defaultResult, ends, stays) => {
      const { play, group, launched, close } = account({ defaultResult });
      await play(MINUTE_MS);
      close();
      await play(28 * MINUTE_MS);
      expect(launched.lifecycleState).toBe('Pending:Wait');
      await play(3 * MINUTE_MS);
      expect(launched.lifecycleState).toBe(ends);
      await play(10 * MINUTE_MS);
      expect([group.members.has(launched.instance.id), group.members.size]).toEqual([stays, 3]);
    },
  );
});
