import { describe, expect, it } from 'vitest';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import type { NextVersion } from '../model/control-plane.ts';
import { HOUR, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { decide } from './decide.ts';

const OLD = '1.33.12-20260625';
const OWN = '1.33.13-20260714';
const NEXT = '1.34.2-20260716';
const FOLLOWING = `${NEXT} for Kubernetes 1.34`;
const settled = { kind: 'control-plane' as const, isRolledBack: false, isUpgraded: true, since: NOW - 240 * HOUR };

/**
 * A group that insights keep from following its control plane, while a newer release of its own version is on offer.
 */
const held = (change: Partial<NextVersion> = {}, more: Partial<NodeGroupView> = {}): NodeGroupView =>
  nodeGroup({
    cluster: { status: 'ACTIVE', version: '1.34', tags: {} },
    releaseVersion: OLD,
    nodes: [],
    target: targeting(NOW - 48 * HOUR, OWN),
    next: {
      version: '1.34',
      target: targeting(NOW - 48 * HOUR, NEXT),
      controlPlane: settled,
      insights: [{ name: 'APIs', why: 'used' }],
      ...change,
    },
    ...more,
  });
const ruled = (kind: 'approved' | 'rejected', target = FOLLOWING): Partial<NodeGroupState> => ({
  proposal: { target, at: NOW - HOUR, ruling: { kind, id: 'r', at: NOW - HOUR, requestedBy: 'jo', why: 'tested' } },
});
const decided = (view: NodeGroupView, state: Partial<NodeGroupState>, upgrades: object = {}) =>
  decide(observation(view, state), { policy: policyOf({ upgrades }), now: NOW, account: '111122223333', slots: {} });
const upgrade = { releaseVersion: OWN, attempt: 1, requestedAt: NOW - HOUR, updateId: 'u-1' };

describe('what was ruled on following a control plane stands', () => {
  it.each<[string, NodeGroupView, Partial<NodeGroupState>, string]>([
    ['while a release of the present version bakes', held({}, { target: targeting(NOW, OWN) }), {}, 'baking'],
    ['while the group moves to one', held(), {}, 'upgrade-started'],
    [
      'while that is followed',
      held({}, { status: 'UPDATING', update: { kind: 'in-progress', updateId: 'u-1' } }),
      { upgrade },
      'upgrade-in-flight',
    ],
    [
      'once that has ended',
      held({}, { releaseVersion: OWN, update: { kind: 'successful', updateId: 'u-1' } }),
      { upgrade },
      'upgraded',
    ],
    [
      'while the control plane is being changed, and there is nothing else to do',
      held(
        { controlPlane: { ...settled, changing: { type: 'VersionRollback', updateId: 'u' } } },
        { releaseVersion: OWN },
      ),
      {},
      'up-to-date',
    ],
  ])('%s', (_what, view, state, reason) => {
    for (const kind of ['approved', 'rejected'] as const) {
      const before = ruled(kind);
      expect(decided(view, { ...before, ...state })).toMatchObject({ reason, ...before });
    }
  });
});

describe('an approval ends, and that is told,', () => {
  it('where a release of the present version is proposed in its place', () => {
    const proposing = decided(held(), ruled('approved'), { mode: 'observe' });
    expect(proposing).toMatchObject({ reason: 'would-upgrade', proposal: { target: OWN } });
    expect(proposing.message).toContain(`The approval of ${FOLLOWING} (jo: tested) has ended: something else is due.`);
  });

  it('where a newer release of the next version has baked', () => {
    const later = '1.34.3-20260718';
    const { proposal, message } = decided(held({ target: targeting(NOW - 48 * HOUR, NEXT, later) }), ruled('approved'));
    expect(proposal).toBeUndefined();
    expect(message).toContain(`The approval of ${FOLLOWING} (jo: tested) has ended`);
  });

  it('and not where it is carried out', () => {
    const { reason, message, proposal } = decided(held({ insights: [] }), ruled('approved'));
    expect([reason, proposal]).toEqual(['upgrade-started', undefined]);
    expect(message).not.toContain('has ended');
    const own = decided(held(), ruled('approved', OWN), { approval: 'required' });
    expect([own.reason, own.proposal]).toEqual(['upgrade-started', undefined]);
  });
});
