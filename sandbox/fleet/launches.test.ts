import { describe, expect, it } from 'vitest';
import { FleetFileError } from './fleet.ts';
import { parseFleet } from './parse-fleet.ts';
import { type TestAccount, testAccount } from './test-account.ts';

const cluster = {
  name: 'c-{n}',
  repeat: 2,
  version: '1.33',
  autoMode: { instances: 0 },
  nodeGroups: [{ name: 'g', desiredSize: 1, releaseVersion: '1.33.4-20260701' }],
  selfManagedGroups: [{ name: 's', imageId: 'ami-0badcafe0badcafe0', size: 0 }],
  karpenterNodePools: [{ name: 'k', imageId: 'ami-0badcafe0badcafe0', size: 0 }],
};

const heard = (at: TestAccount, type: string, state?: string) =>
  at.events.filter(
    ({ detailType, detail }) =>
      detailType === type && (state === undefined || (detail as { state?: string }).state === state),
  );
const STATE = 'EC2 Instance State-change Notification';
const LAUNCH = 'EC2 Instance Launch Successful';

describe('a launch', () => {
  it('of a thousand nodes is one line: they come within ten seconds, and are announced', async () => {
    const at = testAccount({
      clusters: [cluster],
      launches: [{ at: '+10m', cluster: 'c-2', nodeGroup: 'g', count: 1000, withinSeconds: 10 }],
    });
    const before = at.state.instances.list().length;
    await at.play(600_000 - 1);
    expect(at.state.instances.list()).toHaveLength(before);
    await at.play(10_001);
    expect(at.state.instances.list()).toHaveLength(before + 1000);
    expect(heard(at, STATE, 'pending')).toHaveLength(1000);
    await at.play(600_000);
    expect(heard(at, STATE, 'running')).toHaveLength(1000);
    expect(heard(at, LAUNCH)).toHaveLength(1000);
    const group = at.state.eks.nodeGroup('c-2', 'g');
    expect(group.scaling).toEqual({ minSize: 0, maxSize: 1001, desiredSize: 1001 });
    expect(group.autoScalingGroup).toMatchObject({ desired: 1001, max: 1001 });
    expect(at.state.agents.registered()).toHaveLength(before + 1000);
  });

  it.each([
    ['selfManagedGroup', { selfManagedGroup: 's' }, 1, { 'aws:autoscaling:groupName': 'c-1-s' }],
    ['karpenterNodePool', { karpenterNodePool: 'k' }, 0, { 'karpenter.sh/nodepool': 'k' }],
    ['autoMode', { autoMode: true }, 0, { 'eks:eks-cluster-name': 'c-1' }],
  ])('of a %s makes nodes of its kind', async (_kind, source, launchEvents, tags) => {
    const at = testAccount({ clusters: [cluster], launches: [{ at: '+1m', cluster: 'c-1', ...source }] });
    const before = new Set(at.state.instances.list());
    await at.play(600_000);
    const [instance, ...others] = at.state.instances.list().filter((one) => !before.has(one));
    expect(others).toEqual([]);
    expect(instance).toMatchObject({ state: 'running', node: 'Ready', launchedAt: expect.any(Number) });
    expect(Object.fromEntries(instance!.tags)).toMatchObject({ 'aws:eks:cluster-name': 'c-1', ...tags });
    expect(heard(at, STATE, 'running')).toHaveLength(1);
    expect(heard(at, LAUNCH)).toHaveLength(launchEvents);
  });

  it.each([
    [{ cluster: 'c-1' }, /launches\[0\]\.nodeGroup: give one of nodeGroup, /],
    [{ cluster: 'c-1', nodeGroup: 'g', autoMode: true }, /launches\[0\]\.nodeGroup: give one of nodeGroup, /],
    [{ cluster: 'c-3', nodeGroup: 'g' }, /launches\[0\]: there is no nodeGroup g of cluster c-3/],
    [{ cluster: 'c-1', karpenterNodePool: 'g' }, /launches\[0\]: there is no karpenterNodePool g of cluster c-1/],
  ])('is refused for %o', (launch, message) => {
    const file = { startsAt: '2026-07-14T12:00:00Z', clusters: [cluster], launches: [{ at: '+1m', ...launch }] };
    const parse = () => parseFleet(JSON.stringify(file), 'fleet.json');
    expect(parse).toThrow(FleetFileError);
    expect(parse).toThrow(message);
  });
});
