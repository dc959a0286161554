import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClusterApi } from '../sandbox/kubernetes/cluster-api.ts';
import { internalError, StatusError } from '../sandbox/kubernetes/status-error.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ask, exposedWorker, ours, outcomes, privateFleet, scenario, stateOf } from './quarantine.fixture.ts';

const LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const TAINT = 'eks-host-remediator/quarantine';
const evict = { quarantine: { drain: { evict: true, within: '5m' } } };

/** Somebody associates an address with a running worker. */
const addressed = (where: object = { nodeGroup: 'web' }) => ({
  changes: [{ at: '+2m', cluster: 'shop', associateAddress: true, ...where }],
});

interface NodeObject {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly providerID?: string;
    readonly unschedulable?: boolean;
    readonly taints?: ReadonlyArray<{ readonly key: string }>;
  };
}

const nodeOf = (run: Run, id: string): NodeObject => {
  const nodes = run.account.kubernetes.objects('shop', 'nodes') as unknown as NodeObject[];
  const node = nodes.find(({ spec }) => spec.providerID?.endsWith(id));
  if (node === undefined) throw new Error(`${id} has no node`);
  return node;
};

/**
 * The parts of a node that somebody may have changed, without what the control plane writes when a kubelet is silent.
 */
const changeable = ({ metadata, spec: { taints = [], ...spec } }: NodeObject) => ({
  labels: metadata.labels,
  ...spec,
  taints: taints.filter(({ key }) => key !== 'node.kubernetes.io/unreachable'),
});

const podsOn = (run: Run, node: string): number =>
  (
    run.account.kubernetes.objects('shop', 'pods') as unknown as Array<{
      metadata: { namespace: string };
      spec: { nodeName: string };
    }>
  ).filter(({ metadata, spec }) => metadata.namespace === 'default' && spec.nodeName === node).length;

const stepsOf = (run: Run): Record<string, string> =>
  (ours(run).findLast(({ reason }) => reason === 'quarantined')?.details?.steps ?? {}) as Record<string, string>;

describe('pods are evicted first, by policy', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('within their disruption budget; then the node is isolated, and given back as it was', async () => {
    const workloads = [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 2 } }];
    const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
    await run.account.play(MINUTE);
    const worker = run.account.fleet.instances.list()[0]!;
    const before = nodeOf(run, worker.id);
    expect(podsOn(run, before.metadata.name)).toBeGreaterThan(0);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'waiting draining', 'done quarantined']);
    expect(stepsOf(run)).toMatchObject({ node: 'done', evict: 'done' });
    const isolated = nodeOf(run, worker.id);
    expect(podsOn(run, before.metadata.name)).toBe(0);
    expect(isolated.spec.unschedulable).toBe(true);
    expect(isolated.spec.taints?.map(({ key }) => key)).toContain(TAINT);
    expect(isolated.metadata.labels[LABEL]).toBe('true');
    ask(run, 'release', worker.id);
    await run.account.play(5 * MINUTE);
    expect(outcomes(run)).toContain('done released');
    expect(nodeOf(run, worker.id).spec).toEqual(before.spec);
    expect(nodeOf(run, worker.id).metadata.labels).toEqual(before.metadata.labels);
  });

  it('later, where the cluster cannot cordon its node just now: its network is closed at once, and nothing forgotten', async () => {
    const handle = ClusterApi.prototype.handle;
    let fails = true;
    vi.spyOn(ClusterApi.prototype, 'handle').mockImplementation(function (this: ClusterApi, request, authorize) {
      if (fails && request.verb === 'patch' && request.resource.plural === 'nodes') throw internalError('etcd is away');
      return handle.call(this, request, authorize);
    });
    const workloads = [{ name: 'cart', replicas: 3 }];
    const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
    await run.account.play(3 * MINUTE);
    const { id } = exposedWorker(run);
    expect(ours(run).at(-1)).toMatchObject({
      decision: 'waiting',
      message: expect.stringContaining('No exposure is left'),
    });
    fails = false;
    await run.account.play(8 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(stepsOf(run).node).toBe('done');
    expect(nodeOf(run, id).spec.taints?.map(({ key }) => key)).toContain(TAINT);
  });

  it('until an operator has the worker terminated, who accuses nobody and need not wait for its isolation', async () => {
    const workloads = [{ name: 'cart', replicas: 3, disruptionBudget: { maxUnavailable: 0 } }];
    const policy = { quarantine: { drain: { evict: true, within: '30m' } } };
    const run = await start(scenario(privateFleet({ workloads }, addressed()), policy));
    await run.account.play(4 * MINUTE);
    const { id } = exposedWorker(run);
    ask(run, 'terminate', id);
    await run.account.play(5 * MINUTE);
    expect(outcomes(run).slice(2)).toEqual([
      'acted worker-terminated',
      'waiting quarantine-in-progress',
      'done quarantine-ended',
    ]);
    expect(run.account.fleet.instances.get(id)?.state).toBe('terminated');
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it.each([
    ['webhook', /not evicted \(.*drain-cleaner\.example\.com.* denied the request/],
    ['broken-webhook', /not evicted \(.*failed calling webhook "policy\.example\.com"/],
  ])(
    'though a %s refuses the evictions of some: the others leave, and it is told which words keep those',
    async (refusesEvictions, words) => {
      const kafka = { name: 'kafka', replicas: 6, refusesEvictions };
      const workloads = [kafka, { name: 'cart', replicas: 6 }];
      const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
      await run.account.play(20 * MINUTE);
      const worker = ours(run).find(({ reason }) => reason === 'quarantined')?.instance ?? '';
      const name = nodeOf(run, worker).metadata.name;
      const left = run.account.kubernetes.objects('shop', 'pods') as unknown as Array<{
        metadata: { name: string; namespace: string };
        spec: { nodeName: string };
      }>;
      const names = left.filter(({ spec, metadata }) => spec.nodeName === name && metadata.namespace === 'default');
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((pod) => pod.metadata.name.startsWith('cart'))).toEqual([]);
      expect(stepsOf(run).evict).toMatch(words);
    },
  );

  it('though its rights are missing for some pods: the others leave', async () => {
    const handle = ClusterApi.prototype.handle;
    vi.spyOn(ClusterApi.prototype, 'handle').mockImplementation(function (this: ClusterApi, request, authorize) {
      const { subresource, name = '' } = request;
      if (subresource === 'eviction' && name.startsWith('kafka')) {
        throw new StatusError(403, 'Forbidden', `pods "${name}" is forbidden: User "q" cannot create pods/eviction`);
      }
      return handle.call(this, request, authorize);
    });
    const workloads = ['kafka', 'cart'].map((name) => ({ name, replicas: 6 }));
    const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
    await run.account.play(20 * MINUTE);
    const worker = ours(run).find(({ reason }) => reason === 'quarantined')?.instance ?? '';
    const pods = run.account.kubernetes.objects('shop', 'pods') as unknown as Array<{
      metadata: { name: string };
      spec: { nodeName: string };
    }>;
    const left = pods.filter(({ spec }) => spec.nodeName === nodeOf(run, worker).metadata.name);
    expect(left.filter(({ metadata }) => metadata.name.startsWith('kafka'))).not.toEqual([]);
    expect(left.filter(({ metadata }) => metadata.name.startsWith('cart'))).toEqual([]);
    expect(stepsOf(run).evict).toMatch(/^skipped: The Kubernetes API of shop answered 403: .*pods\/eviction/);
  });

  it.each(['POST pods/eviction', 'GET pods'])('once an overloaded cluster does %s again', async (operation) => {
    const fault = { function: 'quarantine-workers', operation, as: 'throttled' as const, until: 4 * MINUTE };
    const workloads = [{ name: 'cart', replicas: 6 }];
    const faults = { refusals: [fault] };
    const run = await start(scenario(privateFleet({ workloads }, addressed()), evict, { faults }));
    await run.account.play(15 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'waiting draining', 'done quarantined']);
    expect(stepsOf(run)).toMatchObject({ node: 'done', evict: 'done' });
  });

  it('until the deadline, when a budget lets none go: then it is isolated all the same, and said so', async () => {
    const workloads = [{ name: 'cart', replicas: 3, disruptionBudget: { maxUnavailable: 0 } }];
    const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
    await run.account.play(4 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'waiting draining']);
    await run.account.play(6 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(ours(run).at(-1)?.message).toMatch(
      /Its pods were not evicted\. Out of time: .* held back by disruption budgets/,
    );
    expect(stepsOf(run).evict).toContain('held back by disruption budgets');
    expect(run.account.fleet.networks.isReachable(exposedWorker(run).id)).toBe(false);
  });
});

it('an admission webhook that holds evictions keeps no exposed worker open, and the function within its time', async () => {
  const workloads = [{ name: 'cart', replicas: 200 }];
  const run = await start(scenario(privateFleet({ workloads }, addressed()), evict));
  await run.account.play(MINUTE);
  // Each is answered in time: one after the other they would take longer than the function may.
  run.account.kubernetes.hold('shop', { requests: /^POST .*eviction/, ms: 9_000 });
  await run.account.play(14 * MINUTE);
  expect(run.errors).toEqual([]);
  expect(outcomes(run)).toContain('done quarantined');
  expect(run.account.fleet.networks.isReachable(exposedWorker(run).id)).toBe(false);
  expect(stepsOf(run).evict).toContain('The Kubernetes API of shop is too slow');
});

describe('a cluster that does not let the function in', () => {
  it.each<[string, object]>([
    ['without an access entry', { accessEntries: [] }],
    ['that forbids it', { rbacApplied: false }],
    ['that cannot be reached', { endpointPublicAccess: false }],
    ['that knows no access entries', { authenticationMode: 'CONFIG_MAP', accessEntries: [] }],
  ])('%s keeps its node as it is: that is said, and everything else is done', async (_what, cluster) => {
    for (const policy of [{}, evict]) {
      const run = await start(scenario(privateFleet({}, addressed(), cluster), policy));
      await run.account.play(MINUTE);
      const worker = run.account.fleet.instances.list()[0]!;
      const before = nodeOf(run, worker.id);
      await run.account.play(15 * MINUTE);
      expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
      expect(stepsOf(run).node).toMatch(/^skipped: ./);
      expect(ours(run).at(-1)?.message).toContain('Its node is not cordoned: The ');
      expect(changeable(nodeOf(run, worker.id))).toEqual(changeable(before));
      expect(stateOf(run, worker.id)).toMatchObject({ addresses: [[[], []]], lifecycle: 'Standby' });
    }
  });
});

/** The target groups that have the worker as a target that is not draining. */
const targetsOf = ({ account: { fleet } }: Run, id: string): string[] => {
  const ips = fleet.networks.interfaces.of(id).flatMap(({ privateIps }) => privateIps);
  return fleet.targetGroups
    .list()
    .flatMap(({ name, targets }) =>
      [...targets.values()]
        .filter((target) => (target.id === id || ips.includes(target.id)) && target.goneAt === undefined)
        .map((target) => `${name} ${target.id}:${target.port} ${target.quicServerId ?? ''}`),
    )
    .sort();
};

describe('target groups', () => {
  it.each([
    ['attached to its Auto Scaling group', { attached: true }],
    ['of instances', {}],
    ['of addresses', { type: 'ip' }],
    ['that no listener uses', { used: false }],
    ['of QUIC', { quic: true }],
  ])('%s lose the worker, and get it back', async (_what, targetGroup) => {
    const targetGroups = [{ name: 'web', ...targetGroup }];
    const run = await start(scenario(privateFleet({ targetGroups }, addressed())));
    await run.account.play(MINUTE);
    const worker = run.account.fleet.instances.list()[0]!;
    const before = targetsOf(run, worker.id);
    expect(before).toHaveLength(1);
    await run.account.play(5 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(targetsOf(run, worker.id)).toEqual([]);
    ask(run, 'release', worker.id);
    await run.account.play(5 * MINUTE);
    expect(targetsOf(run, worker.id)).toEqual(before);
  });
});

describe('workers that EKS does not manage', () => {
  const pools = { karpenterNodePools: [{ name: 'spot', size: 3 }] };
  const groups = {
    selfManagedGroups: [
      { name: 'own', size: 3, maxSize: 6, imageId: 'ami-0123456789abcdef0', targetGroups: [{ name: 'own' }] },
    ],
  };

  it.each<[string, object, object, string | undefined]>([
    ['of Karpenter', pools, { karpenterNodePool: 'spot' }, undefined],
    ['of an Auto Scaling group', groups, { selfManagedGroup: 'own' }, 'Standby'],
  ])('%s are isolated and released as well', async (_what, cluster, where, lifecycle) => {
    const run = await start(scenario(privateFleet({ desiredSize: 1 }, addressed(where), cluster)));
    await run.account.play(2 * MINUTE - 1);
    const states = new Map(
      run.account.fleet.instances.list().map(({ id }) => [id, { ...stateOf(run, id), targets: targetsOf(run, id) }]),
    );
    await run.account.play(10 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
    const worker = exposedWorker(run);
    expect(stateOf(run, worker.id).lifecycle).toBe(lifecycle);
    expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
    ask(run, 'release', worker.id);
    // Karpenter takes the worker for drifted until it has looked again.
    await run.account.play(12 * MINUTE);
    expect(outcomes(run)).toContain('done released');
    expect({ ...stateOf(run, worker.id), targets: targetsOf(run, worker.id), addresses: [] }).toEqual({
      ...states.get(worker.id),
      addresses: [],
    });
  });
});
