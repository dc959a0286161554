import { describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import { rolloutsOf } from '../../shared/rollouts/waves.ts';
import {
  circumstances,
  HOUR,
  image,
  member,
  NEW,
  NOW,
  OLD,
  policyWith,
  said,
  seen,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import type { Policy } from '../policy.ts';
import { decide } from './decide.ts';

const whole = policyWith(
  {},
  {
    upgrades: { waves: ['canary', 'prod'], bakeBetween: '24h' },
    overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
  },
);
const key = (cluster: string) => ({ cluster, nodegroup: 'self-managed:web' });
const order = {
  launchedBefore: NOW - 10 * HOUR,
  why: 'They do not trust the newest authority.',
  until: NOW + HOUR,
  lateFrom: NOW + HOUR,
};
const late = { ...order, lateFrom: NOW };
const old = { members: [member('i-1', { launchedAt: NOW - 20 * HOUR })] };
const runs = (imageId: string): Progress => ({
  pair: 'CUSTOM',
  runs: { releaseVersion: imageId, since: NOW - 90 * HOUR },
  images: [OLD, NEW],
  health: 'well',
  seenAt: NOW - HOUR,
});
const others = (state: Partial<OrderedGroup['state']>, wave = 0): OrderedGroup[] => [
  { key: key('canary'), wave, state: { isUnderWay: false, ...state } },
];

/** What a group with an order does. The group of the earlier wave has long run a newer AMI, which passed this one over. */
function here(cluster: string, replacements: OrderedGroup[] | undefined, more: Partial<Observation> = {}) {
  const canary = { key: key('canary'), wave: 0, progress: runs(NEW) };
  const rollouts = rolloutsOf(new Map([['canary/self-managed:web', canary]]));
  const observation = seen({ key: key(cluster), wanted: { kind: 'named', candidates: [] }, order, ...more }, old);
  const policy = policyHere(whole, observation) as Policy;
  return decide(observation, circumstances(policy, { rollouts, ...(replacements && { replacements }) }));
}

describe('the turn of a group whose workers are replaced with the same AMI', () => {
  it('does not depend on the release that groups of earlier waves run', () => {
    expect(said(here('prod', []))).toBe('acted refresh-started');
  });

  it.each<[string, Partial<OrderedGroup['state']>]>([
    ['that nobody has looked at', {}],
    ['that waits for its window', { reason: 'refresh-outside-window' }],
    ['whose refresh has failed', { reason: 'refresh-halted' }],
    ['that is being refreshed', { isUnderWay: true, reason: 'template-is-code' }],
  ])('comes after a group of an earlier wave %s', (_, state) => {
    const decision = here('prod', others(state));
    expect([said(decision), decision.message]).toEqual([
      'waiting earlier-wave',
      expect.stringContaining('It waits for wave canary: canary/self-managed:web '),
    ]);
    expect(said(here('prod', others(state, 1)))).toBe('acted refresh-started');
    expect(said(here('canary', others(state)))).toBe('acted refresh-started');
  });

  it.each(['template-is-code', 'nobody-drains', 'opted-out', 'would-refresh', 'proposal-rejected', 'group-is-mixed'])(
    'does not come after one that somebody must help first: %s',
    (reason) => expect(said(here('prod', others({ reason })))).toBe('acted refresh-started'),
  );

  it('has not come where nobody knows of the others', () => {
    expect(said(here('prod', undefined))).toBe('waiting earlier-wave');
    expect(said(here('canary', undefined))).toBe('acted refresh-started');
  });
});

describe('a replacement that is late', () => {
  it('is told with what keeps it, once more', () => {
    const waiting = others({ reason: 'refresh-outside-window' });
    const [before, then] = [here('prod', waiting), here('prod', waiting, { order: late })];
    expect(before.message).not.toContain('late');
    expect(then.message).toMatch(
      /^It waits for wave canary: .* This keeps 1 worker from being replaced, and that is late by now\. They do not trust/,
    );
    expect([then.reason, then.variant]).toEqual([before.reason, `${before.variant} late`]);
  });

  it('waits no longer for a newer AMI that does not come', () => {
    const wanted = { kind: 'named' as const, candidates: [{ image: image(NEW, 48 * HOUR) }] };
    const halted = { outcomes: 1, revision: 1, failures: { target: NEW, count: 1, resumed: 0 } };
    expect(said(here('canary', [], { wanted, state: halted }))).toBe('refused refresh-halted');
    const instead = here('canary', [], { wanted, state: halted, order: late });
    expect([said(instead), instead.memory.refresh]).toEqual([
      'acted refresh-started',
      expect.objectContaining({ target: OLD, replaces: order.launchedBefore }),
    ]);
    const comes = here('canary', [], { wanted, order: late });
    expect(comes.memory.refresh?.target).toBe(NEW);
  });
});
