import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, testAccount } from '../../fleet/test-account.ts';
import type { KarpenterNodes } from './karpenter-nodes.ts';

const RELEASE = '1.33.4-20260701';
const AMI = {
  at: '-15d',
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion: RELEASE,
};

/** A pool of two nodes whose budget lets all be disrupted. `close` gives the first one other security groups. */
function account(pool: object = {}, { pods = 0 }: { readonly pods?: number } = {}) {
  const at = testAccount({
    releases: [AMI],
    clusters: [
      {
        name: 'c',
        version: '1.33',
        nodeGroups: [],
        karpenterNodeClasses: [{ name: 'default', amiSelectorTerms: [{ alias: 'al2023@v20260701' }] }],
        karpenterNodePools: [
          { name: 'p', size: 2, releaseVersion: RELEASE, budgets: [{ nodes: '100%' }], expireAfter: 'Never', ...pool },
        ],
      },
    ],
  });
  const { state } = at;
  const kept = new Set<string>();
  const marked: string[] = [];
  const left = { pods };
  const nodes: KarpenterNodes = {
    isKept: (name) => kept.has(name),
    hasKeptPods: () => left.pods > 0,
    markDisrupted: (name, is) => marked.push(`${name} ${is}`),
    drain: (_name, byForce) => {
      if (byForce) left.pods = 0;
      return left.pods;
    },
  };
  state.eks.karpenterNodes = () => nodes;
  const karpenter = state.karpenter.get('c')!;
  const [worker, other] = karpenter.claimsOf('p');
  const { interfaces, securityGroups } = state.networks;
  const [nic] = interfaces.of(worker!.id);
  const before = [...nic!.securityGroupIds];
  const made = { id: 'sg-0123456789abcdef0', vpcId: worker!.vpcId, name: 'other', description: 'x', tags: new Map() };
  const another = securityGroups.create(made);
  return {
    at,
    state,
    karpenter,
    worker: worker!,
    other: other!,
    kept,
    marked,
    left,
    close: () => interfaces.setSecurityGroups(nic!, [another.id]),
    open: () => interfaces.setSecurityGroups(nic!, before),
    drift: () => karpenter.driftOf(karpenter.pools[0]!, worker!),
  };
}

describe('a node whose security groups somebody changes', () => {
  it('has drifted from the next look on, and is replaced by a new one first', async () => {
    const { at, close, drift, worker, karpenter, marked } = account();
    close();
    expect(drift()).toBeUndefined();
    await at.play(5 * MINUTE_MS);
    expect(drift()).toBe('SecurityGroupDrift');
    expect(marked).toEqual([`${worker.privateDnsName} true`]);
    expect(karpenter.claimsOf('p')).toHaveLength(3);
    await at.play(5 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
    expect(karpenter.claimsOf('p')).toHaveLength(2);
  });

  it('stays while it bears do-not-disrupt, and not a moment longer: it counts as drifted until the next look', async () => {
    const { at, close, open, drift, worker, karpenter, kept } = account();
    kept.add(worker.privateDnsName);
    close();
    await at.play(2 * HOUR_MS);
    expect([drift(), worker.state]).toEqual(['SecurityGroupDrift', 'running']);
    open();
    kept.clear();
    karpenter.nodeChanged();
    await at.play(10 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
  });

  it('stays once a look has seen its former groups', async () => {
    const { at, close, open, drift, worker, karpenter, kept } = account();
    kept.add(worker.privateDnsName);
    close();
    await at.play(10 * MINUTE_MS);
    open();
    await at.play(5 * MINUTE_MS);
    kept.clear();
    karpenter.nodeChanged();
    await at.play(10 * MINUTE_MS);
    expect([drift(), worker.state]).toEqual([undefined, 'running']);
  });

  it('stays while its budget, which it uses up itself when it is not ready, lets no node go', async () => {
    const { at, close, worker, state } = account({ budgets: [{ nodes: '1' }] });
    state.kubelets.stop(worker);
    await at.play(MINUTE_MS);
    close();
    await at.play(HOUR_MS);
    expect(worker.state).toBe('running');
    state.kubelets.start(worker);
    await at.play(10 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
  });

  it('stays while a pod on it may not go, unless a grace period bounds that', async () => {
    const held = account({}, { pods: 1 });
    held.close();
    await held.at.play(2 * HOUR_MS);
    expect(held.worker.state).toBe('running');
    const bounded = account({ terminationGracePeriod: '1h' }, { pods: 1 });
    bounded.close();
    await bounded.at.play(50 * MINUTE_MS);
    expect([bounded.worker.state, bounded.karpenter.deletedAt(bounded.worker)]).toEqual([
      'running',
      expect.any(Number),
    ]);
    await bounded.at.play(30 * MINUTE_MS);
    expect(bounded.worker.state).toBe('terminated');
  });

  it('loses its taint where EC2 has no capacity for the new one, and is replaced once it has', async () => {
    const { at, close, worker, marked } = account({ hasNoCapacityUntil: '+1h' });
    close();
    await at.play(HOUR_MS - 1);
    expect([worker.state, marked.at(-1)]).toEqual(['running', `${worker.privateDnsName} false`]);
    await at.play(15 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
  });
});

describe('what do-not-disrupt does not hold off', () => {
  it('is the expiry of a node, whose pods get a new one', async () => {
    const { at, worker, other, kept, karpenter } = account({ expireAfter: '1h' });
    for (const each of [worker, other]) kept.add(each.privateDnsName);
    await at.play(20 * MINUTE_MS);
    expect([worker.state, other.state]).toEqual(['terminated', 'terminated']);
    expect(karpenter.claimsOf('p')).toHaveLength(2);
  });

  it('is the end of an instance that somebody stops', async () => {
    const { at, worker, kept, state, karpenter } = account();
    kept.add(worker.privateDnsName);
    state.instances.stop(worker, MINUTE_MS, () => {});
    await at.play(10 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
    expect(karpenter.claimsOf('p')).toHaveLength(2);
  });

  it('but protection from termination does, for as long as it lasts: its pods are gone all the same', async () => {
    const { at, worker, other, karpenter } = account({ expireAfter: '400h' });
    worker.disableApiTermination = true;
    await at.play(400 * HOUR_MS);
    expect([worker.state, other.state]).toEqual(['running', expect.not.stringMatching('running')]);
    expect(karpenter.deletedAt(worker)).toEqual(expect.any(Number));
    worker.disableApiTermination = false;
    await at.play(10 * MINUTE_MS);
    expect(worker.state).toBe('terminated');
  });
});

it('an instance whose node does not join within a quarter of an hour ends', async () => {
  const { at, worker, close, karpenter, state } = account();
  close();
  await at.play(5 * MINUTE_MS);
  const added = karpenter.claimsOf('p').at(-1)!;
  const closed = state.networks.securityGroups.create({
    id: 'sg-0fedcba9876543210',
    vpcId: added.vpcId,
    name: 'closed',
    description: 'lets nothing out',
    tags: new Map(),
  });
  state.networks.securityGroups.remove(closed, closed.rules);
  state.networks.interfaces.setSecurityGroups(state.networks.interfaces.of(added.id)[0]!, [closed.id]);
  await at.play(14 * MINUTE_MS);
  expect([added.node, added.state, worker.state]).toEqual(['Joining', 'running', 'running']);
  await at.play(20 * MINUTE_MS);
  expect([added.state, worker.state]).toEqual(['terminated', 'terminated']);
});

it('such an instance under protection ends once that is lifted, though its node has joined by then', async () => {
  const { at, close, karpenter, state, open } = account();
  close();
  await at.play(5 * MINUTE_MS);
  const added = karpenter.claimsOf('p').at(-1)!;
  const [nic] = state.networks.interfaces.of(added.id);
  const former = [...nic!.securityGroupIds];
  const made = { id: 'sg-0fedcba9876543210', vpcId: added.vpcId, name: 'shut', description: 'x', tags: new Map() };
  const closed = state.networks.securityGroups.create(made);
  state.networks.securityGroups.remove(closed, closed.rules);
  state.networks.interfaces.setSecurityGroups(nic!, [closed.id]);
  added.disableApiTermination = true;
  await at.play(HOUR_MS);
  state.networks.interfaces.setSecurityGroups(nic!, former);
  open();
  await at.play(MINUTE_MS);
  expect([added.node, added.state]).toEqual(['Ready', 'running']);
  added.disableApiTermination = false;
  await at.play(10 * MINUTE_MS);
  expect(added.state).toBe('terminated');
});
