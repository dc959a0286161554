import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sample } from '../../../events/remediation-request.ts';
import type { Proposal } from '../ledger/proposal.ts';
import { type OperatorRequest, rule } from './operator-request.ts';

const AT = Date.parse('2026-07-14T14:00:00Z');
const SECOND = 1000;
const proposal: Proposal = { target: '1.33.13-20260714', at: AT - SECOND };

const request = (action: 'approve' | 'reject', id: string, time = AT): OperatorRequest => ({
  event: { ...sample, id, detail: { ...sample.detail, action, requestedBy: 'alice', why: `for ${id}` } },
  trigger: { id, type: 'Remediation Request', time, redelivered: false },
});

/** The proposal after these requests, in the order of arrival. */
const rulingAfter = (...requests: readonly OperatorRequest[]) =>
  requests.reduce<{ readonly proposal: Proposal }>(
    (state, each) => {
      const requested = rule(state, each);
      return 'refusal' in requested ? state : requested.state;
    },
    { proposal },
  ).proposal.ruling;

describe('rule', () => {
  const [approve, reject] = [request('approve', 'a'), request('reject', 'b', AT + 5 * SECOND)];

  it.each([
    ['an approval that comes after a later rejection', [reject, approve]],
    ['an approval that comes again', [approve, reject, approve]],
    ['a rejection that comes again', [approve, reject, approve, reject]],
    ['an approval of the same second, whichever comes first', [request('reject', 'b'), approve]],
    ['an approval of the same second, whichever comes last', [approve, request('reject', 'b')]],
  ])('is not moved by %s', (_what, requests) => {
    expect(rulingAfter(...requests)).toMatchObject({ kind: 'rejected', id: 'b' });
  });

  it('says which later request has decided', () => {
    const requested = rule({ proposal: { ...proposal, ruling: rulingAfter(reject) } }, approve);
    expect(requested).toEqual({ refusal: 'a later request has decided: rejected by alice: for b' });
  });

  it('lets a later request decide anew', () => {
    const undone = request('approve', 'c', AT + 9 * SECOND);
    expect(rulingAfter(approve, reject, undone)).toMatchObject({ kind: 'approved', id: 'c', at: AT + 9 * SECOND });
  });

  it('lets any request decide anew where the time of the last one is not remembered', () => {
    const ruling = { kind: 'rejected', id: 'b', requestedBy: 'alice', why: 'of old' } as const;
    expect(rule({ proposal: { ...proposal, ruling } }, approve)).toMatchObject({
      state: { proposal: { ruling: { kind: 'approved' } } },
    });
  });

  it('comes to the same ruling in whatever order requests come, however often', () => {
    const requests = fc.uniqueArray(
      fc.record({ action: fc.constantFrom('approve' as const, 'reject' as const), second: fc.nat(5) }),
      { selector: ({ action, second }) => `${action} ${second}`, minLength: 1 },
    );
    const delivered = requests
      .map((all) => all.map(({ action, second }) => request(action, `${action} ${second}`, AT + second * SECOND)))
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })));
    fc.assert(
      fc.property(delivered, ([all, inAnyOrder]) => {
        const inOrder = all.toSorted((a, b) => a.trigger.time - b.trigger.time);
        expect(rulingAfter(...inAnyOrder)).toEqual(rulingAfter(...inOrder));
      }),
    );
  });
});
