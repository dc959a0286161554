import { describe, expect, it } from 'vitest';
import {
  circumstances,
  HOUR,
  IGNORED,
  isolatedWorker,
  NOW,
  observation,
  quarantine,
  requested,
  worker,
} from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

describe('an operator', () => {
  const asked = (detail: object, open = {}, policy = {}, view = isolatedWorker()) =>
    decide(observation(view, { quarantine: quarantine(open) }, { request: requested(detail) }), circumstances(policy));

  it('has a worker released whatever the policy says', () => {
    for (const policy of [{}, { killSwitch: true }, { nonsense: 1 }, { quarantine: { mode: 'off' } }]) {
      expect(asked({}, {}, policy)).toMatchObject({ act: { kind: 'release' }, quarantine: { phase: 'releasing' } });
    }
  });

  it.each(['release', 'terminate'])(
    'orders a worker %sd anew: what an earlier release gave back is forgotten',
    (action) => {
      const given = { phase: 'releasing' as const, givenBack: { at: NOW - HOUR, accepted: [] } };
      const { quarantine: ordered } = asked({ action }, given);
      expect(ordered?.request?.id).toBeDefined();
      expect(ordered).not.toHaveProperty('givenBack');
    },
  );

  it('has a quarantine extended once by each request', () => {
    const first = asked({ action: 'extend', by: '1d' });
    expect(first.quarantine?.expiresAt).toBe(NOW + HOUR + 24 * HOUR);
    const again = decide(
      observation(
        isolatedWorker(),
        { quarantine: first.quarantine! },
        { request: requested({ action: 'extend', by: '1d' }) },
      ),
      circumstances(),
    );
    expect(again).toEqual(first);
    expect(asked({ action: 'extend', by: '1d' }, { expiresAt: NOW - HOUR }).quarantine?.expiresAt).toBe(
      NOW + 24 * HOUR,
    );
  });

  it('extends a quarantine once by each request, in whatever order they come again', () => {
    const extend = (state: ReturnType<typeof quarantine>, id: string) => {
      const { event, trigger } = requested({ action: 'extend', by: '1d' });
      const request = { event: { ...event, id }, trigger: { ...trigger, id } } as ReturnType<typeof requested>;
      return decide(observation(isolatedWorker(), { quarantine: state }, { request }), circumstances());
    };
    const first = extend(quarantine(), 'a').quarantine!;
    const second = extend(first, 'b').quarantine!;
    expect(second.expiresAt).toBe(first.expiresAt + 24 * HOUR);
    expect(extend(second, 'a')).toMatchObject({ silent: true, quarantine: second });
  });

  it('leaves room in the ledger, however many requests extend a quarantine', () => {
    let state = quarantine();
    for (let n = 0; n < 20_000; n += 1) {
      const asking = requested({ action: 'extend', by: '1m' });
      const request = { ...asking, trigger: { ...asking.trigger, id: `request-${n}` } };
      state = decide(observation(isolatedWorker(), { quarantine: state }, { request }), circumstances()).quarantine!;
    }
    expect(state.expiresAt).toBe(quarantine().expiresAt + 20_000 * 60_000);
    expect(JSON.stringify(state).length).toBeLessThan(10_000);
  });

  it('has a quarantine last no longer than a year from now, however often it is extended', () => {
    expect(asked({ action: 'extend', by: '364d' }).reason).toBe('quarantine-extended');
    const refused = asked({ action: 'extend', by: '99999d' });
    expect(refused).toMatchObject({ reason: 'request-refused', message: expect.stringContaining('365 days') });
    expect(refused.quarantine).toEqual(quarantine());
  });

  it.each(['release', 'extend', 'terminate'])('has no quarantine %sd that began after it was asked for', (action) => {
    const detail = action === 'extend' ? { action, by: '1d' } : { action };
    const made = asked(detail, { startedAt: NOW + 1000, expiresAt: NOW + HOUR });
    expect(made).toMatchObject({ decision: 'refused', reason: 'request-refused' });
    expect(made.act).toBeUndefined();
  });

  it.each<[string, object, ReturnType<typeof worker>]>([
    ['the kill switch is on', { killSwitch: true }, isolatedWorker()],
    ['the policy is invalid', { nonsense: 1 }, isolatedWorker()],
    ['the mode is observe', { quarantine: { mode: 'observe' } }, isolatedWorker()],
    ['the worker opted out', {}, isolatedWorker({ tags: IGNORED })],
  ])('has nothing terminated while %s', (_what, policy, view) => {
    const made = asked({ action: 'terminate' }, {}, policy, view);
    expect(made).toMatchObject({ decision: 'refused', reason: 'request-refused' });
    expect(made.act).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['stopped', { autoScalingGroup: 'g' }, 'request-refused'],
    ['stopping', { autoScalingGroup: 'g' }, 'request-refused'],
    ['running', { autoScalingGroup: 'g' }, 'release-started'],
    ['stopped', {}, 'release-started'],
    ['stopped', { autoScalingGroup: 'g', detached: true }, 'release-started'],
    ['stopped', { autoScalingGroup: 'g', standby: true }, 'release-started'],
  ])(
    'has a worker that is %s, %j, released only where no group ends it for that: %s',
    (instanceState, saved, reason) => {
      const open = { saved: { interfaces: [], targets: [], ...saved } };
      const made = asked({}, open, {}, isolatedWorker({ instanceState }));
      expect(made.reason).toBe(reason);
      if (reason === 'request-refused') expect(made.message).toContain('Start it, then ask again.');
    },
  );

  it('is refused for a worker that is in no quarantine, but not by the request that has ended it', () => {
    const about = (state: object) => decide(observation(worker(), state, { request: requested() }), circumstances());
    expect(about({}).reason).toBe('request-refused');
    expect(about({ granted: 'request-0' }).reason).toBe('request-refused');
    expect(about({ granted: 'request-1' })).toMatchObject({ reason: 'released', silent: true });
  });

  it('takes back no rejection by a request that is refused, and the worker is looked at again where it is exposed', () => {
    const rejected = { target: 'x', at: NOW, ruling: { kind: 'rejected', id: 'r', requestedBy: 'x', why: 'x' } };
    const about = (view: ReturnType<typeof worker>) =>
      decide(observation(view, { proposal: rejected } as object, { request: requested() }), circumstances());
    expect(about(worker())).toMatchObject({ reason: 'request-refused', proposal: rejected, answers: 'request-1' });
    expect(about(isolatedWorker()).answers).toBeUndefined();
  });
});
