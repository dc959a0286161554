import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';
import {
  ask,
  changes,
  exposedWorker,
  exposeSilently,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  setPolicy,
  stateOf,
} from './quarantine.fixture.ts';

const TERMINATED = ['acted worker-terminated', 'waiting quarantine-in-progress', 'done quarantine-ended'];

describe('whatever is not to be touched', () => {
  it.each<[string, object, object, string[]]>([
    ['an opted-out group', { tags: { 'eks-host-remediator:ignore': '' } }, {}, ['skipped opted-out']],
    [
      'mode observe',
      {},
      { quarantine: { mode: 'observe' } },
      ['would-act would-quarantine', 'refused workers-stay-exposed'],
    ],
    ['mode off', {}, { quarantine: { mode: 'off' } }, ['skipped mode-off']],
    ['the kill switch', {}, { killSwitch: true }, ['skipped kill-switch', 'refused workers-stay-exposed']],
    ['a cluster out of scope', {}, { scope: { clusters: ['other'] } }, ['skipped out-of-scope']],
    ['an invalid policy', {}, { quarantine: { mode: 'isolate' } }, ['refused policy-invalid']],
  ])('%s is recorded and left alone', async (_what, group, policy, expected) => {
    const run = await start(scenario(privateFleet(group, publicLaunch()), policy));
    await run.account.play(90 * MINUTE);
    expect(outcomes(run)).toEqual(expected);
    // Only the ledger and the function's own queue change.
    expect(changes(run).filter(({ service }) => !['dynamodb', 'sqs'].includes(service))).toEqual([]);
  });

  it('look-alikes, nodes of other kinds of clusters and workers of Auto Mode keep their addresses', async () => {
    const exposure = { publicAddress: 'automatic', openPorts: [22] };
    const others = [
      { name: 'eks-node', tags: { 'kubernetes.io/cluster/shop': 'shared' } },
      { name: 'shop-bastion', tags: { 'eks:nodegroup-name': 'web' } },
      { name: 'bastion', tags: { 'eks:cluster-name': 'shop' } },
      { name: 'kops-master', tags: { 'kubernetes.io/cluster/legacy.kops.example.com': 'owned' } },
      { name: 'runner', tags: { 'karpenter.sh/nodepool': 'default', 'kubernetes.io/cluster/': 'owned' } },
    ];
    const otherInstances = others.map((other) => ({ ...other, at: '+5m', exposure }));
    const run = await start(scenario(privateFleet({}, {}, { autoMode: { instances: 1 }, otherInstances })));
    await run.account.play(2 * HOUR);
    const nonWorkers = run.account.fleet.instances
      .list()
      .filter(({ launchedAt }) => launchedAt > Date.parse('2026-07-15'));
    expect(nonWorkers).toHaveLength(5);
    for (const { id } of nonWorkers) expect(run.account.fleet.networks.isReachable(id)).toBe(true);
    // Only the owner of the kops node knows that it is no node of EKS.
    expect(outcomes(run).filter((outcome) => outcome !== 'skipped auto-mode')).toEqual(['skipped unknown-cluster']);
    // A launch is reconciled again by messages to the own queue, since EC2 may show its tags late.
    expect(changes(run).filter(({ service }) => service !== 'dynamodb' && service !== 'sqs')).toEqual([]);
  });

  it('sessions of node roles are never revoked: IAM is not called at all', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    await run.account.play(30 * MINUTE);
    const services = run.calls
      .filter(({ function: name }) => name === 'quarantine-workers')
      .map(({ service }) => service);
    expect([...new Set(services)].sort()).not.toContain('iam');
  });
});

describe('a quarantine', () => {
  const opened = async (quarantine: object) => {
    const run = await start(
      scenario(privateFleet({}, publicLaunch()), { quarantine: { expireAfter: '3h', ...quarantine } }),
    );
    await run.account.play(HOUR);
    return { run, worker: exposedWorker(run) };
  };

  it('that ends is told of, and stays: it is closed again when somebody opens it', async () => {
    const { run, worker } = await opened({});
    await run.account.play(4 * HOUR);
    expect(outcomes(run).at(-1)).toBe('refused quarantine-expired');
    expect(worker.state).toBe('running');
    exposeSilently(run, worker.id);
    await run.account.play(3 * HOUR);
    expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
    expect(outcomes(run).slice(-3)).toEqual([
      'acted quarantine-reinforced',
      'done quarantined',
      'refused quarantine-expired',
    ]);
  });

  it('ends with the worker where the policy says so, and its slot is free again', async () => {
    const { run, worker } = await opened({ onExpiry: 'terminate', terminationProtection: true });
    await run.account.play(3 * HOUR);
    expect(outcomes(run).slice(-3)).toEqual(TERMINATED);
    expect(worker.state).toBe('terminated');
  });

  it('lasts longer when an operator extends it, and ends when one terminates the worker', async () => {
    const { run, worker } = await opened({});
    ask(run, 'extend', worker.id, { by: '1d' });
    // Ten minutes past the hour, so that no sweep comes in between.
    await run.account.play(6 * HOUR + 10 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    ask(run, 'terminate', worker.id);
    await run.account.play(30 * MINUTE);
    expect(outcomes(run).slice(-3)).toEqual(TERMINATED);
    const made = run.calls.find(({ operation }) => operation === 'TerminateInstances');
    const called = run.records.find(({ reason }) => reason === 'termination-called');
    expect(called?.calls).toContainEqual({
      service: 'ec2',
      operation: 'TerminateInstances',
      requestId: made?.requestId,
    });
  });

  it('is kept when somebody takes off the tags that made the instance a worker, and can be released', async () => {
    const { run, worker } = await opened({});
    for (const key of [...worker.tags.keys()]) if (/^(aws:)?eks|^kubernetes/.test(key)) worker.tags.delete(key);
    await run.account.play(90 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done released');
  });

  it('is closed again when somebody opens it', async () => {
    const { run, worker } = await opened({});
    const { networks } = run.account.fleet;
    const [first] = networks.interfaces.of(worker.id);
    const group = run.account.fleet.eks.clusters.get('shop')!.securityGroupId;
    networks.interfaces.setSecurityGroups(first!, [group]);
    await run.account.play(2 * HOUR);
    expect(outcomes(run).slice(-2)).toEqual(['acted quarantine-reinforced', 'done quarantined']);
    expect(stateOf(run, worker.id).groups).not.toContainEqual([first?.id, [group]]);
  });
});

describe('a worker that stays exposed is never quiet', () => {
  const limits = { quarantine: { concurrency: { perGroup: 1, perCluster: 1, perAccount: 1 } } };

  it('seven that wait for one slot are told once, with their names; and that it is over', async () => {
    const launch = publicLaunch({}, { count: 8, withinSeconds: 20 });
    const run = await start(scenario(privateFleet({ desiredSize: 20 }, launch), limits));
    await run.account.play(HOUR);
    const [first, ...others] = ours(run).filter(({ reason }) => reason === 'workers-stay-exposed');
    expect(others).toEqual([]);
    expect(first).toMatchObject({ decision: 'refused', cluster: 'shop', nodegroup: 'web', details: { exposed: 7 } });
    const waiting = ours(run).filter(({ reason }) => reason === 'quarantine-budget');
    expect(new Set(first?.details?.workers as string[])).toEqual(new Set(waiting.map(({ instance }) => instance)));
    setPolicy(
      run,
      '{"quarantine":{"concurrency":{"perGroup":20,"perCluster":20,"perAccount":20},"publicByDesign":{"exposedShare":90}}}',
    );
    await run.account.play(90 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({ reason: 'exposures-ended', correlationId: first?.correlationId });
  });

  it.each([
    ['observe', { quarantine: { mode: 'observe' } }],
    ['the kill switch', { killSwitch: true }],
  ])(
    'under %s, a request to release it, which is not in quarantine, is no end of its exposure',
    async (_what, policy) => {
      const changes = [{ at: '+2m', cluster: 'shop', associateAddress: true, nodeGroup: 'web' }];
      const run = await start(scenario(privateFleet({}, { changes }), policy));
      await run.account.play(8 * MINUTE);
      ask(run, 'release', exposedWorker(run).id);
      await run.account.play(2 * HOUR);
      const reasons = ours(run).map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason === 'workers-stay-exposed')).toHaveLength(1);
      expect(reasons).toContain('request-refused');
      expect(reasons).not.toContain('exposures-ended');
    },
  );

  it('a kill switch in the middle of a drain says by which address and port', async () => {
    const workloads = [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 0 } }];
    const drain = { quarantine: { drain: { evict: true, within: '30m' } } };
    const changes = [{ at: '+2m', cluster: 'shop', associateAddress: true, nodeGroup: 'web' }];
    const run = await start(scenario(privateFleet({ workloads }, { changes }), drain));
    await run.account.play(8 * MINUTE);
    setPolicy(run, '{"killSwitch":true}');
    await run.account.play(10 * MINUTE);
    const last = ours(run).at(-1);
    expect(last).toMatchObject({ decision: 'refused', reason: 'quarantine-suspended' });
    expect(last?.message).toMatch(/^Still exposed: Elastic IP \d+\.\d+\.\d+\.\d+ on eni-\w+ .*The kill switch is on\./);
  });
});
