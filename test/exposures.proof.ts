import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Standby } from '../sandbox/account/auto-scaling/standby.ts';
import { AwsError } from '../sandbox/wire/aws-error.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  ask,
  changes,
  exposedWorker,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  stateOf,
} from './quarantine.fixture.ts';

const SSH = { publicAddress: 'automatic', openPorts: [22] };
const PUBLIC = { subnets: 'public', openPorts: [22] };
const NETWORK = ['ModifyNetworkInterfaceAttribute', 'EnterStandby'];
const operations = (run: Parameters<typeof changes>[0]) => changes(run).map(({ operation }) => operation);

/** A cluster with one managed group and instances beside it. */
const withOthers = (otherInstances: readonly object[], group: object = {}) =>
  scenario(privateFleet(group, {}, { otherInstances: otherInstances.map((each) => ({ at: '+5m', ...each })) }));

describe('a group whose configuration is public', () => {
  it.each<[string, object, RegExp]>([
    ['by its subnets, over IPv6', { ipv6: true }, /subnet-\w+.* hand out IPv6 addresses/],
    ['by a primary IPv6 address', { ipv6: 'primary', openPorts: [22] }, /hand out IPv6 .*Open to the world: tcp\/22/],
  ])('is told of with what to change, and not emptied: public %s', async (_what, exposure, told) => {
    const run = await start(scenario(privateFleet({ desiredSize: 1, exposure })));
    await run.account.play(70 * MINUTE);
    expect(outcomes(run)).toEqual(['refused public-by-design']);
    expect(ours(run)[0]).toMatchObject({ severity: 'high', nodegroup: 'web', message: expect.stringMatching(told) });
    expect(operations(run).filter((name) => NETWORK.includes(name))).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('hands out no IPv6 addresses any more where the policy says so, until it is released', async () => {
    const policy = { quarantine: { publicByDesign: { closeSubnets: 'enforce' } } };
    const run = await start(scenario(privateFleet({ exposure: { ipv6: true } }), policy));
    await run.account.play(70 * MINUTE);
    const handsOut = () => run.account.fleet.networks.subnets.list().map((subnet) => subnet.assignIpv6OnCreation);
    expect(outcomes(run)).toEqual(['acted group-hardened']);
    expect(handsOut()).toEqual([false, false, false]);
    run.account.putEvent({
      ...(await import('../events/quarantine-request.ts')).sample,
      id: 'reopen',
      time: new Date(run.account.time.now).toISOString(),
      detail: { action: 'release', clusterName: 'shop', nodegroupName: 'web', why: 'a test', requestedBy: 'tester' },
    });
    await run.account.play(MINUTE);
    expect(handsOut()).toEqual([true, true, true]);
  });

  it('is no design where launches get no address, whatever their subnets hand out: one that is bound is closed at once', async () => {
    const rest = { changes: [{ at: '+5m', cluster: 'shop', nodeGroup: 'web', index: 1, associateAddress: true }] };
    const group = { desiredSize: 3, exposure: { subnets: 'public', publicAddress: 'none' } };
    const run = await start(scenario(privateFleet(group, rest)));
    await run.account.play(15 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is no design where somebody binds Elastic IPs to running workers: each is closed at once', async () => {
    const bind = (index: number) => ({ at: '+5m', cluster: 'shop', nodeGroup: 'web', index, associateAddress: true });
    const fleet = privateFleet({ desiredSize: 2 }, { changes: [bind(0), bind(1)] });
    const run = await start(scenario(fleet, { quarantine: { concurrency: { perGroup: 2 } } }));
    await run.account.play(15 * MINUTE);
    expect(outcomes(run).filter((each) => each === 'done quarantined')).toHaveLength(2);
  });
});

describe('an instance that an AWS service operates', () => {
  it('is told of and left alone, as EC2 lets nobody else change it; it takes no slot from a worker that can be closed', async () => {
    const bind = (group: object, minutes: number) => ({ at: `+${minutes}m`, cluster: 'shop', ...group, index: 0 });
    const changes = [bind({ selfManagedGroup: 'jobs' }, 5), bind({ nodeGroup: 'web' }, 15)];
    const cluster = {
      selfManagedGroups: [{ name: 'jobs', size: 3, imageId: 'ami-0a1b2c3d4e5f60718', managedBy: 'mwaa.amazonaws.com' }],
    };
    const fleet = privateFleet({}, { changes: changes.map((each) => ({ ...each, associateAddress: true })) }, cluster);
    const policy = { quarantine: { concurrency: { perGroup: 1, perCluster: 1, perAccount: 1 } } };
    const run = await start(scenario(fleet, policy));
    await run.account.play(2.2 * HOUR);
    const of = (group: string) =>
      ours(run)
        .filter(({ nodegroup = '', instance }) => nodegroup.includes(group) && instance !== undefined)
        .map(({ decision, reason }) => `${decision} ${reason}`);
    expect(of('jobs')).toEqual(['refused instance-operated']);
    expect(of('web')).toEqual(['acted quarantine-started', 'done quarantined']);
    expect(ours(run).find(({ reason }) => reason === 'instance-operated')?.message).toContain('mwaa.amazonaws.com');
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});

it('exposed nodes of EKS Auto Mode are told of once a cluster, with what a person can do, and again at the end', async () => {
  const launches = [{ at: '+5m', cluster: 'shop', autoMode: true, count: 2, exposure: SSH }];
  const fleet = privateFleet({}, { launches }, { autoMode: { instances: 1 } });
  const run = await start(scenario(fleet));
  await run.account.play(4.2 * HOUR);
  const told = run.account.sns.published.filter(({ subject = '' }) => subject.startsWith('[eks-host-remediator]'));
  expect(told.map(({ subject }) => subject)).toEqual([expect.stringContaining('opened: shop: workers-stay-exposed')]);
  expect(told[0]?.message).toMatch(/2 workers stay exposed.*associatePublicIPAddress: false/);
  expect(outcomes(run).filter((each) => each === 'skipped auto-mode-exposed')).toHaveLength(2);
  expect(changes(run).filter(({ service }) => !['dynamodb', 'sqs'].includes(service))).toEqual([]);
  for (const instance of run.account.fleet.instances.list())
    if (instance.operator !== undefined) run.account.fleet.instances.terminate(instance, MINUTE, () => {});
  await run.account.play(1.2 * HOUR);
  expect(ours(run).at(-1)).toMatchObject({ decision: 'done', reason: 'exposures-ended', cluster: 'shop' });
});

it('workers with public addresses whose routes a VPC of another account does not show are told of as doubt once, and none is isolated', async () => {
  const fleet = privateFleet({ desiredSize: 3 }, publicLaunch(), { vpc: { sharedBy: '222222222222' } });
  // Its posture would be told, too.
  const run = await start(scenario(fleet, { posture: { mode: 'off' } }));
  const hidden = vi.spyOn(run.account.fleet.networks.routeTables, 'list').mockReturnValue([]);
  onTestFinished(() => hidden.mockRestore());
  await run.account.play(3.2 * HOUR);
  expect(outcomes(run).toSorted()).toEqual(['refused workers-stay-exposed', 'waiting routes-unread']);
  const messages = run.account.sns.published.filter(({ subject = '' }) => subject.startsWith('[eks-host-remediator]'));
  expect(messages.map(({ subject }) => subject)).toEqual([expect.stringContaining('shop/web: workers-stay-exposed')]);
  expect(messages[0]?.message).toMatch(/1 worker may be exposed to the Internet\. EC2 does not show the routes/);
  expect(operations(run).filter((name) => NETWORK.includes(name))).toEqual([]);
});

it('workers with a security group that EC2 does not show for good are told of as doubt once, without a chain of looks that Lambda cuts', async () => {
  const openPorts = { quarantine: { exposure: 'open-port' } };
  const run = await start({
    ...scenario(privateFleet({ desiredSize: 3 }, publicLaunch({ openPorts: [22] })), openPorts),
    inProcess: true,
  });
  const { securityGroups } = run.account.fleet.networks;
  const all = securityGroups.list.bind(securityGroups);
  const hidden = vi
    .spyOn(securityGroups, 'list')
    .mockImplementation(() => all().filter(({ rules }) => !rules.some(({ fromPort }) => fromPort === 22)));
  onTestFinished(() => hidden.mockRestore());
  await run.account.play(3.2 * HOUR);
  expect(outcomes(run)).toEqual(['waiting rules-unread', 'waiting rules-hidden', 'refused workers-stay-exposed']);
  const messages = run.account.sns.published.filter(({ subject = '' }) => subject.startsWith('[eks-host-remediator]'));
  expect(messages.map(({ subject }) => subject)).toEqual([expect.stringContaining('shop/web: workers-stay-exposed')]);
  expect(messages[0]?.message).toMatch(/1 worker may be exposed to the Internet\. EC2 does not show a security group/);
  // Some looks within five minutes, and three sweeps.
  const looks = run.calls.filter(
    ({ function: name, operation }) => name === 'quarantine-workers' && operation === 'DescribeSecurityGroups',
  );
  expect(looks.length).toBeLessThan(40);
  hidden.mockRestore();
  await run.account.play(1.2 * HOUR);
  expect(outcomes(run).slice(-3)).toEqual(['acted quarantine-started', 'done quarantined', 'done exposures-ended']);
});

it.each(['throttled', 'failed'] as const)(
  'an exposed worker whose owner cannot be read for a while stays exposed meanwhile: no end is told of (%s)',
  async (as) => {
    const refusals = [
      { function: 'quarantine-workers', operation: 'DescribeCluster', as, from: 90 * MINUTE, until: 150 * MINUTE },
    ];
    const observe = { quarantine: { mode: 'observe' } };
    const run = await start(scenario(privateFleet({}, publicLaunch()), observe, { faults: { refusals } }));
    await run.account.play(4.2 * HOUR);
    expect(run.calls.some(({ outcome }) => outcome !== 'ok')).toBe(true);
    expect(outcomes(run)).not.toContain('done exposures-ended');
    expect(outcomes(run).filter((each) => each === 'refused workers-stay-exposed')).toHaveLength(1);
  },
);

describe('whoever sets tags', () => {
  const claims = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web', 'kubernetes.io/cluster/shop': 'owned' };

  it.each<[string, object]>([
    ['a bastion with the tags of a group', { tags: claims }],
    ['one that is owned by the cluster', { tags: { 'kubernetes.io/cluster/shop': 'owned' } }],
    ['one of a node pool', { tags: { 'karpenter.sh/nodepool': 'web', 'eks:eks-cluster-name': 'shop' } }],
    ['twenty of them', { tags: claims, count: 20 }],
  ])('has %s reported once each, and nothing done', async (_what, other) => {
    const run = await start(withOthers([{ name: 'bastion', exposure: SSH, ...other }]));
    await run.account.play(2.2 * HOUR);
    const told = ours(run);
    expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(
      Array.from({ length: new Set(told.map(({ instance }) => instance)).size }, () => 'refused claims-to-be-worker'),
    );
    expect(told.length).toBe('count' in other ? 20 : 1);
    expect(changes(run).filter(({ service }) => service !== 'dynamodb')).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('takes no slot and makes no group public: a worker that is exposed is isolated among decoys', async () => {
    const decoys = [{ name: 'decoy', tags: claims, count: 10, at: '+4m', exposure: SSH }];
    const fleet = privateFleet({}, publicLaunch(), { otherInstances: decoys });
    const policy = { quarantine: { concurrency: { perGroup: 1, perCluster: 1, perAccount: 1 } } };
    const run = await start(scenario(fleet, policy));
    await run.account.play(20 * MINUTE);
    expect(outcomes(run).filter((each) => !each.endsWith('claims-to-be-worker'))).toEqual([
      'acted quarantine-started',
      'waiting quarantine-in-progress',
      'done quarantined',
    ]);
  });

  it('cannot hide a worker: whose it is follows from its Auto Scaling group, whatever its tags say', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    run.account.fleet.instances.onLaunched(({ tags }) => {
      tags.set('eks:nodegroup-name', 'another').set('eks:cluster-name', 'another').set('karpenter.sh/nodepool', 'x');
    });
    await run.account.play(20 * MINUTE);
    expect(ours(run)[0]).toMatchObject({ cluster: 'shop', nodegroup: 'web', reason: 'quarantine-started' });
  });
});

describe('a worker outside Auto Scaling groups', () => {
  it('is isolated by its role in the VPC of its cluster before it has joined', async () => {
    const pools = { karpenterNodePools: [{ name: 'general', size: 2 }] };
    const launch = { nodeGroup: undefined, karpenterNodePool: 'general' };
    const run = await start(scenario(privateFleet({}, publicLaunch({}, launch), pools)));
    await run.account.play(10 * MINUTE + 20_000);
    expect(outcomes(run)[0]).toBe('acted quarantine-started');
    expect(exposedWorker(run).node).toBe('Joining');
    await run.account.play(10 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({
      reason: 'quarantined',
      message: expect.stringContaining(
        'Karpenter may still terminate it: it ends an instance whose node does not join',
      ),
    });
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is one that somebody launched by hand with the role of a node group', async () => {
    const tags = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' };
    const run = await start(withOthers([{ name: 'by-hand', tags, roleOf: 'web', exposure: SSH }]));
    await run.account.play(20 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(ours(run)[0]?.nodegroup).toBeUndefined();
  });

  it('is one whose role only the ConfigMap aws-auth lets in: it is read where the cluster is open, and doubt is said elsewhere', async () => {
    const entry = {
      function: 'quarantine-workers',
      kubernetesGroups: ['eks-host-remediator-quarantine'],
      by: 'aws-auth',
    };
    const change = { at: '+5m', cluster: 'shop', selfManagedGroup: 'legacy', associateAddress: true };
    const playedWith = async (accessEntries: object[]) => {
      const cluster = {
        authenticationMode: 'CONFIG_MAP',
        accessEntries,
        nodeGroups: [],
        selfManagedGroups: [{ name: 'legacy', size: 1, imageId: 'ami-0abcdef0123456789', clusterTag: false }],
      };
      const run = await start(scenario(privateFleet({}, { changes: [change] }, cluster)));
      await run.account.play(20 * MINUTE);
      expect(await deniedCalls(run.account, run.calls)).toEqual([]);
      return run;
    };
    const open = await playedWith([entry]);
    expect(outcomes(open).at(-1)).toBe('done quarantined');
    expect(open.calls.some(({ operation }) => operation === 'GET configmaps')).toBe(true);
    const [told, ...others] = ours(await playedWith([]));
    expect([told?.reason, others]).toEqual(['claims-to-be-worker', []]);
    expect(told?.message).toContain('Whether the ConfigMap aws-auth of the cluster lets its role in cannot be told');
  });

  it.each([
    ['the cluster lets nobody in', { accessEntries: [] }, {}],
    ['the policy leaves the node as it is', {}, { quarantine: { drain: { cordon: false } } }],
  ])(
    'is told to be kept from Karpenter by hand where it bears no mark, as %s: its changed security groups are drift',
    async (_what, more, policy) => {
      const pools = { karpenterNodePools: [{ name: 'general', size: 1 }], ...more };
      const change = { at: '+5m', cluster: 'shop', karpenterNodePool: 'general', associateAddress: true };
      const run = await start(scenario(privateFleet({}, { changes: [change] }, pools), policy));
      await run.account.play(15 * MINUTE);
      const { message } = ours(run).at(-1) ?? {};
      expect(message).toContain('its node has no mark do-not-disrupt, and its changed security groups are drift');
      expect(message).toContain(
        `kubectl annotate node ${exposedWorker(run).privateDnsName} karpenter.sh/do-not-disrupt`,
      );
    },
  );

  it('carries marks that keep Karpenter and the Cluster Autoscaler away, and loses them with its release', async () => {
    const pools = { karpenterNodePools: [{ name: 'general', size: 1 }] };
    const change = { at: '+5m', cluster: 'shop', karpenterNodePool: 'general', associateAddress: true };
    const run = await start(scenario(privateFleet({}, { changes: [change] }, pools)));
    await run.account.play(10 * MINUTE);
    const patches = () => run.calls.filter(({ operation }) => operation === 'PATCH nodes');
    expect(JSON.stringify(patches()[0]?.input)).toContain('"karpenter.sh/do-not-disrupt":"true"');
    ask(run, 'release', exposedWorker(run).id);
    await run.account.play(5 * MINUTE);
    const byScaler = '"cluster-autoscaler.kubernetes.io/scale-down-disabled":null';
    expect(JSON.stringify(patches()[1]?.input)).toContain(byScaler);
    await run.account.play(10 * MINUTE);
    expect(JSON.stringify(patches()[2]?.input)).toContain('"karpenter.sh/do-not-disrupt":null');
  });
});

describe('a quarantine', () => {
  it('that somebody undoes every two minutes is told of as a fight, with who does it, and closed each time', async () => {
    const bind = (minute: number) => ({ at: `+${minute}m`, cluster: 'shop', nodeGroup: 'web', associateAddress: true });
    const changed = Array.from({ length: 9 }, (_, index) => bind(5 + 2 * index));
    const run = await start(scenario(privateFleet({}, { changes: changed })));
    await run.account.play(25 * MINUTE);
    expect(outcomes(run)).toEqual([
      'acted quarantine-started',
      'done quarantined',
      'acted quarantine-reinforced',
      'done quarantined',
      'failed quarantine-undone',
    ]);
    expect(ours(run).at(-1)?.message).toContain('user/operator (AssociateAddress');
    expect(operations(run).filter((name) => name === 'DisassociateAddress')).toHaveLength(9);
    expect(run.account.fleet.networks.interfaces.of(exposedWorker(run).id)[0]?.associations.size).toBe(0);
  });

  it('accuses nobody of the automatic address that AWS gives for an Elastic IP', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch({ subnets: 'public', publicAddress: 'elastic' }))));
    await run.account.play(20 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
    expect(run.account.fleet.networks.interfaces.of(exposedWorker(run).id)[0]?.associations.size).toBe(0);
  });

  it('is not said to be over while that address may come, also where another one was closed meanwhile', async () => {
    const launch = publicLaunch({ subnets: 'public', publicAddress: 'elastic', branchInterfaces: 2 });
    const strip = { quarantine: { respond: 'strip' } };
    const run = await start({ ...scenario(privateFleet({}, launch), strip, { seed: 7 }), inProcess: true });
    await run.account.play(20 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done stripped']);
    const [done] = ours(run).filter(({ reason }) => reason === 'stripped');
    const closing = run.calls.filter(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
    expect(closing).toHaveLength(1);
    expect(closing[0]!.at < done!.time).toBe(true);
  });

  it('accuses nobody of the interfaces that the VPC CNI attaches to a new worker', async () => {
    const exposure = { ipv6: true, interfaces: 4 };
    const run = await start(scenario(privateFleet({}, publicLaunch(exposure)), {}, { seed: 7 }));
    await run.account.play(30 * MINUTE);
    expect(outcomes(run).filter((each) => !each.startsWith('waiting'))).toEqual([
      'acted quarantine-started',
      'done quarantined',
    ]);
    const { interfaces } = run.account.fleet.networks;
    const groups = new Set(
      interfaces.of(exposedWorker(run).id).map(({ securityGroupIds }) => securityGroupIds.join(' ')),
    );
    expect([interfaces.of(exposedWorker(run).id).length, groups.size]).toEqual([4, 1]);
  });

  it.each(['terminate', 'release'] as const)('of a Spot worker asks for no protection, and %ss', async (action) => {
    const policy = { quarantine: { terminationProtection: true } };
    const run = await start(scenario(privateFleet({ capacityType: 'SPOT' }, publicLaunch()), policy));
    await run.account.play(15 * MINUTE);
    expect(ours(run).at(-1)?.message).toContain('EC2 protects no Spot instance');
    ask(run, action, exposedWorker(run).id);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run)).toContain(action === 'release' ? 'done released' : 'done quarantine-ended');
    expect(operations(run)).not.toContain('ModifyInstanceAttribute');
    expect(outcomes(run).filter((each) => each.startsWith('failed'))).toEqual([]);
  });

  it.each([
    ['standby', 'EnterStandby', 'Standby'],
    ['detach', 'DetachInstances', undefined],
  ])(
    'of a worker that a hook on its launch holds for half an hour takes it out of service later (%s)',
    async (outOfService, call, ends) => {
      // The worker is isolated before its node joins, so that nobody completes the hook.
      const run = await start(
        scenario(privateFleet({ launchHook: {} }, publicLaunch()), { quarantine: { outOfService } }),
      );
      await run.account.play(35 * MINUTE);
      expect(outcomes(run).at(-1)).toBe('done quarantined');
      const { id } = exposedWorker(run);
      expect(stateOf(run, id).lifecycle).toBe('Pending:Wait');
      expect(operations(run)).not.toContain(call);
      await run.account.play(HOUR);
      expect(stateOf(run, id).lifecycle).toBe(ends);
      expect(operations(run).filter((name) => name === call)).toHaveLength(1);
      expect(outcomes(run).slice(-2)).toEqual(['acted quarantine-reinforced', 'done quarantined']);
      const [group] = run.account.fleet.autoScalingGroups.list();
      expect([...group!.members.values()].filter(({ lifecycleState }) => lifecycleState === 'InService')).toHaveLength(
        4,
      );
      expect(await deniedCalls(run.account, run.calls)).toEqual([]);
    },
  );

  it('of such a worker that Auto Scaling refuses to take out is told with that once, and not again each hour', async () => {
    const run = await start(scenario(privateFleet({ launchHook: {} }, publicLaunch())));
    vi.spyOn(Standby.prototype, 'enter').mockImplementation(() => {
      throw new AwsError('AccessDenied', 'not authorized to perform autoscaling:EnterStandby', 403);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await run.account.play(6 * HOUR);
    expect(ours(run).at(-1)?.message).toContain('Not done: standby: AccessDenied');
    expect(outcomes(run).filter((each) => each === 'acted quarantine-reinforced')).toHaveLength(1);
  });

  it('whose worker finds no place in its group ends by itself once there is room', async () => {
    const rest = { changes: [{ at: '+5m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
    const run = await start(scenario(privateFleet({ maxSize: 3 }, rest)));
    await run.account.play(20 * MINUTE);
    ask(run, 'release', exposedWorker(run).id);
    await run.account.play(10 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({ reason: 'released-in-part', hint: expect.stringContaining('maximum') });
    const [group] = run.account.fleet.autoScalingGroups.list();
    group!.max = 4;
    await run.account.play(HOUR);
    expect(outcomes(run).filter((each) => each.endsWith('released-in-part'))).toHaveLength(1);
    expect(outcomes(run)).toContain('done released');
    expect(group!.members.get(exposedWorker(run).id)?.lifecycleState).toBe('InService');
  });
});

describe('an address that looks public', () => {
  it.each<[string, object, object]>([
    ['behind VPC Block Public Access', { blockPublicAccess: 'block-ingress' }, SSH],
    ['behind VPC Block Public Access, in a public subnet', { blockPublicAccess: 'block-bidirectional' }, PUBLIC],
    ['behind a network ACL', { networkAcl: 'private' }, SSH],
    ['behind a network ACL, in a public subnet', { networkAcl: 'private' }, PUBLIC],
    ['on an interface that takes no Internet traffic', {}, { ...SSH, ipv6: true, denyAllIgwTraffic: true }],
    ['in a unique local block', { ipv6: 'unique-local' }, { ipv6: true, publicAddress: 'none', openPorts: [22] }],
    ['in a private block of IPAM', { ipv6: 'private' }, { ipv6: true, publicAddress: 'none', openPorts: [22] }],
  ])('%s exposes nobody', async (_what, vpc, exposure) => {
    const run = await start(scenario(privateFleet({}, publicLaunch(exposure), { vpc })));
    await run.account.play(15 * MINUTE);
    expect(outcomes(run)).toEqual([]);
    expect(operations(run).filter((name) => NETWORK.includes(name))).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['by a prefix list in a rule', {}, { ...SSH, openBy: 'prefix-list' }],
    ['by halves of the Internet in rules', {}, { ...SSH, openBy: 'halves' }],
    ['by a route with a prefix list', { routeByPrefixList: true }, SSH],
    ['by a firewall whose subnet leads there', { firewall: true }, SSH],
    ['by an appliance to which an Internet gateway leads', { appliance: true }, SSH],
  ])('exposes %s', async (_what, vpc, exposure) => {
    const run = await start(
      scenario(privateFleet({}, publicLaunch(exposure), { vpc }), { quarantine: { exposure: 'open-port' } }),
    );
    await run.account.play(15 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});
