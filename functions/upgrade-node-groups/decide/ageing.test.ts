import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishGauges } from '../gauges.ts';
import { HOUR, NOW, nodeGroup, observation, unreadable } from '../model/observation.fixture.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { oldestLaunchOf } from './ageing.ts';
import { decide } from './decide.ts';

const DAY = 24 * HOUR;
const RUNS = 'amazon-eks-node-al2023-x86_64-standard-1.33-v20260625';

const decided = (days: readonly number[], upgrades: object = {}, view: Partial<NodeGroupView> = {}) => {
  const nodes = days.map((age) => ({ imageName: RUNS, launchedAt: NOW - age * DAY }));
  const circumstances = { policy: policyOf({ upgrades }), now: NOW, account: '111122223333', slots: {} };
  return decide(observation(nodeGroup({ nodes, ...view })), circumstances);
};
const SHUT = { windows: [{ cron: '0 3 * * *', duration: '1h' }] };

describe('the age of nodes', () => {
  it.each([
    ['a window', SHUT, {}, 'outside-change-window'],
    ['an opt-out', {}, { tags: { 'eks-host-remediator:ignore': 'true' } }, 'opted-out'],
    ['the bake time', { bakeAge: '9d' }, {}, 'baking'],
    ['an approval', { mode: 'observe' }, {}, 'would-upgrade'],
  ])('is told with what keeps a node group as it is: %s', (_, upgrades, view, reason) => {
    const told = decided([50, 3], upgrades, view);
    expect(told.reason).toBe(reason);
    expect(told.message).toContain('1 of 2 nodes is older than upgrades.maxAge allows.');
    expect(told.message).toContain('50 days ago');
    expect(told.details).toMatchObject({ oldNodes: 1, oldestNodeLaunchedAt: '2026-05-31T12:00:00.000Z' });
    expect(decided([44, 3], upgrades, view).message).not.toContain('maxAge');
  });

  it('is none of a node group that is being moved', () => {
    expect(decided([400]).reason).toBe('upgrade-started');
    expect(decided([400]).message).not.toContain('maxAge');
  });

  it('is told by the policy that holds there', () => {
    expect(decided([50], { ...SHUT, maxAge: '60d' }).message).not.toContain('maxAge');
    expect(decided([8], { ...SHUT, maxAge: '7d' }).message).toContain('8 days ago');
  });

  it('is told once, and once more whenever it has doubled, however often it is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 5 }), (ages) => {
        const oldest = Math.max(...ages);
        const days = Array.from({ length: 200 }, (_, day) => day - oldest).filter((day) => day + oldest >= 0);
        const variants = new Set(
          days.map(
            (day) =>
              decided(
                ages.map((age) => Math.max(0, age + day)),
                SHUT,
              ).variant,
          ),
        );
        const last = Math.max(...days) + oldest;
        expect(variants.size).toBe(last < 45 ? 1 : 2 + Math.floor(Math.log2(last / 45)));
      }),
      { numRuns: 5 },
    );
  });

  it.each(['self-managed', 'karpenter'] as const)('is told of nodes that nobody upgrades here, too: %s', (reason) => {
    const nodes = [50, 3].map((age) => ({ launchedAt: NOW - age * DAY }));
    const circumstances = { policy: policyOf(), now: NOW, account: '111122223333', slots: {} };
    const view = { kind: 'unmanaged', reason, message: 'Somebody else sees to it.' } as const;
    const told = decide(observation({ ...view, nodes }), circumstances);
    expect(told).toMatchObject({ decision: 'skipped', reason, variant: 'aged 0', details: { oldNodes: 1 } });
    expect(told.message).toMatch(/^Somebody else sees to it\. 1 of 2 nodes is older/);
    expect(decide(observation(view), circumstances).message).toBe(view.message);
  });

  it('is not guessed where EC2 does not tell it', () => {
    expect(decided([], SHUT, { nodes: [{ imageName: RUNS }] }).message).not.toContain('maxAge');
  });
});

describe('the age of the fleet', () => {
  const seen = (...days: readonly number[]) =>
    observation(nodeGroup({ nodes: days.map((age) => ({ launchedAt: NOW - age * DAY })) }));
  const publishedFor = (observations: ReadonlyArray<ReturnType<typeof observation>>) => {
    const published: number[] = [];
    const ignore = () => undefined;
    const note = (_kind: string, { oldestNodeDays }: Readonly<Record<string, string | number>>) =>
      void published.push(Number(oldestNodeDays));
    const circumstances = { policy: policyOf(), now: NOW, account: '111122223333', slots: {} };
    const decided = observations.map((each) => ({ observation: each, decision: decide(each, circumstances) }));
    publishGauges({ count: ignore, gauge: ignore, note }, decided, {}, NOW);
    return published;
  };

  it('is that of its oldest node, in whole days', () => {
    expect(publishedFor([seen(3, 50.9), seen(8)])).toEqual([50]);
    const pool = {
      kind: 'unmanaged',
      reason: 'karpenter',
      message: 'm',
      nodes: [{ launchedAt: NOW - 90 * DAY }],
    } as const;
    expect(publishedFor([seen(3), observation(pool)])).toEqual([90]);
  });

  it('is not logged where no node was observed, which is not an age of zero', () => {
    expect(publishedFor([seen(), observation(unreadable())])).toEqual([]);
    expect(oldestLaunchOf([observation(nodeGroup({ nodes: [{}] }))])).toBeUndefined();
  });
});
