import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestedAction } from '../../../events/remediation-request.ts';
import { planIdOf } from '../../shared/ledger/proposal.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { answer } from '../decide/answer.ts';
import { decide } from '../decide/decide.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances } from '../model/decision.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  HOUR,
  NOW,
  nodeGroup,
  observation,
  request,
} from '../model/observation.fixture.ts';
import { policyOf } from '../policy.fixture.ts';

const DAY = 24 * HOUR;
const RELEASE = '1.33.13-20260714';
const REQUIRED = { upgrades: { approval: 'required', approvalExpiresAfter: '3d' } };
const given = (document: object = REQUIRED, now = NOW): Circumstances => ({
  policy: policyOf(document),
  now,
  account: '111122223333',
  slots: {},
});
const proposal = { target: RELEASE, at: NOW - HOUR };
const approvedAt = (at: number | undefined) => ({
  ...proposal,
  ruling: { kind: 'approved' as const, id: 'r-0', ...(at !== undefined && { at }), requestedBy: 'ada', why: 'seen' },
});
const about = (standing?: object) =>
  observation(nodeGroup(), standing === undefined ? {} : { proposal: { ...proposal, ...standing } });
const asked = (action: RequestedAction, plan: string) => {
  const { event, trigger } = request(action);
  const detail = { ...event.detail, clusterName: 'shop', nodegroupName: 'general', plan };
  return { trigger, event: { ...event, detail } };
};
const planOf = (target: string) =>
  planIdOf('upgrade-node-groups', { cluster: 'shop', nodegroup: 'general' }, { target });

describe('an upgrade that the policy wants approved', () => {
  it('is proposed in mode enforce, also while the windows are shut', () => {
    const shut = { upgrades: { ...REQUIRED.upgrades, windows: [{ cron: '0 3 * * TUE', duration: '2h' }] } };
    for (const document of [REQUIRED, shut]) {
      const proposed = decide(about(), given(document));
      expect(proposed).toMatchObject({
        decision: 'would-act',
        reason: 'approval-required',
        proposal: { target: RELEASE },
      });
      expect(proposed.start).toBeUndefined();
    }
  });

  it('starts once it is approved, and says by whom', () => {
    const { proposal: ruled } = answer(about({}), request('approve'), given());
    const started = decide(about(ruled), given());
    expect(started).toMatchObject({ reason: 'upgrade-started' });
    expect(started.message).toContain('Approved by ');
  });

  it('is no concern of places where the policy wants nothing approved', () => {
    const overrides = [{ name: 'prod', match: { clusters: ['prod*'] }, upgrades: { approval: 'required' } }];
    expect(decide(about(), given({ overrides })).reason).toBe('upgrade-started');
    const prod = observation(nodeGroup(), {}, { cluster: 'prod-1', nodegroup: 'general' });
    expect(decide(prod, given({ overrides })).reason).toBe('approval-required');
  });

  it('is proposed anew once the approval is over, and the record is news that says so', () => {
    expect(decide(about(approvedAt(NOW - 3 * DAY + 1)), given()).reason).toBe('upgrade-started');
    const over = decide(about(approvedAt(NOW - 3 * DAY)), given());
    expect(over).toMatchObject({ reason: 'approval-required' });
    expect(over.message).toContain('The approval by ada: seen expired at 2026-07-20T12:00:00.000Z.');
    expect(over.variant).not.toBe(decide(about(), given()).variant);
    // An approval whose time nobody remembers holds from the proposal on.
    const old = { ...approvedAt(undefined), at: NOW - 3 * DAY };
    expect(decide(about(old), given()).reason).toBe('approval-required');
    expect(decide(about(old), given({ upgrades: { mode: 'observe', approvalExpiresAfter: '3d' } })).reason).toBe(
      'would-upgrade',
    );
  });

  it('is told to have expired, and not that something else is due, where the policy lets the key pair go by now', () => {
    const launchTemplate = { id: 'lt-0123456789abcdef0', version: '3' };
    const seen = observation(nodeGroup({ launchTemplate }), { proposal: approvedAt(NOW - 3 * DAY) });
    const { message, proposal } = decide(
      seen,
      given({ upgrades: { mode: 'observe', approvalExpiresAfter: '3d', keyPairs: { mode: 'enforce' } } }),
    );
    expect(proposal?.target).toMatch(/ without key pair$/);
    expect(message).toContain('The approval by ada: seen expired at');
    expect(message).not.toContain('has ended');
  });

  it('is approved again after that', () => {
    const { reason, proposal: ruled } = answer(about(approvedAt(NOW - 3 * DAY)), request('approve'), given());
    expect(reason).toBe('request-granted');
    expect(decide(about(ruled), given()).reason).toBe('upgrade-started');
  });

  it('never starts without an approval of this release that still holds, whatever was observed', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const circumstances = { policy, now: NOW, account: '111122223333', slots: {} };
        const { start, memory } = decide(seen, circumstances);
        const { policy: own } = circumstancesOf(seen, circumstances);
        if (start === undefined || isInvalid(own) || own.upgrades.approval === 'none') return;
        const { target, at = 0, ruling } = seen.state.proposal ?? {};
        expect(target).toBe(memory.upgrade?.releaseVersion);
        expect(ruling?.kind).toBe('approved');
        expect((ruling?.at ?? at) + own.upgrades.approvalExpiresAfter).toBeGreaterThan(NOW);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a request about a plan', () => {
  it.each(['approve', 'reject'] as const)('to %s it is granted for what is proposed now', (action) => {
    expect(answer(about({}), asked(action, planOf(RELEASE)), given()).reason).toBe('request-granted');
  });

  it.each(['approve', 'reject'] as const)('to %s an older one is refused, and says which is proposed now', (action) => {
    const older = planOf('1.33.12-20260610');
    const made = answer(about({}), asked(action, older), given());
    expect(made.reason).toBe('request-refused');
    expect(made.message).toContain(
      `plan ${older} is not what is proposed now; that is plan ${planOf(RELEASE)}: ${RELEASE}.`,
    );
    expect(made.proposal).toEqual(proposal);
  });

  it('has another id for each target, subject and function', () => {
    const ids = ['upgrade-node-groups', 'manage-ssm-agent'].flatMap((remediation) =>
      [{ cluster: 'a', nodegroup: 'b' }, { cluster: 'a', nodegroup: 'c' }, { instance: 'i-0a' }].flatMap((subject) =>
        ['1', '2'].map((target) => planIdOf(remediation, subject, { target })),
      ),
    );
    expect(new Set(ids).size).toBe(12);
    // Only some of a worker's records name its node group.
    expect(planIdOf('x', { instance: 'i-0a', cluster: 'a' }, { target: '1' })).toBe(
      planIdOf('x', { instance: 'i-0a' }, { target: '1' }),
    );
  });
});
