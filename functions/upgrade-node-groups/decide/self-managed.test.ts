import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { NEW_NODE_GROUP } from '../../shared/ledger/node-group-ledger.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { failuresOf, managedRollouts } from '../../shared/rollouts/all-groups.ts';
import { HOUR, NOW, observation } from '../model/observation.fixture.ts';
import { plan } from '../plan/plan.ts';
import { policyOf } from '../policy.fixture.ts';

const [OLD, NEW] = ['ami-0aaaaaaaaaaaaaaaa', 'ami-0bbbbbbbbbbbbbbbb'];
const ROLLOUT = policyOf({
  upgrades: { waves: ['canary', 'prod'], bakeBetween: '24h', breaker: { release: 1 } },
  overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
});
const policy = { ...ROLLOUT, version: 8 };
const GROUP = 'canary/self-managed:web';
const runs = (imageId: string, hours: number, more: Partial<Progress> = {}): RefreshState => ({
  outcomes: 1,
  revision: 1,
  progress: {
    pair: 'CUSTOM',
    runs: { releaseVersion: imageId, since: NOW - hours * HOUR },
    images: [OLD, NEW],
    imagesSince: NOW - 90 * HOUR,
    health: 'well',
    seenAt: NOW - HOUR,
    ...more,
  },
});
const proposed = (leftUnder: number) => runs(OLD, 90, { isProposed: true, leftUnder });
const refresh = { target: NEW, from: { version: '3', imageId: OLD }, at: NOW - HOUR, attempt: 1 };
const failures = { target: NEW, count: 1, resumed: 0 };

describe('a managed node group of a later wave', () => {
  const key = { cluster: 'prod', nodegroup: 'own' };
  const entryWith = (state: RefreshState, pair = 'CUSTOM', releaseVersion = NEW, wave = 1) =>
    managedRollouts({ managed: new Map(), selfManaged: new Map([[GROUP, state]]) }, policy).entryOf(
      key,
      wave,
      { pair, releaseVersion },
      24 * HOUR,
      NOW,
    ).kind;

  it.each<[string, RefreshState, string]>([
    ['waits for a self-managed group of an earlier one', runs(OLD, 90), 'unfinished'],
    ['waits while one is refreshed', { ...runs(OLD, 90), refresh }, 'unfinished'],
    ['waits until the AMI has run there long enough', runs(NEW, 23), 'baking'],
    ['goes on then', runs(NEW, 25), 'open'],
    ['is stopped by a refresh that failed', { ...runs(OLD, 90), failures }, 'stopped'],
    ['does not wait for one that is left alone', runs(OLD, 90, { isLeftAlone: true }), 'open'],
    ['does not wait for one of which refreshes are only proposed', proposed(8), 'open'],
    ['waits for one of which a former policy only had refreshes proposed', proposed(7), 'unfinished'],
    ['does not wait for one to which other AMIs come', runs('ami-0c', 90, { images: ['ami-0c'] }), 'open'],
  ])('%s', (_what, state, expected) => expect(entryWith(state)).toBe(expected));

  it('takes releases of Amazon’s AMIs whatever self-managed groups run', () => {
    expect(entryWith(runs(OLD, 90), '1.33/AL2023_x86_64_STANDARD', '1.33.13-20260714')).toBe('open');
  });

  it('goes after a self-managed group that is the first of its wave', () => {
    expect(entryWith({ ...runs(OLD, 90), refresh }, 'CUSTOM', NEW, 0)).toBe('alone');
  });
});

it('what is found of a self-managed group itself changes nothing of how its refreshes stand', () => {
  const groups = { managed: new Map(), selfManaged: new Map([[GROUP, { ...runs(OLD, 90), setbacks: [failedAt] }]]) };
  const view = { kind: 'unmanaged' as const, reason: 'self-managed' as const, message: 'It is.', nodes: [] };
  const seen = observation(view, NEW_NODE_GROUP, { cluster: 'canary', nodegroup: 'self-managed:web' });
  const rollouts = managedRollouts(groups, policy);
  const fleetFailures = failuresOf(groups, policy);
  const planned = plan([seen], { policy, now: NOW, account: '111122223333', slots: {}, rollouts, fleetFailures });
  expect(planned.rollouts?.memberOf(subjectOf(seen.key))).toMatchObject({ wave: 0, progress: { images: [OLD, NEW] } });
  expect(planned.fleetFailures).toEqual(fleetFailures);
});
const failedAt = { cause: 'RollbackSuccessful', releaseVersion: NEW, count: 1, lastAt: NOW - HOUR };
