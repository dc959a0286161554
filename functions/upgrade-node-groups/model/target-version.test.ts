import { describe, expect, it } from 'vitest';
import { NEW_NODE_GROUP, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { failuresIn } from '../../shared/rollouts/breaker.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import { decide } from '../decide/decide.ts';
import { policyOf } from '../policy.fixture.ts';
import type { Decision } from './decision.ts';
import { HOUR, NOW, nodeGroup, observation } from './observation.fixture.ts';
import type { NodeGroupView } from './observation.ts';

const RELEASE = '1.20.1-7c3e9198';
const policy = policyOf({ upgrades: { stopAfterFailures: 1, breaker: { release: 1 }, waves: ['canary', 'prod'] } });

/** A node group of a system that names its releases the same for every Kubernetes version. */
const bottlerocket = (version: string, more: Partial<NodeGroupView> = {}): NodeGroupView => {
  const { nodes: _, ...view } = nodeGroup({
    cluster: { status: 'ACTIVE', version, tags: {} },
    amiType: 'BOTTLEROCKET_x86_64',
    version,
    releaseVersion: '1.19.0-0c1a2b3d',
    target: targeting(NOW - 48 * HOUR, RELEASE),
    ...more,
  });
  return view;
};

const about = (view: NodeGroupView, state: Partial<NodeGroupState>, fleet: object = {}): Decision => {
  const failures = new Map(Object.entries(fleet)) as Map<string, NodeGroupState>;
  return decide(observation(view, state), {
    policy: policyOf({ upgrades: { stopAfterFailures: 1, breaker: { release: 1 } } }),
    now: NOW,
    account: '111122223333',
    slots: {},
    fleetFailures: failuresIn(failures),
  });
};

/** What is remembered once an attempt has failed within a Kubernetes version. */
const failedAt = (version: string, kubernetesVersion?: string): NodeGroupState => {
  const upgrade = { releaseVersion: RELEASE, attempt: 1, requestedAt: NOW - 30 * 24 * HOUR, updateId: 'u-1' };
  const errors = [{ code: 'PodEvictionFailure', message: 'no' }];
  const view = bottlerocket(version, { update: { kind: 'failed', updateId: 'u-1', errors } });
  const { memory } = decide(
    observation(view, { upgrade: { ...upgrade, ...(kubernetesVersion !== undefined && { kubernetesVersion }) } }),
    { policy, now: NOW - 29 * 24 * HOUR, account: '111122223333', slots: {} },
  );
  return { ...NEW_NODE_GROUP, ...memory };
};

/** A state as it was written before failures remembered the Kubernetes version. */
const former: NodeGroupState = {
  ...NEW_NODE_GROUP,
  failures: { releaseVersion: RELEASE, count: 1, lastAt: NOW - 29 * 24 * HOUR },
  setbacks: [{ cause: 'PodEvictionFailure', releaseVersion: RELEASE, count: 1, lastAt: NOW - 29 * 24 * HOUR }],
};

describe('a failure with a release that is named alike for every Kubernetes version', () => {
  it.each([
    ['within that version', failedAt('1.32'), '1.32', false],
    ['within another one', failedAt('1.32'), '1.33', true],
    ['of a move to that version', failedAt('1.32', '1.33'), '1.33', false],
    ['of which nobody knows the version', former, '1.33', false],
  ])('counts %s for the node group itself, and for others', (_, state, version, starts) => {
    const reasons = (own: string, others: string) => (starts ? ['upgrade-started', 'upgrade-started'] : [own, others]);
    const own = about(bottlerocket(version), state).reason;
    const others = about(bottlerocket(version), {}, { 'other/web': state }).reason;
    expect([own, others]).toEqual(reasons('breaker-tripped', 'held-by-breaker'));
  });

  it('stops the later waves of its Kubernetes version, and of no other', () => {
    const progress = {
      pair: '1.33/BOTTLEROCKET_x86_64',
      runs: { releaseVersion: '1.19.0-0c1a2b3d', since: NOW - 99 * HOUR },
      health: 'well' as const,
      seenAt: NOW,
    };
    const canary = policyOf({
      upgrades: { waves: ['canary', 'prod'] },
      overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
    });
    const entry = (state: NodeGroupState) =>
      rolloutsIn(new Map([['canary/web', { ...state, progress }]]), canary).entryOf(
        { cluster: 'shop', nodegroup: 'web' },
        1,
        { pair: '1.33/BOTTLEROCKET_x86_64', releaseVersion: RELEASE },
        0,
        NOW,
      ).kind;
    expect([failedAt('1.33'), failedAt('1.32', '1.33'), former].map(entry)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(entry(failedAt('1.32'))).toBe('unfinished');
  });
});
