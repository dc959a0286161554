import { describe, expect, it } from 'vitest';
import { FleetFileError } from './fleet.ts';
import { parseFleet } from './parse-fleet.ts';
import { type TestAccount, testAccount } from './test-account.ts';

const group = (more: object = {}) => ({ name: 'g', desiredSize: 1, releaseVersion: '1.33.4-20260701', ...more });
const file = (cluster: object, more: object = {}) => ({
  clusters: [{ name: 'c', version: '1.33', nodeGroups: [group()], ...cluster }],
  ...more,
});
const open = { openPorts: [22] };

const reachable = ({ state }: TestAccount) => state.instances.list().filter(({ id }) => state.networks.isReachable(id));
const trail = ({ events }: TestAccount) =>
  events
    .filter(({ detailType }) => detailType === 'AWS API Call via CloudTrail')
    .map(({ detail }) => detail as { eventName: string; requestParameters: Record<string, unknown> });

describe('an exposure', () => {
  it('of one launch puts one worker of a private group where the Internet reaches it', async () => {
    const exposure = { ...open, subnets: 'public' };
    const at = testAccount(
      file({}, { launches: [{ at: '+1m', cluster: 'c', nodeGroup: 'g', exposure, count: 3, withinSeconds: 1 }] }),
    );
    const before = at.state.instances.list().map(({ subnetId }) => subnetId);
    await at.play(600_000);
    const exposed = reachable(at);
    expect(exposed).toHaveLength(3);
    for (const { subnetId, availabilityZone } of exposed) {
      expect(before).not.toContain(subnetId);
      expect(at.state.networks.subnets.get(subnetId)).toMatchObject({ availabilityZone, mapPublicIpOnLaunch: true });
    }
    const { subnets } = at.state.eks.nodeGroup('c', 'g').autoScalingGroup;
    expect(subnets.map(({ id }) => at.state.networks.subnets.get(id)?.mapPublicIpOnLaunch)).toEqual(
      Array(3).fill(false),
    );
  });

  it.each([{ blockPublicAccess: 'block-ingress' }, { networkAcl: 'private' }])(
    'of a launch in a public subnet is none where the VPC says %o',
    async (vpc) => {
      const exposure = { ...open, subnets: 'public' };
      const launches = [{ at: '+1m', cluster: 'c', nodeGroup: 'g', exposure }];
      const at = testAccount(file({ vpc }, { launches }));
      await at.play(600_000);
      expect(at.state.instances.list()).toHaveLength(2);
      expect(reachable(at)).toEqual([]);
    },
  );

  it('of three launches among twenty leaves the others as their group is', async () => {
    const launch = { at: '+1m', cluster: 'c', nodeGroup: 'g' };
    const exposure = { ...open, publicAddress: 'automatic' };
    const at = testAccount(
      file(
        { network: 'internet-without-address' },
        {
          launches: [
            { ...launch, count: 17 },
            { ...launch, count: 3, exposure },
          ],
        },
      ),
    );
    await at.play(600_000);
    expect(at.state.instances.list()).toHaveLength(21);
    expect(reachable(at)).toHaveLength(3);
  });

  it('of a group is that of all its nodes, whatever kind of group it is', () => {
    const own = { size: 2, imageId: 'ami-0badcafe0badcafe0' };
    const at = testAccount(
      file({
        network: 'internet',
        nodeGroups: [
          group({ desiredSize: 20, exposure: open }),
          group({ name: 'private', exposure: { publicAddress: 'none' } }),
        ],
        selfManagedGroups: [{ name: 's', ...own, exposure: { ...open, publicAddress: 'elastic' } }],
        karpenterNodePools: [{ name: 'k', ...own, exposure: { ...open, publicAddress: 'none', ipv6: true } }],
      }),
    );
    expect(reachable(at)).toHaveLength(24);
  });

  it('stays with its worker’s place when the group is upgraded', async () => {
    const release = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.4-20260708' };
    const exposure = { subnets: 'public' };
    const at = testAccount(
      file(
        { nodeGroups: [group({ desiredSize: 0 })] },
        { releases: [{ at: '-1d', ...release }], launches: [{ at: '+1m', cluster: 'c', nodeGroup: 'g', exposure }] },
      ),
    );
    await at.play(600_000);
    at.call('eks', 'UpdateNodegroupVersion', {
      clusterName: 'c',
      nodegroupName: 'g',
      version: '1.33',
      releaseVersion: release.releaseVersion,
    });
    await at.play(3_600_000);
    const nodes = at.state.instances.list().filter(({ state }) => state === 'running');
    expect(nodes).toHaveLength(1);
    const subnetIds = at.state.eks.nodeGroup('c', 'g').autoScalingGroup.subnets.map(({ id }) => id);
    expect(subnetIds).toContain(nodes[0]?.subnetId);
  });
});

describe('a change during the run', () => {
  const at = (change: object) =>
    testAccount(
      file(
        { network: 'internet-without-address', nodeGroups: [group({ desiredSize: 2, exposure: open })] },
        { changes: [{ at: '+10m', cluster: 'c', nodeGroup: 'g', index: 1, ...change }] },
      ),
    );

  it('associates an Elastic IP address with the worker that is named', async () => {
    const account = at({ associateAddress: true });
    await account.play(599_000);
    expect(reachable(account)).toEqual([]);
    await account.play(1000);
    const worker = account.state.instances.list()[1]!;
    expect(reachable(account)).toEqual([worker]);
    expect(trail(account)).toEqual([]);
    await account.play(15_000);
    expect(trail(account)).toMatchObject([
      { eventName: 'AssociateAddress', requestParameters: { networkInterfaceId: worker.interfaces[0]?.id } },
    ]);
  });

  it('opens a port in the nodes’ security group', async () => {
    const account = testAccount(
      file(
        { network: 'internet', nodeGroups: [group({ desiredSize: 2 })] },
        { changes: [{ at: '+10m', cluster: 'c', nodeGroup: 'g', authorizeIngress: { port: 22 } }] },
      ),
    );
    expect(reachable(account)).toEqual([]);
    await account.play(615_000);
    expect(reachable(account)).toHaveLength(2);
    const groupId = account.state.eks.cluster('c').securityGroupId;
    expect(trail(account)).toMatchObject([
      { eventName: 'AuthorizeSecurityGroupIngress', requestParameters: { groupId } },
    ]);
  });

  it('attaches an interface with a group of its own', async () => {
    const account = at({ attachInterface: { openPorts: [8443] } });
    await account.play(615_000);
    const worker = account.state.instances.list()[1]!;
    expect(worker.interfaces.map(({ attachment }) => attachment.deviceIndex)).toEqual([0, 1]);
    const names = worker.interfaces[1]?.securityGroupIds.map(
      (id) => account.state.networks.securityGroups.get(id)?.name,
    );
    expect(names).toContain('open-8443');
    expect(trail(account)).toMatchObject([
      { eventName: 'AttachNetworkInterface', requestParameters: { instanceId: worker.id, deviceIndex: 1 } },
    ]);
  });

  it('of a worker that is not there is a loud error', async () => {
    await expect(at({ associateAddress: true, index: 2 }).play(600_000)).rejects.toThrow('only 2 running workers');
    await at({ associateAddress: true, index: 2, mayLack: true }).play(600_000);
  });
});

describe('the addresses of interfaces', () => {
  const addressesOf = (exposure: object, more = {}) =>
    testAccount(file({ network: 'internet', nodeGroups: [group({ exposure, ...more })] }))
      .state.instances.list()[0]!
      .interfaces.map(({ privateIps }) => privateIps);

  it('are one of the first and three of the others, or as many as the fleet file says', () => {
    expect(addressesOf({ interfaces: 2 }).map(({ length }) => length)).toEqual([1, 3]);
    const ten = addressesOf({ interfaces: 2, addresses: 10 });
    expect(ten.map(({ length }) => length)).toEqual([10, 10]);
    expect(new Set(ten.flat())).toHaveLength(20);
  });

  it('are no more than the instance type takes', () => {
    expect(() => addressesOf({ addresses: 11 })).toThrow(/addresses/);
    expect(() => addressesOf({ addresses: 10 }, { instanceType: 't3.small' })).toThrow(/t3.small takes 4/);
  });
});

describe('other instances', () => {
  it('look like workers and are reached, but are none', async () => {
    const lookalike = { name: 'eks-old', tags: { 'kubernetes.io/cluster/c': 'shared' }, exposure: open, count: 2 };
    const at = testAccount(
      file({ network: 'internet', nodeGroups: [], otherInstances: [lookalike, { ...lookalike, count: 1, at: '+5m' }] }),
    );
    expect(reachable(at)).toHaveLength(2);
    await at.play(330_000);
    const found = reachable(at);
    expect(found).toHaveLength(3);
    for (const { kubernetes, tags } of found) {
      expect(kubernetes).toBeUndefined();
      expect(Object.fromEntries(tags)).toEqual({ Name: 'eks-old', 'kubernetes.io/cluster/c': 'shared' });
    }
    expect(trail(at).map(({ eventName }) => eventName)).toEqual(['RunInstances']);
  });
});

describe('a fleet file with a wrong exposure or change', () => {
  const change = { at: '+1m', cluster: 'c', nodeGroup: 'g' };
  it.each([
    [{ nodeGroups: [group({ exposure: { interfaces: 0 } })] }, {}, /nodeGroups\[0\]\.exposure\.interfaces: /],
    [{ nodeGroups: [group({ exposure: { public: true } })] }, {}, /exposure\.public: unknown key/],
    [{ otherInstances: [{ tags: {} }] }, {}, /otherInstances\[0\]\.name: missing/],
    [{}, { changes: [change] }, /changes\[0\]\.associateAddress: give one of associateAddress, /],
    [
      {},
      { changes: [{ ...change, nodeGroup: undefined, associateAddress: true }] },
      /changes\[0\]\.nodeGroup: give one/,
    ],
    [{}, { changes: [{ ...change, nodeGroup: 'h', associateAddress: true }] }, /changes\[0\]: there is no nodeGroup h/],
    [
      {},
      { changes: [{ ...change, authorizeIngress: { port: 22, cidr: '0.0.0.0/33' } }] },
      /changes\[0\]\.authorizeIngress\.cidr: expected a block of addresses/,
    ],
  ])('is refused with the field named: %o %o', (cluster, more, message) => {
    const parse = () =>
      parseFleet(JSON.stringify({ startsAt: '2026-07-14T12:00:00Z', ...file(cluster, more) }), 'fleet.json');
    expect(parse).toThrow(FleetFileError);
    expect(parse).toThrow(message);
  });
});
