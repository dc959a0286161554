import { describe, expect, it } from 'vitest';
import { type RequestedAction, sample } from '../../../events/remediation-request.ts';
import type { OperatorRequest } from '../../shared/intake/operator-request.ts';
import {
  circumstances,
  exposure,
  HOUR,
  IGNORED,
  isolatedWorker,
  NOW,
  observation,
  quarantine,
  worker,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

const request = (action: RequestedAction): OperatorRequest => ({
  event: { ...sample, id: 'r-1', detail: { ...sample.detail, remediation: 'quarantine-workers', action } },
  trigger: { id: 'r-1', type: 'Remediation Request', time: NOW, redelivered: false },
});
const observing = { quarantine: { mode: 'observe' } };
const proposal = {
  target: decide(observation(worker()), circumstances(observing)).proposal?.target ?? '',
  at: NOW - HOUR,
};
const exposed = (state: Partial<Observation['state']>, view = worker()) => observation(view, state);

describe('answer', () => {
  it.each([
    ['approve', 'acted quarantine-started'],
    ['reject', 'skipped proposal-rejected'],
  ] as const)('grants to %s: the next reconcile comes to %s', (action, outcome) => {
    const made = answer(exposed({ proposal }), request(action), circumstances(observing));
    expect(made).toMatchObject({ decision: 'waiting', reason: 'request-granted', answers: 'r-1' });
    expect([made.act, made.quarantine]).toEqual([undefined, undefined]);
    const after = { proposal: made.proposal ?? proposal };
    const then = decide(exposed(after), circumstances(observing));
    expect(`${then.decision} ${then.reason}`).toBe(outcome);
    // Another exposure is another proposal.
    const others = worker({ exposures: [exposure({ openPorts: ['tcp/22', 'tcp/443'] })] });
    expect(decide(exposed(after, others), circumstances(observing)).reason).toBe('would-quarantine');
  });

  it('has an approved quarantine wait for room in the budget', () => {
    const slots = { 'i-2': { cluster: 'shop', nodegroup: 'web', expiresAt: NOW + HOUR } };
    const made = answer(exposed({ proposal }), request('approve'), circumstances(observing, { slots }));
    expect(made).toMatchObject({ reason: 'request-granted' });
    const then = decide(exposed({ proposal: made.proposal ?? proposal }), circumstances(observing, { slots }));
    expect(then).toMatchObject({ reason: 'quarantine-budget', proposal: made.proposal });
  });

  it.each([
    ['nothing is proposed', {}, worker(), observing],
    ['was not yet when it was asked for', { proposal: { ...proposal, at: NOW + HOUR } }, worker(), observing],
    ['The kill switch is on', { proposal }, worker(), { killSwitch: true }],
    ['Mode is off', { proposal }, worker(), { quarantine: { mode: 'off' } }],
    ['The scope leaves out', { proposal }, worker(), { scope: { clusters: ['other'] } }],
    ['opted out', { proposal }, worker({ tags: IGNORED }), observing],
    ['nonsense', { proposal }, worker(), { nonsense: 1 }],
    ['cannot reach the worker', { proposal }, worker({ exposures: [] }), observing],
  ])('refuses to approve: %s', (because, state, view, policy) => {
    const made = answer(exposed(state, view), request('approve'), circumstances(policy));
    expect(made).toMatchObject({ decision: 'refused', reason: 'request-refused', answers: 'r-1' });
    expect(made.message).toContain(because);
    expect(made.proposal).toEqual('proposal' in state ? state.proposal : undefined);
  });
});

describe('a quarantine that was approved in mode observe', () => {
  const approved = { id: 'r-1', requestedBy: 'somebody', why: 'because' };
  const reopened = (more: object) => observation(worker(), { quarantine: quarantine(more) });

  it('is kept up, and never ends by itself with the worker', () => {
    expect(decide(reopened({ approved }), circumstances(observing)).reason).toBe('quarantine-reinforced');
    expect(decide(reopened({}), circumstances(observing)).reason).toBe('quarantine-suspended');
    const policy = { quarantine: { mode: 'observe', onExpiry: 'terminate' } };
    const expired = { approved, expiresAt: NOW };
    expect(decide(reopened(expired), circumstances(policy)).reason).toBe('quarantine-reinforced');
    const closed = observation(isolatedWorker(), { quarantine: quarantine(expired) });
    expect(decide(closed, circumstances(policy)).reason).toBe('quarantine-expired');
  });
});
