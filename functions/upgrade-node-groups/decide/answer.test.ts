import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import type { Circumstances } from '../model/decision.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  arbitraryRequest,
  HOUR,
  NOW,
  nodeGroup,
  observation,
  request,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

const RELEASE = '1.33.13-20260714';
const circumstances = (policy: object = {}, now = NOW): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now,
  account: '111122223333',
  slots: {},
});
const about = (state: Partial<Observation['state']>) => observation(nodeGroup(), state);
const observing = { upgrades: { mode: 'observe' } };
const proposal = { target: RELEASE, at: NOW - HOUR };
const failures = { releaseVersion: RELEASE, count: 3, lastAt: NOW - HOUR };
const ruling = (kind: 'approved' | 'rejected', id = 'r-1') => ({
  ...proposal,
  ruling: { kind, id, requestedBy: expect.any(String), why: expect.any(String) },
});

describe('answer', () => {
  it.each([
    ['approve', { proposal }, { proposal: ruling('approved') }],
    ['reject', { proposal }, { proposal: ruling('rejected') }],
    ['approve', { proposal: ruling('rejected', 'r-0') }, { proposal: ruling('approved') }],
    ['resume', { failures }, { memory: { failures: { ...failures, forgotten: 3 } } }],
    ['retry', { failures: { ...failures, count: 2 } }, { memory: { failures: { count: 2, waitLifted: true } } }],
  ] as const)('grants to %s %j, and only remembers it', (action, state, remembered) => {
    const made = answer(about(state), request(action), circumstances(action === 'resume' ? {} : observing));
    // A retry in mode observe leads to a proposal before it would wait.
    expect(made).toMatchObject({ decision: 'waiting', reason: 'request-granted', answers: 'r-1', ...remembered });
    expect(made.details).toMatchObject({ action, requestedBy: expect.any(String), why: expect.any(String) });
    expect(made.start).toBeUndefined();
  });

  it.each([
    ['approve', {}, {}, 'nothing is proposed'],
    ['approve', { proposal: { ...proposal, at: NOW + HOUR } }, observing, 'was not yet when it was asked for'],
    ['approve', { proposal: { ...proposal, target: '1.33.12-20260610' } }, observing, 'would be upgraded'],
    ['approve', { proposal }, { ...observing, killSwitch: true }, 'The kill switch is on'],
    ['approve', { proposal }, { ...observing, scope: { clusters: ['other'] } }, 'The scope leaves out'],
    ['approve', { proposal }, { upgrades: { mode: 'off' } }, 'Mode is off'],
    ['approve', { proposal }, { nonsense: 1 }, 'nonsense'],
    ['approve', { proposal, failures }, observing, 'No further attempt is made'],
    ['reject', { proposal: { ...proposal, target: '1.33.12-20260610' } }, {}, 'is being upgraded'],
    ['resume', {}, {}, 'nothing has failed'],
    ['retry', {}, { killSwitch: true }, 'nothing has failed. As it stands: The kill switch is on.'],
    ['retry', {}, { upgrades: { mode: 'off' } }, 'nothing has failed. As it stands: Mode is off for upgrades.'],
    ['retry', { proposal }, observing, 'What fits is approve.'],
    ['resume', { failures: { ...failures, forgotten: 3 } }, {}, 'it was resumed already'],
    ['resume', { failures: { ...failures, count: 1 } }, {}, 'it is not halted'],
    ['resume', { failures: { ...failures, lastAt: NOW + HOUR } }, {}, 'it has failed again since'],
    ['retry', { failures }, {}, 'No further attempt is made'],
    ['retry', { failures: { ...failures, count: 1, lastAt: NOW - 9 * HOUR } }, {}, 'it is not retry-later'],
    ['retry', { upgrade: { releaseVersion: RELEASE, attempt: 1, requestedAt: NOW } }, {}, 'an upgrade is under way'],
  ] as const)(
    'refuses to %s %j with policy %j, says why, and remembers all as it was',
    (action, state, policy, why) => {
      const made = answer(about(state), request(action), circumstances(policy));
      expect(made).toMatchObject({ decision: 'refused', reason: 'request-refused', answers: 'r-1' });
      expect(made.message).toContain(why);
      expect({ ...made.memory, ...(made.proposal && { proposal: made.proposal }) }).toEqual(state);
    },
  );

  it('is asked for and given while the change windows are shut: the proposal stands, and what was approved waits for one', () => {
    const windows = [{ cron: '0 3 * * TUE', duration: '2h' }];
    const shut = circumstances({ upgrades: { mode: 'observe', windows } });
    const opening = '2026-07-21T03:00:00.000Z';
    const proposed = decide(about({}), shut);
    expect(proposed).toMatchObject({ decision: 'would-act', reason: 'would-upgrade', proposal: { target: RELEASE } });
    expect(proposed.message).toContain(`If approved now, it starts when the next window opens, at ${opening}`);
    // A proposal that was made in an open window still waits for its approval once the window has shut.
    expect(decide(about({ proposal }), shut)).toMatchObject({ decision: 'would-act', proposal });
    const made = answer(about({ proposal }), request('approve'), shut);
    expect(made).toMatchObject({ reason: 'request-granted', proposal: ruling('approved') });
    const approved = about({ ...made.memory, ...kept(made) });
    expect(decide(approved, shut)).toMatchObject({ reason: 'outside-change-window', wakeAt: Date.parse(opening) });
    const open = { ...shut, now: Date.parse(opening) };
    expect(decide(approved, open)).toMatchObject({ reason: 'upgrade-started', start: expect.anything() });
    const rejected = answer(about({ proposal }), request('reject'), shut);
    expect(rejected).toMatchObject({ reason: 'request-granted', proposal: ruling('rejected') });
  });

  it('says where an approval that is given now would end before the next window opens', () => {
    const windows = [{ cron: '0 3 * * TUE', duration: '2h' }];
    const shut = circumstances({ upgrades: { mode: 'observe', windows, approvalExpiresAfter: '1h' } });
    const opening = '2026-07-21T03:00:00.000Z';
    const message = decide(about({}), shut).message;
    expect(message).toContain(`The next window opens at ${opening}. An approval that is given now ends before`);
    expect(message).not.toContain('it starts when');
    const made = answer(about({ proposal }), request('approve'), shut);
    expect(made.message).toContain(`The next window opens at ${opening}. The approval ends before, at `);
    const lasting = circumstances({ upgrades: { mode: 'observe', windows, approvalExpiresAfter: '14d' } });
    expect(answer(about({ proposal }), request('approve'), lasting).message).not.toContain('ends before');
  });

  it('lets what was resumed be tried as often as before, by attempts that count on', () => {
    const { memory } = answer(about({ failures }), request('resume'), circumstances());
    const again = decide(about(memory), circumstances());
    expect(again).toMatchObject({ reason: 'upgrade-started', memory: { upgrade: { attempt: 4 } } });
    const thrice = { failures: { ...failures, count: 6, forgotten: 3 } };
    expect(decide(about(thrice), circumstances()).reason).toBe('halted');
  });

  it('never acts nor loses what is under way, whatever was observed and asked for', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, arbitraryRequest, (seen, policy, wanted) => {
        const given: Circumstances = { policy, now: NOW, account: '111122223333', slots: {} };
        const made = answer(seen, wanted, given);
        expect(made.start).toBeUndefined();
        expect(made.memory.upgrade).toEqual(seen.state.upgrade);
        expect(made.memory.failures?.count).toBe(seen.state.failures?.count);
        expect(['request-granted', 'request-refused']).toContain(made.reason);
        const then = decide({ ...seen, state: { ...seen.state, ...made.memory, ...kept(made) } }, given);
        // A granted request has an effect. A refused one changes nothing.
        if (made.reason === 'request-refused') expect(then).toEqual(decide(seen, given));
        else expect(['acted', 'waiting', 'would-act', 'skipped']).toContain(then.decision);
      }),
      { numRuns: 1000 },
    );
  });
});

const kept = ({ proposal: standing }: ReturnType<typeof answer>) =>
  standing === undefined ? {} : { proposal: standing };
