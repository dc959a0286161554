import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Contender } from '../../shared/ledger/turn-order.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  HOUR,
  NOW,
  need,
  nodeGroup,
  nodesOn,
  observation,
  slotsOf,
  unreadable,
} from '../model/observation.fixture.ts';
import { plan } from './plan.ts';

const policy = parsePolicy('{}', 'enforce');
const circumstances = { policy, now: NOW, account: '111122223333', slots: {} };
const inCluster = (cluster: string, nodegroup: string, state = {}, view = {}) =>
  observation(nodeGroup(view), state, { cluster, nodegroup });

describe('plan', () => {
  it('gives a freed slot to the next one in the same reconcile', () => {
    const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW - HOUR, updateId: 'u-1' };
    const ended = {
      update: { kind: 'successful', updateId: 'u-1' },
      releaseVersion: '1.33.13-20260714',
      nodes: nodesOn('1.33.13-20260714', 2),
    };
    const slots = slotsOf({ 'shop/b': 'shop' });
    const observations = [inCluster('shop', 'a'), inCluster('shop', 'b', { upgrade }, ended)];
    const { decided, slots: after } = plan(observations, { ...circumstances, slots });
    expect(decided.map(({ decision }) => decision.reason)).toEqual(['upgraded', 'upgrade-started']);
    expect(Object.keys(after)).toEqual(['shop/a']);
  });

  it('lets the oldest running release go first, then the longest waiting, then the name', () => {
    const waiting = (since: number) => ({ reason: 'account-concurrency', since });
    const order = plan(
      [
        inCluster('a', 'x'),
        inCluster('b', 'x', {}, { releaseVersion: '1.33.10-20260403' }),
        inCluster('c', 'x', waiting(NOW - HOUR)),
        inCluster('d', 'x', waiting(NOW - 2 * HOUR)),
        inCluster('0', 'x'),
      ],
      circumstances,
    ).decided.map(({ observation: { key } }) => key.cluster);
    expect(order).toEqual(['b', 'd', 'c', '0', 'a']);
  });

  it('lets who has failed go after all that have not been tried, however old its release and long its wait', () => {
    const failures = { releaseVersion: '1.33.13-20260714', count: 1, lastAt: NOW - 24 * HOUR };
    const failed = { failures, reason: 'account-concurrency', since: NOW - 2 * HOUR };
    const order = plan(
      [
        inCluster('a', 'x', failed, { releaseVersion: '1.33.10-20260403' }),
        inCluster('b', 'x'),
        inCluster('c', 'x', { reason: 'outside-change-window', since: NOW - HOUR }),
        inCluster('d', 'x', { failures: { ...failures, forgotten: 1 } }),
        inCluster('e', 'x', { failures: { ...failures, releaseVersion: '1.33.12-20260610' } }),
      ],
      circumstances,
    ).decided.map(({ observation: { key } }) => key.cluster);
    // A newer release brings no group back to the front.
    expect(order).toEqual(['c', 'b', 'd', 'a', 'e']);
  });

  describe('who is not at hand', () => {
    const other = (nodegroup: string, published: number, more: Partial<Contender> = {}): Contender => ({
      key: { cluster: 'shop', nodegroup },
      subject: `shop/${nodegroup}`,
      isHastened: false,
      turn: { published, mayStartAt: NOW - HOUR, hasFailed: false },
      since: undefined,
      ...more,
    });
    const [OLDER, NEWER] = [Date.parse('2026-05-01'), Date.parse('2026-07-01')];

    it('goes first if it runs an older release, and is named', () => {
      const { decided, hasYielded, slots } = plan([inCluster('shop', 'a')], circumstances, [other('z', OLDER)]);
      expect(decided).toMatchObject([
        { decision: { reason: 'cluster-concurrency', message: expect.stringContaining('shop/z (next)') } },
      ]);
      expect({ hasYielded, slots }).toEqual({ hasYielded: true, slots: {} });
    });

    it.each<[string, Contender]>([
      ['runs a newer one', other('z', NEWER)],
      ['has failed', other('z', OLDER, { turn: { published: OLDER, mayStartAt: NOW, hasFailed: true } })],
      ['has no room in its own cluster', { ...other('z', OLDER), key: { cluster: 'full', nodegroup: 'z' } }],
    ])('holds nobody up if it %s', (_what, contender) => {
      const slots = slotsOf({ 'full/y': 'full' });
      const { decided, hasYielded } = plan([inCluster('shop', 'a')], { ...circumstances, slots }, [contender]);
      expect(decided).toMatchObject([{ decision: { reason: 'upgrade-started' } }]);
      expect(hasYielded).toBe(false);
    });

    it('takes only the room that it needs', () => {
      const roomy = {
        ...circumstances,
        policy: parsePolicy('{"upgrades":{"concurrency":{"perCluster":2}}}', 'enforce'),
      };
      const { decided } = plan([inCluster('shop', 'a')], roomy, [other('z', OLDER)]);
      expect(decided).toMatchObject([{ decision: { reason: 'upgrade-started' } }]);
    });
  });

  it('counts updates of somebody else, in the cluster and the account, and what hangs only in its cluster', () => {
    const foreign = inCluster('shop', 'a', {}, { status: 'UPDATING', foreign: { updateId: 'u-9', since: NOW - HOUR } });
    const { decided, slots } = plan([foreign, inCluster('shop', 'b')], circumstances);
    expect(decided.map(({ decision }) => decision.reason)).toEqual(['update-in-progress', 'cluster-concurrency']);
    expect(slots).toMatchObject({ 'shop/a': { cluster: 'shop', foreign: true } });
    const ended = plan([inCluster('shop', 'a'), inCluster('shop', 'b')], { ...circumstances, slots });
    expect(ended.decided.map(({ decision }) => decision.reason)).toEqual(['upgrade-started', 'cluster-concurrency']);

    const stuck = inCluster(
      'shop',
      'a',
      {},
      { status: 'UPDATING', foreign: { updateId: 'u-9', since: NOW - 99 * HOUR } },
    );
    const one = parsePolicy('{"upgrades":{"concurrency":{"perAccount":1}}}', 'enforce');
    const held = plan([stuck, inCluster('shop', 'b'), inCluster('other', 'c')], { ...circumstances, policy: one });
    expect(held.decided.map(({ decision }) => decision.reason)).toEqual([
      'update-stuck',
      'upgrade-started',
      'cluster-concurrency',
    ]);
  });

  it('lets urgent findings go before all, and others not', () => {
    const waiting = { reason: 'account-concurrency', since: NOW - HOUR };
    const observations = [
      inCluster('a', 'x', waiting),
      { ...inCluster('b', 'x'), need: need({ urgency: 'normal' }) },
      { ...inCluster('c', 'x'), need: need() },
    ];
    const orderBy = (document: object) =>
      plan(observations, { ...circumstances, policy: parsePolicy(JSON.stringify(document), 'enforce') }).decided.map(
        ({ observation: { key } }) => key.cluster,
      );
    expect(orderBy({})).toEqual(['c', 'a', 'b']);
    expect(orderBy({ findings: { mode: 'observe' } })).toEqual(['a', 'b', 'c']);
  });

  it('renews a slot only at half time, so that following costs no write', () => {
    const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW - HOUR, updateId: 'u-1' };
    const update = { kind: 'in-progress', updateId: 'u-1', replaced: 0, desired: 1 };
    const seen = [inCluster('shop', 'a', { upgrade }, { status: 'UPDATING', update })];
    const fresh = { 'shop/a': { cluster: 'shop', expiresAt: NOW + 2 * HOUR } };
    expect(plan(seen, { ...circumstances, slots: fresh }).slots).toBe(fresh);
    const worn = { 'shop/a': { cluster: 'shop', expiresAt: NOW + HOUR } };
    expect(plan(seen, { ...circumstances, slots: worn }).slots['shop/a']?.expiresAt).toBe(NOW + 3 * HOUR);
  });

  it('counts what may be running before it starts what never began, even if that holds no slot any more', () => {
    const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW - HOUR };
    const neverBegan = inCluster('shop', 'a', { upgrade }, { update: { kind: 'absent' } });
    const hidden = observation(unreadable(), { upgrade }, { cluster: 'shop', nodegroup: 'b' });
    const { decided } = plan([neverBegan, hidden], circumstances);
    expect(decided.map(({ decision }) => decision.reason)).toEqual(['unreadable', 'cluster-concurrency']);
  });

  it('never takes more slots than the policy allows, whatever is seen at once and whoever holds slots already', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(arbitraryObservation, { selector: ({ key }) => subjectOf(key), maxLength: 16 }),
        arbitraryPolicy,
        fc.uniqueArray(fc.constantFrom('c0/a', 'c0/b', 'c1/a', 'c2/d', 'c3/c'), { maxLength: 5 }),
        (observations, document, holders) => {
          const slots = slotsOf(Object.fromEntries(holders.map((subject) => [subject, subject.slice(0, 2)])));
          const { decided, slots: after } = plan(observations, { ...circumstances, policy: document, slots });
          const started = decided.filter(({ decision }) => decision.start !== undefined);
          if (isInvalid(document)) {
            expect(started).toEqual([]);
            return;
          }
          const { perCluster, perAccount } = document.upgrades.concurrency;
          for (const { observation: seen } of started) {
            const { cluster } = seen.key;
            expect(Object.values(after).filter((slot) => slot.cluster === cluster).length).toBeLessThanOrEqual(
              perCluster,
            );
            expect(Object.keys(after).length).toBeLessThanOrEqual(perAccount);
            expect(after).toHaveProperty([subjectOf(seen.key)]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
