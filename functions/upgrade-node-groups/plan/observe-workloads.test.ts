import { expect, it } from 'vitest';
import type { Unwell } from '../../shared/gates/workload-gate.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { machineImage } from '../../shared/releases/machine-image.fixture.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import { HOUR, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { observeWorkloads } from './observe-workloads.ts';
import { plan } from './plan.ts';

const RUNS = '1.33.13-20260714';
const NEXT = '1.34.2-20260716';
/** When the release was first seen: three days ago. */
const SEEN = NOW - 72 * HOUR;

const follower = nodeGroup({
  cluster: { status: 'ACTIVE', version: '1.34', tags: {} },
  releaseVersion: RUNS,
  target: targeting(NOW - 99 * HOUR, RUNS),
  next: {
    version: '1.34',
    target: targeting(SEEN, NEXT),
    controlPlane: { kind: 'control-plane', isRolledBack: false, isUpgraded: true, since: NOW - 240 * HOUR },
    insights: [],
  },
});
const imageData = { templateId: 'lt-1', templateName: 'web', version: 7, tags: {}, data: { ImageId: 'ami-1' } };
const custom = nodeGroup({
  amiType: 'CUSTOM',
  releaseVersion: 'ami-1',
  nodes: [],
  target: { kind: 'none', reason: 'unknown-ami-type', message: '' },
  custom: {
    wanted: { kind: 'named', candidates: [{ image: machineImage({ imageId: 'ami-2', createdAt: SEEN }) }] },
    kubernetesVersion: '1.33',
    present: { kind: 'found', found: machineImage({ imageId: 'ami-1', createdAt: NOW - 900 * HOUR }) },
    template: { kind: 'found', found: imageData },
  },
});
const present = nodeGroup({ target: targeting(SEEN, RUNS) });

const policy = policyOf({
  upgrades: {
    gates: { nodesAndPods: true },
    controlPlane: { mode: 'enforce' },
    image: { mode: 'enforce', templates: 'change' },
    waves: ['canary', 'prod'],
    bakeBetween: '24h',
  },
  overrides: [{ name: 'first', match: { clusters: ['lab*'] }, upgrades: { wave: 'canary' } }],
});

/**
 * Tells which clusters are read for a group, and how the gate stands, where one node has not been Ready since a time.
 */
async function gateOf(view: NodeGroupView, notReadySince: number, states: Record<string, Partial<Progress>> = {}) {
  const runs = { releaseVersion: NEXT, since: NOW - 48 * HOUR };
  const ran: Progress = { pair: '', runs, health: 'well', seenAt: NOW };
  const before = Object.entries(states).map(([subject, progress]): [string, NodeGroupState] => [
    subject,
    { outcomes: 1, progress: { ...ran, ...progress } },
  ]);
  const own = { progress: { ...ran, images: ['ami-1', 'ami-2'], imagesSince: SEEN } };
  const here = { policy, now: NOW, account: '111122223333', slots: {}, rollouts: rolloutsIn(new Map(before), policy) };
  const { decided } = plan([observation(view, own)], here);
  expect(decided.map(({ decision: { reason } }) => reason)).toEqual(['upgrade-started']);
  const read: string[] = [];
  const unwell: Unwell = { kind: 'found', nodes: [{ name: 'n', since: notReadySince }], pods: [] };
  const seen = await observeWorkloads(
    async (cluster) => {
      read.push(cluster);
      return unwell;
    },
    decided,
    here,
  );
  const workloads = seen.get('shop/general')?.workloads;
  return { read, gate: typeof workloads === 'object' ? workloads.reason : workloads };
}

it.each<[string, NodeGroupView]>([
  ['of its own version', present],
  ['of the version that its control plane runs', follower],
  ['that the policy names', custom],
])(
  'what has gone wrong since a release %s was first seen closes the gate, however long ago that is',
  async (_, view) => {
    expect((await gateOf(view, SEEN)).gate).toBe('workload-gate-closed');
    expect((await gateOf(view, SEEN - 1)).gate).toBe('open');
  },
);

it('a follower looks at the clusters where an earlier wave has followed to the same version', async () => {
  const amiType = 'AL2023_x86_64_STANDARD';
  const states = { 'lab/web': { pair: `1.34/${amiType}` }, 'lab-old/web': { pair: `1.32/${amiType}` } };
  expect((await gateOf(follower, SEEN, states)).read).toEqual(['shop', 'lab']);
});
