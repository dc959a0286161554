import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';
import type { Circumstances } from './decision.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  findings,
  LACKING,
  MINUTE,
  NOW,
  ONLINE,
  observation,
  request,
  worker,
} from './observation.fixture.ts';
import type { Observation, WorkerView } from './observation.ts';

const circumstances = (policy: object = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
});
const lacking = (state: Partial<Observation['state']>, view: Partial<WorkerView> = {}) =>
  observation(worker({ findings: findings({ profile: LACKING }), ...view }), state);
const observing = { ssmAgent: { mode: 'observe' } };
const proposal = { target: 'role-lacks-ssm attach-policy', at: NOW - MINUTE };
const failures = { cause: 'role-lacks-ssm' as const, count: 3, lastAt: NOW - MINUTE };

describe('answer', () => {
  it.each([
    ['approve', { proposal }, 'acted policy-attached'],
    ['reject', { proposal }, 'skipped proposal-rejected'],
    ['retry', { failures }, 'would-act would-remedy'],
  ] as const)('grants to %s %j: the next reconcile comes to %s', (action, state, outcome) => {
    const made = answer(lacking(state), request(action), circumstances(observing));
    expect(made).toMatchObject({ decision: 'waiting', reason: 'request-granted', answers: 'r-1' });
    expect(made.begin).toBeUndefined();
    const { decision, reason } = decide(lacking({ ...made.memory, ...kept(made) }), circumstances(observing));
    expect(`${decision} ${reason}`).toBe(outcome);
  });

  it('lifts the wait and the exhausted attempts by a retry in mode enforce', () => {
    for (const count of [1, 3]) {
      const made = answer(lacking({ failures: { ...failures, count } }), request('retry'), circumstances());
      expect(decide(lacking(made.memory), circumstances())).toMatchObject({ begin: 'attach-policy' });
    }
  });

  it.each([
    ['approve', {}, {}, observing, 'nothing is proposed'],
    ['approve', { proposal: { ...proposal, at: NOW + MINUTE } }, {}, observing, 'was not yet when it was asked for'],
    ['approve', { proposal }, {}, { killSwitch: true }, 'The kill switch is on'],
    ['approve', { proposal }, { tags: { 'eks-host-remediator:ignore': '' } }, observing, 'opted out'],
    ['approve', { proposal }, { agent: ONLINE }, observing, 'The agent answers'],
    ['reject', { proposal: { ...proposal, target: 'agent-missing install-agent' } }, {}, observing, 'Would attach'],
    ['retry', {}, {}, {}, 'nothing has failed'],
    ['retry', { failures: { ...failures, lastAt: NOW + MINUTE } }, {}, {}, 'it has failed again since'],
    ['retry', { failures }, {}, { ssmAgent: { mode: 'off' } }, 'Mode is off'],
    ['resume', { failures }, {}, {}, 'retried, not resumed'],
  ] as const)('refuses to %s %j (%j) with policy %j, and says why', (action, state, view, policy, why) => {
    const made = answer(lacking(state, view), request(action), circumstances(policy));
    expect(made).toMatchObject({ decision: 'refused', reason: 'request-refused', answers: 'r-1' });
    expect(made.message).toContain(why);
    expect({ ...made.memory, ...kept(made) }).toEqual(state);
  });

  it('never acts nor loses what is under way, whatever was observed and asked for', () => {
    const actions = fc.constantFrom('approve' as const, 'reject' as const, 'retry' as const);
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, actions, (seen, policy, action) => {
        const made = answer(seen, request(action), { policy, now: NOW, account: '111122223333' });
        expect(made.begin).toBeUndefined();
        expect(made.memory.remedy).toEqual(seen.state.remedy);
        expect(['request-granted', 'request-refused']).toContain(made.reason);
        if (made.reason === 'request-refused') {
          expect(made.proposal).toEqual(seen.state.proposal);
          expect(made.memory.failures).toEqual(seen.state.failures);
        }
      }),
    );
  });
});

const kept = ({ proposal: standing }: ReturnType<typeof answer>) =>
  standing === undefined ? {} : { proposal: standing };
