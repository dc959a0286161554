import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { OPT_OUT_TAG, QUARANTINE_TAG } from '../shared/fleet/scope.ts';
import { answer } from './answer.ts';
import { type Circumstances, decide } from './decide.ts';
import { memoryAfter } from './memory.ts';
import type { Observation } from './observe.ts';
import type { Invocation } from './read-commands.ts';
import type { ShellsState } from './shells-ledger.ts';

const NOW = Date.parse('2026-07-15T12:00:00Z');
const MINUTE = 60_000;
/** A worker before it is read, with what the command under way has printed. */
type Host = Omit<Observation, 'memory'> & { readonly invocation?: Invocation };
const observed = ({ invocation, ...host }: Host): Observation => ({
  ...host,
  memory: memoryAfter(host.state, invocation, NOW),
});
const worker: Host = {
  instanceId: 'i-0f3a5c7e9b1d2f4a6',
  worker: { cluster: 'shop', ownership: 'managed', nodegroup: 'web', certain: true },
  trigger: { id: 'e-1', type: 'test', time: NOW, redelivered: false },
  tags: {},
  instanceState: 'running',
  isWindows: false,
  state: { outcomes: 0, revision: 0 },
  owner: { tags: {} },
  hasSession: true,
};
const under = (policy: object | string = {}): Circumstances => ({
  policy: parsePolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
});
const enforcing = under({ shells: { hosts: 'enforce' } });
const told = (host: Partial<Host>, circumstances = enforcing): string => {
  const { decision, reason, send = '', silent } = decide(observed({ ...worker, ...host }), circumstances);
  return `${silent ? 'silent' : `${decision} ${reason}`} ${send}`.trim();
};
const state = (more: Partial<ShellsState>): ShellsState => ({
  outcomes: 1,
  revision: 1,
  fingerprint: 'known',
  ...more,
});
const OPEN = { at: NOW - MINUTE, ways: '1 key opens a shell by SSH.', check: 'SSH.1' };
const open = state({ seen: OPEN });
const command = (action: 'look' | 'close' | 'restore', age = MINUTE) => ({ action, id: 'c-1', at: NOW - age });
const ended = (more: object = {}): Invocation => ({
  kind: 'ended',
  printed: { sshd: true, keys: 0, elsewhere: 0, paths: [], certificates: '', admin: null, left: 0, ...more },
});
const ruled = (kind: 'approved' | 'rejected', more: Partial<ShellsState> = {}): ShellsState =>
  state({
    seen: OPEN,
    proposal: {
      target: 'shells',
      at: NOW - MINUTE,
      ruling: { kind, id: 'r-0', at: NOW - 1000, requestedBy: 'Ada', why: 'because' },
    },
    ...more,
  });
const waived = (waiver: object) =>
  under({
    shells: { hosts: 'enforce' },
    posture: {
      waivers: [{ id: 'W-1', check: 'SSH.1', reason: 'debugging', who: 'Ada', until: '2026-08-01', ...waiver }],
    },
  });

describe('a worker', () => {
  it.each<[string, Partial<Host>, string]>([
    ['was never looked at', {}, 'silent look'],
    ['was looked at long ago', { state: state({ seen: { ...OPEN, at: NOW - 60 * MINUTE } }) }, 'silent look'],
    ['is being looked at', { state: state({ command: command('look') }) }, 'silent'],
    [
      'is being looked at still',
      { state: state({ command: command('look') }), invocation: { kind: 'running' } },
      'silent',
    ],
    ['never answered', { state: state({ command: command('look', 16 * MINUTE) }) }, 'silent'],
    [
      'can be read by nobody',
      { state: state({ command: command('look') }), unread: 'AccessDeniedException: no' },
      'failed unreadable',
    ],
    ['printed nothing', { state: state({ command: command('look') }), invocation: { kind: 'ended' } }, 'silent'],
    [
      'has a key',
      { state: state({ command: command('look') }), invocation: ended({ keys: 1 }) },
      'acted shells-being-closed close',
    ],
    [
      'has a key that no daemon takes',
      { state: state({ command: command('look') }), invocation: ended({ keys: 1, sshd: false }) },
      'done shells-closed',
    ],
    [
      'has keys elsewhere alone',
      { state: state({ command: command('look') }), invocation: ended({ elsewhere: 2 }) },
      'refused shells-not-closable',
    ],
    [
      'takes certificates alone, and no session reaches',
      {
        state: state({ command: command('look') }),
        hasSession: false,
        invocation: ended({ certificates: '/etc/ssh/ca.pub' }),
      },
      'refused shells-not-closable',
    ],
    [
      'has a key in a home, and takes certificates',
      { state: state({ command: command('look') }), invocation: ended({ keys: 1, certificates: '/etc/ssh/ca.pub' }) },
      'acted shells-being-closed close',
    ],
    [
      'has the admin container on',
      { state: state({ command: command('look') }), invocation: ended({ admin: true, sshd: false }) },
      'acted shells-being-closed close',
    ],
    [
      'has none, and nothing was told',
      { state: { outcomes: 0, revision: 0, command: command('look') }, invocation: ended() },
      'silent',
    ],
    [
      'was told to close',
      { state: state({ command: command('close'), triedAt: NOW }), invocation: ended() },
      'silent look',
    ],
    ['still has a key', { state: state({ seen: OPEN, triedAt: NOW - 2 * MINUTE }) }, 'failed shells-stay-open'],
    [
      'got a key again a day later',
      { state: state({ seen: OPEN, triedAt: NOW - 1440 * MINUTE }) },
      'acted shells-being-closed close',
    ],
    ['no session reaches', { state: open, hasSession: false }, 'refused shells-last-way-in'],
    [
      'sessions reach, and may not begin on',
      { state: open, sessionTrouble: { why: 'sessions are encrypted by the key k', isUnread: false } },
      'refused shells-last-way-in',
    ],
    ['sessions may reach or not', { state: open, hasSession: undefined }, 'refused shells-last-way-in'],
    [
      'no session reaches, and gets it back',
      {
        state: ruled('rejected', { closedAt: NOW - MINUTE }),
        hasSession: false,
      },
      'acted shells-being-restored restore',
    ],
    ['is in quarantine', { tags: { [QUARANTINE_TAG]: 'since' }, state: open }, 'skipped in-quarantine'],
    ['is in standby', { lifecycleState: 'Standby', state: open }, 'skipped out-of-service'],
    ['is gone', { instanceState: 'terminated', state: open }, 'skipped worker-not-running'],
    ['runs Windows', { isWindows: true, state: open }, 'silent'],
    ['belongs to EKS Auto Mode', { worker: { ...worker.worker, ownership: 'auto-mode' }, state: open }, 'silent'],
    ['opted out', { tags: { [OPT_OUT_TAG]: '' }, state: open }, 'skipped opted-out'],
    [
      'only claims to be one',
      { owner: { tags: {}, onlyClaims: 'by tags' }, state: open },
      'refused claims-to-be-worker',
    ],
    ['cannot be read', { owner: { tags: {}, unreadable: 'AccessDenied: no' }, state: open }, 'failed unreadable'],
    [
      'cannot be read for now, as EKS throttles',
      { owner: { tags: {}, unreadable: 'ThrottlingException: no', mayBeRead: true }, state: open },
      'silent',
    ],
    [
      'is to get it back',
      { state: ruled('rejected', { closedAt: NOW - MINUTE }) },
      'acted shells-being-restored restore',
    ],
    [
      'got it back',
      { state: ruled('rejected', { closedAt: NOW - MINUTE, command: command('restore') }), invocation: ended() },
      'silent look',
    ],
    [
      'got back not all',
      {
        state: ruled('rejected', { closedAt: NOW - MINUTE, command: command('restore') }),
        invocation: ended({ left: 1 }),
      },
      'failed shells-not-restored',
    ],
    [
      'was about to be told before a crash, and lets nobody in now',
      { state: { outcomes: 0, revision: 2, closing: NOW - 30 * MINUTE, seen: { at: NOW - MINUTE } } },
      'acted shells-being-closed look',
    ],
    [
      'was about to be told before a crash, and lets somebody in as ever',
      { state: state({ closing: NOW - 30 * MINUTE, seen: OPEN }) },
      'acted shells-being-closed close',
    ],
    [
      'was about to be told before a crash, and is to get it back',
      { state: ruled('rejected', { closing: NOW - 30 * MINUTE }) },
      'acted shells-being-restored restore',
    ],
    ['keeps it, as was said', { state: ruled('rejected') }, 'skipped proposal-rejected'],
  ])('that %s', (_, observation, outcome) => {
    expect(told(observation)).toBe(outcome);
  });

  it('is only proposed in mode observe, until somebody approves; off says nothing anew', () => {
    expect(told({ state: open }, under())).toBe('would-act would-close-shells');
    expect(told({ state: ruled('approved') }, under())).toBe('acted shells-being-closed close');
    const unreached = { state: ruled('approved'), hasSession: false };
    expect(told(unreached, under())).toBe('refused shells-last-way-in');
    expect(told({ state: open }, under({ shells: { hosts: 'off' } }))).toBe('skipped mode-off');
    expect(told({}, under({ shells: { hosts: 'off' } }))).toBe('silent');
  });

  it.each<[string, object, string]>([
    ['of its group', { nodegroup: 'web' }, 'skipped shells-waived'],
    ['of all', {}, 'skipped shells-waived'],
    ['of another group', { nodegroup: 'batch' }, 'acted shells-being-closed close'],
    ['of another check', { check: 'SSH.4' }, 'acted shells-being-closed close'],
    ['that has ended', { until: '2026-07-15' }, 'acted shells-being-closed close'],
  ])('with a waiver %s', (_, waiver, outcome) => {
    expect(told({ state: open }, waived(waiver))).toBe(outcome);
  });

  it('can be approved only while something is proposed, and undone once it was closed', () => {
    const ask = (action: 'approve' | 'reject', known: ShellsState) => {
      const event = { detail: { action, requestedBy: 'Ada', why: 'because' } } as never;
      const request = { event, trigger: { ...worker.trigger, id: 'r-1', time: NOW + MINUTE } };
      return answer(observed({ ...worker, state: known }), request, under()).reason;
    };
    expect(ask('approve', open)).toBe('request-refused');
    const proposed = { ...open, proposal: { target: 'shells', at: NOW } };
    expect(ask('approve', proposed)).toBe('request-granted');
    // How it stands by now is looked at first.
    expect(ask('approve', { ...proposed, seen: undefined })).toBe('request-granted');
    expect(ask('reject', proposed)).toBe('request-granted');
    expect(ask('reject', state({ closedAt: NOW - MINUTE }))).toBe('request-granted');
    expect(ask('reject', state({ closing: NOW - MINUTE }))).toBe('request-granted');
    expect(ask('reject', state({}))).toBe('request-refused');
  });

  it('is never changed but by mode enforce or an approval, whatever else is known', () => {
    const anything = fc.record({
      mode: fc.constantFrom('off', 'observe', 'enforce'),
      killSwitch: fc.boolean(),
      opted: fc.boolean(),
      ruling: fc.constantFrom(undefined, 'approved' as const, 'rejected' as const),
      seen: fc.constantFrom(undefined, OPEN, { at: NOW }),
      keys: fc.nat(3),
      action: fc.constantFrom(undefined, 'look' as const, 'close' as const, 'restore' as const),
      closedAt: fc.constantFrom(undefined, NOW - MINUTE),
      closing: fc.constantFrom(undefined, NOW - MINUTE),
      onlyClaims: fc.boolean(),
      hasSession: fc.constantFrom(true, true, false, undefined),
    });
    fc.assert(
      fc.property(
        anything,
        ({ mode, killSwitch, opted, ruling, seen, keys, action, closedAt, closing, onlyClaims, hasSession }) => {
          const base = ruling === undefined ? state({ seen }) : ruled(ruling, { seen });
          const known = { ...base, closedAt, closing, ...(action !== undefined && { command: command(action) }) };
          const { send } = decide(
            observed({
              ...worker,
              state: known,
              invocation: ended({ keys }),
              tags: opted ? { [OPT_OUT_TAG]: '' } : {},
              owner: { tags: {}, ...(onlyClaims && { onlyClaims: 'by tags' }) },
              hasSession,
            }),
            under({ killSwitch, shells: { hosts: mode } }),
          );
          if (send === undefined) return;
          expect([killSwitch, opted, onlyClaims, mode === 'off']).toEqual([false, false, false, false]);
          if (send === 'close') expect(hasSession).toBe(true);
          if (send === 'close')
            expect(ruling === 'approved' || (mode === 'enforce' && ruling === undefined)).toBe(true);
          if (send === 'restore') expect([ruling, (closedAt ?? closing) !== undefined]).toEqual(['rejected', true]);
        },
      ),
    );
  });
});

it.each<[string, Partial<Host>, number | undefined]>([
  ['owner cannot be read for now', { owner: { tags: {}, unreadable: 'ServerException: no', mayBeRead: true } }, 60],
  ['owner nobody lets it read', { owner: { tags: {}, unreadable: 'AccessDenied: no' } }, undefined],
  ['sessions AWS tells nothing of', { hasSession: undefined }, 360],
  ['sessions do not reach it', { hasSession: false }, undefined],
  ['key cannot be read for now', { sessionTrouble: { why: 'no', isUnread: true } }, 360],
  ['key lets no session begin', { sessionTrouble: { why: 'no', isUnread: false } }, undefined],
])(
  'a host whose %s is looked at again where that may pass, since the next check may be a week away',
  (_, more, every) => {
    const decision = decide(observed({ ...worker, state: open, ...more }), enforcing);
    expect(decision.every).toBe(every === undefined ? undefined : every * MINUTE);
  },
);
