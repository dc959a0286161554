import { describe, expect, it } from 'vitest';
import {
  circumstances,
  exposure,
  isolatedWorker,
  NOW,
  observation,
  quarantine,
  requested,
  worker,
} from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

const slot = (cluster: string, nodegroup: string) => ({ cluster, nodegroup, expiresAt: NOW + 60_000 });
const said = ({ decision, reason }: { readonly decision: string; readonly reason: string }) => `${decision} ${reason}`;

describe('an exposed worker', () => {
  it.each([
    ['its node group', { 'i-2': slot('shop', 'web') }, 'group web (1)'],
    ['its cluster', { 'i-2': slot('shop', 'a'), 'i-3': slot('shop', 'b') }, 'cluster shop (2)'],
    ['the account', { 'i-2': slot('pay', 'a'), 'i-3': slot('pay', 'b'), 'i-4': slot('pay', 'c') }, 'account (3)'],
  ])('waits when the limit of %s is reached, and begins with one place less', (_of, slots, limit) => {
    const concurrency = { perGroup: 1, perCluster: 2, perAccount: 3 };
    const given = (taken: object) => circumstances({ quarantine: { concurrency } }, { slots: { ...taken } });
    const waiting = decide(observation(worker()), given(slots));
    expect(said(waiting)).toBe('waiting quarantine-budget');
    expect(waiting.message).toContain(limit);
    const [, ...fewer] = Object.entries(slots);
    expect(said(decide(observation(worker()), given(Object.fromEntries(fewer))))).toBe('acted quarantine-started');
  });

  it('goes on with the slot that it has, whatever the limits', () => {
    const given = circumstances({}, { slots: { 'i-1': slot('shop', 'web') } });
    expect(said(decide(observation(worker()), given))).toBe('acted quarantine-started');
  });

  it('is left alone where AWS operates it, it forwards traffic of others, or it is no proven worker', () => {
    const outcome = (view: object, owner: object = {}) =>
      said(decide({ ...observation(worker(view)), owner: { tags: {}, ...owner } }, circumstances()));
    expect(outcome({ router: true })).toBe('refused router');
    expect(outcome({ operatedBy: 'mwaa.amazonaws.com' })).toBe('refused instance-operated');
    expect(outcome({}, { notAWorker: 'EKS has no cluster shop.' })).toBe('skipped unknown-cluster');
    expect(outcome({}, { onlyClaims: 'Its tags claim it.' })).toBe('refused claims-to-be-worker');
  });

  it('is left alone and told of where EKS Auto Mode owns it, unless its owner or the policy takes it for none', () => {
    const decided = (view: object, document: object = {}) =>
      decide(observation(worker({ ownership: 'auto-mode', ...view })), circumstances(document));
    const exposed = decided({});
    expect([said(exposed), exposed.act]).toEqual(['skipped auto-mode-exposed', undefined]);
    expect(exposed.message).toMatch(/^Exposed: .* EKS Auto Mode: /);
    expect(said(decided({ exposures: [] }))).toBe('skipped auto-mode');
    expect(said(decided({ tags: { 'eks-host-remediator:ignore': '' } }))).toBe('skipped opted-out');
    expect(said(decided({}, { scope: { clusters: ['other'] } }))).toBe('skipped out-of-scope');
    const closed = { exposures: [exposure({ openPorts: [] })] };
    expect(said(decided(closed, { quarantine: { exposure: 'open-port' } }))).toBe('done not-exposed');
  });

  it('is left alone where its quarantine was rejected, until something else is exposed', () => {
    const proposed = decide(observation(worker()), circumstances({ quarantine: { mode: 'observe' } }));
    const ruling = { kind: 'rejected', id: 'r-1', requestedBy: 'me', why: 'on purpose' } as const;
    const state = { proposal: { target: String(proposed.target), at: NOW, ruling } };
    expect(said(decide(observation(worker(), state), circumstances()))).toBe('skipped proposal-rejected');
    const other = { proposal: { ...state.proposal, target: 'something else' } };
    expect(said(decide(observation(worker(), other), circumstances()))).toBe('acted quarantine-started');
  });
});

it('a worker whose routes EC2 does not show is told as doubt and left as it is, unless it is to be left alone anyway', () => {
  const unrouted = (document: object = {}, view: object = {}) => {
    const seen = worker({ exposures: [], doubts: [exposure({ openPorts: [] })], ...view });
    return decide(observation(seen), circumstances(document));
  };
  const doubt = unrouted();
  expect([said(doubt), doubt.act]).toEqual(['waiting routes-unread', undefined]);
  expect(doubt.message).toMatch(/^Nobody can tell whether the Internet reaches it: public address /);
  expect(said(unrouted({ quarantine: { exposure: 'open-port' } }))).toBe('done not-exposed');
  expect(said(unrouted({}, { ownership: 'auto-mode' }))).toBe('waiting routes-unread');
  // Whatever leaves it alone makes it no worker that the Internet cannot reach, and is no news of one never told of.
  for (const [document, view, word] of [
    [{ quarantine: { mode: 'off' } }, {}, 'skipped mode-off'],
    [{ killSwitch: true }, {}, 'skipped kill-switch'],
    [{}, { tags: { 'eks-host-remediator:ignore': '' } }, 'skipped opted-out'],
  ] as const) {
    const left = unrouted(document, view);
    expect([said(left), left.silent]).toEqual([word, true]);
  }
  // What is known to be exposed is closed, whatever else is not known.
  expect(said(unrouted({}, { exposures: [exposure()] }))).toBe('acted quarantine-started');
});

it('a worker whose slot has just been taken is looked at again where EC2 shows no exposure: that may be an old state', () => {
  const seen = (left: number, view = worker({ exposures: [] })) =>
    decide(observation(view), circumstances({}, { slots: { 'i-1': { cluster: 'shop', expiresAt: NOW + left } } }));
  const young = seen(5 * 60_000 - 5_000);
  expect([said(young), young.silent, young.lookAt]).toEqual(['waiting quarantine-in-progress', true, NOW + 10_000]);
  expect(said(seen(4 * 60_000))).toBe('done not-exposed');
  expect(said(decide(observation(worker({ exposures: [] })), circumstances()))).toBe('done not-exposed');
});

it('a worker with a security group that EC2 does not show is none without open ports, where only these count', () => {
  const openPort = circumstances({ quarantine: { exposure: 'open-port' } });
  const hidden = worker({ exposures: [exposure({ openPorts: [], unread: ['sg-9'] })] });
  const doubt = decide(observation(hidden), openPort);
  expect([said(doubt), doubt.lookAt]).toEqual(['waiting rules-unread', NOW + 60_000]);
  expect(doubt.message).toContain('what sg-9 opens is not known');
  // One that is only new shows within minutes. One that stays hidden is told by the group, and left to sweeps.
  for (const [reason, minutes, word, lookAt] of [
    ['rules-unread', 4, 'waiting rules-unread', NOW + 60_000],
    ['rules-unread', 5, 'waiting rules-hidden', undefined],
    ['rules-hidden', 1, 'waiting rules-hidden', undefined],
    ['not-exposed', 99, 'waiting rules-unread', NOW + 60_000],
  ] as const) {
    const later = decide(observation(hidden, { reason, since: NOW - minutes * 60_000 }), openPort);
    expect([said(later), later.lookAt]).toEqual([word, lookAt]);
  }
  const shown = worker({ exposures: [exposure({ openPorts: [] })] });
  expect(said(decide(observation(shown), openPort))).toBe('done not-exposed');
  const open = worker({ exposures: [exposure({ unread: ['sg-9'] })] });
  expect(said(decide(observation(open), openPort))).toBe('acted quarantine-started');
  const decoy = { ...observation(hidden), owner: { tags: {}, onlyClaims: 'Its tags claim it.' } };
  const left = decide(decoy, openPort);
  expect([said(left), left.silent]).toEqual(['refused claims-to-be-worker', true]);
  // A guard says nothing of what the security group opens: the end of an exposure that was told is not recorded.
  for (const [document, word] of [
    [{ killSwitch: true }, 'skipped kill-switch'],
    [{ quarantine: { exposure: 'open-port', mode: 'off' } }, 'skipped mode-off'],
  ] as const) {
    const stopped = circumstances({ quarantine: { exposure: 'open-port' }, ...document });
    const held = decide(observation(hidden, { outcomes: 1 }), stopped);
    expect([said(held), held.silent, held.unread]).toEqual([word, undefined, true]);
    expect(held.message).toContain('what sg-9 opens is not known');
  }
});

it('a worker with hundreds of addresses and open ports is isolated: what is saved of it stays short', () => {
  const openPorts = Array.from({ length: 300 }, (_, port) => `tcp/${port}-${port + 1}`);
  const exposures = Array.from({ length: 750 }, (_, index) => exposure({ address: `2001:db8::${index}`, openPorts }));
  for (const mode of ['enforce', 'observe'] as const) {
    const decision = decide(observation(worker({ exposures })), circumstances({ quarantine: { mode } }));
    expect(said(decision)).toBe(mode === 'enforce' ? 'acted quarantine-started' : 'would-act would-quarantine');
    // An item of the ledger has 400 KB at most (DynamoDB developer guide, "Constraints").
    expect(JSON.stringify(decision).length).toBeLessThan(40_000);
  }
});

describe('a quarantine under way', () => {
  it.each([
    ['the kill switch is on', { killSwitch: true }],
    ['mode is observe', { quarantine: { mode: 'observe' } }],
  ])('stops where %s', (_why, document) => {
    const state = { quarantine: quarantine({ phase: 'isolating' }) };
    const decided = decide(observation(worker(), state), circumstances(document));
    expect(said(decided)).toBe('refused quarantine-suspended');
    expect(decided.act).toBeUndefined();
  });

  it('is not released once its worker is being terminated', () => {
    const state = { quarantine: quarantine({ phase: 'terminating' }) };
    const decided = decide(observation(worker(), state, { request: requested() }), circumstances());
    expect(said(decided)).toBe('refused request-refused');
    expect(decided.quarantine?.phase).toBe('terminating');
  });

  it('that was approved in mode observe is only told of at its expiry', () => {
    const approved = { id: 'r-1', requestedBy: 'me', why: 'it is a leak' };
    const state = { quarantine: quarantine({ approved, expiresAt: NOW }) };
    const policy = { quarantine: { mode: 'observe', onExpiry: 'terminate' } };
    const decided = decide(observation(isolatedWorker(), state), circumstances(policy));
    expect(decided.reason).toBe('quarantine-expired');
    expect(decided.act).toBeUndefined();
  });
});
