import { describe, expect, it } from 'vitest';
import {
  circumstances,
  GROUPS,
  HOUR,
  IGNORED,
  isolatedWorker,
  NOW,
  networkInterface,
  observation,
  quarantine,
  worker,
} from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

const held = (view = isolatedWorker(), open = {}, rest = {}) =>
  observation(view, { quarantine: quarantine(open) }, rest);
const between = worker({ interfaces: [networkInterface({ groupIds: [GROUPS.untracking] })] });

describe('a worker in quarantine', () => {
  it.each<[string, ReturnType<typeof held>, object, string]>([
    ['nothing is left to do', held(), {}, 'done quarantined'],
    ['it was stripped', held(isolatedWorker(), { kind: 'strip' }), {}, 'done stripped'],
    ['somebody opened it under a kill switch', held(worker()), { killSwitch: true }, 'refused quarantine-suspended'],
    [
      'somebody opened it in mode observe',
      held(worker()),
      { quarantine: { mode: 'observe' } },
      'refused quarantine-suspended',
    ],
    ['somebody opened it out of scope', held(worker()), { scope: { clusters: ['x'] } }, 'skipped out-of-scope'],
    ['somebody opened it and opted out', held(worker({ tags: IGNORED })), {}, 'skipped opted-out'],
    ['its owner opted out', held(worker(), {}, { owner: { tags: IGNORED } }), {}, 'skipped opted-out'],
    [
      'its owner cannot be read',
      held(worker(), {}, { owner: { tags: {}, unreadable: 'no' } }),
      {},
      'failed unreadable',
    ],
    ['the policy is invalid', held(worker()), { nonsense: 1 }, 'refused policy-invalid'],
    ['it expired and is to be told', held(isolatedWorker(), { expiresAt: NOW }), {}, 'refused quarantine-expired'],
    [
      'it expired and opted out',
      held(isolatedWorker({ tags: IGNORED }), { expiresAt: NOW }),
      { quarantine: { onExpiry: 'terminate' } },
      'skipped opted-out',
    ],
  ])('stays as it is when %s', (_what, seen, policy, outcome) => {
    const made = decide(seen, circumstances(policy));
    expect(`${made.decision} ${made.reason}`).toBe(outcome);
    expect(made.act).toBeUndefined();
    expect(made.quarantine).toEqual(seen.state.quarantine);
  });

  it('is closed again without blaming anybody where EC2 may still show what was there before', () => {
    const made = decide(held(worker(), { isolatedAt: NOW - 20_000 }), circumstances());
    expect(made).toMatchObject({ reason: 'quarantine-in-progress', quiet: true, act: { kind: 'isolate' } });
    expect(made.quarantine?.undone).toBeUndefined();
    const known = held(worker(), { isolatedAt: NOW - 20_000 }, { caller: { who: 'me', call: 'x', at: 'y' } });
    expect(decide(known, circumstances()).reason).toBe('quarantine-reinforced');
    expect(decide(held(worker(), { isolatedAt: NOW - 31_000 }), circumstances()).reason).toBe('quarantine-reinforced');
  });

  it('goes on with interfaces that the VPC CNI attaches to a new worker, which opens nothing and blames nobody', () => {
    const caller = { who: 'node', call: 'AttachNetworkInterface', at: 'y' };
    const closed = networkInterface({ groupIds: [GROUPS.closed], addresses: [] });
    const attached = networkInterface({ id: 'eni-9', primary: false, groupIds: ['sg-nodes'], addresses: [] });
    const grown = (startedAt: number, interfaces = [closed, attached], more = {}) =>
      decide(held(isolatedWorker({ interfaces, ...more }), { startedAt }, { caller }), circumstances());
    const early = grown(NOW - 60_000);
    expect(early).toMatchObject({ reason: 'quarantine-in-progress', quiet: true, act: { kind: 'isolate' } });
    expect(early.quarantine?.undone).toBeUndefined();
    const late = grown(NOW - HOUR);
    expect(late.reason).toBe('quarantine-reinforced');
    expect(late.message).toMatch(/^An interface was attached by node .*: eni-9 has sg-nodes\. It is closed, too\.$/);
    for (const opened of [
      grown(NOW - 60_000, [networkInterface({ groupIds: ['sg-nodes'], addresses: [] })]),
      grown(NOW - 60_000, [closed, attached], { exposures: worker().exposures }),
    ]) {
      expect(opened.message).toMatch(/^An exposure was opened by node/);
    }
  });

  it('is not taken for gone where EC2 does not show it yet', () => {
    const young = observation(undefined, { quarantine: quarantine({ startedAt: NOW - 59_000 }) });
    expect(decide(young, circumstances())).toMatchObject({ silent: true, lookAt: NOW + 10_000 });
    const old = observation(undefined, { quarantine: quarantine({ startedAt: NOW - 61_000 }) });
    expect(decide(old, circumstances()).reason).toBe('quarantine-ended');
    const reserved = { slots: { 'i-1': { cluster: 'shop', expiresAt: NOW + 1 } } };
    expect(decide(observation(undefined), circumstances({}, reserved))).toMatchObject({ silent: true });
    expect(decide(observation(undefined), circumstances()).reason).toBe('worker-not-running');
  });

  it('is closed again when somebody opened it, and out of the open group whatever the policy says', () => {
    expect(decide(held(worker()), circumstances())).toMatchObject({
      decision: 'acted',
      reason: 'quarantine-reinforced',
      act: { kind: 'isolate' },
    });
    for (const policy of [{ killSwitch: true }, { nonsense: 1 }]) {
      expect(decide(held(between), circumstances(policy)).act).toEqual({ kind: 'isolate' });
    }
  });

  it('is taken out of service again where its group has put it there, and blames nobody for that', () => {
    const seen = held(isolatedWorker(), {}, { putIntoService: true });
    const made = decide(seen, circumstances());
    expect(made).toMatchObject({ decision: 'acted', reason: 'quarantine-reinforced', act: { kind: 'isolate' } });
    expect(made.message).toMatch(/^Its group has put it into service, out of its warm pool/);
    const launched = quarantine({ saved: { interfaces: [], targets: [], launching: true } });
    const later = decide(held(isolatedWorker(), launched, { putIntoService: true }), circumstances());
    expect(later.message).toMatch(/^Its group has put it into service, after its launch/);
    expect(made.quarantine).toMatchObject({ phase: 'isolating' });
    expect(made.quarantine?.undone).toBeUndefined();
    expect(decide(seen, circumstances({ killSwitch: true })).act).toBeUndefined();
    expect(decide(held(isolatedWorker()), circumstances()).act).toBeUndefined();
  });

  it.each([
    ['somebody opened it', { expiresAt: NOW }, 'quarantine-reinforced'],
    ['its pods have not left yet', { expiresAt: NOW, phase: 'isolating' }, 'quarantine-in-progress'],
  ])('holds beyond its end, which is only told of: %s', (_what, open, reason) => {
    expect(decide(held(worker(), open), circumstances())).toMatchObject({ reason, act: { kind: 'isolate' } });
  });

  it('is terminated at its expiry where the policy says so', () => {
    const made = decide(
      held(isolatedWorker(), { expiresAt: NOW }),
      circumstances({ quarantine: { onExpiry: 'terminate' } }),
    );
    expect(made).toMatchObject({ act: { kind: 'terminate' }, quarantine: { phase: 'terminating' } });
  });

  it.each([
    ['gone', undefined],
    ['terminated', isolatedWorker({ instanceState: 'terminated' })],
  ])('has no quarantine any more when it is %s', (_what, view) => {
    const made = decide(observation(view, { quarantine: quarantine() }), circumstances({ killSwitch: true }));
    expect(made.reason).toBe('quarantine-ended');
    expect(made.quarantine).toBeUndefined();
  });

  it('is left to the reconcile that acts on it', () => {
    const seen = observation(worker(), { quarantine: quarantine(), lease: { holder: 'another', until: NOW + 1 } });
    expect(decide(seen, circumstances())).toMatchObject({ silent: true, lookAt: NOW + 5000 });
    expect(decide(seen, circumstances({}, { now: NOW + 1 })).act).toEqual({ kind: 'isolate' });
  });
});
