import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUARANTINE_TAG } from '../shared/fleet/scope.ts';
import { decide } from './decide.ts';
import type { Observation, OrderedQuarantine } from './observe.ts';
import type { Policy } from './policy.ts';

const NOW = Date.parse('2026-07-20T12:00:00Z');
const TAGS = { [QUARANTINE_TAG]: '2026-07-19T12:00:00Z' };
const WORKER = { cluster: 'shop', nodegroup: 'web', ownership: 'managed', certain: true } as const;

const quarantine = (more: Partial<OrderedQuarantine> = {}): OrderedQuarantine => ({
  phase: 'terminating',
  cluster: 'shop',
  nodegroup: 'web',
  expiresAt: NOW + 3_600_000,
  termination: { orderedAt: NOW - 1000, by: 'request' },
  request: { requestedBy: 'Ada', why: 'it was taken over' },
  saved: {},
  ...more,
});

const seen = (more: Partial<Observation> = {}): Observation => ({
  instanceId: 'i-0a',
  trigger: { id: 'e-1', type: 'Termination Reconcile Request (quarantine)', time: NOW, redelivered: false },
  quarantine: quarantine(),
  state: { outcomes: 0, revision: 0 },
  instance: { state: 'running', tags: TAGS, spot: false },
  identity: { worker: WORKER, owner: { tags: {} } },
  ...more,
});

const policyWith = (quarantine: Partial<Policy['quarantine']> = {}, more: Partial<Policy> = {}): Policy => ({
  killSwitch: false,
  scope: {},
  quarantine: { mode: 'enforce', onExpiry: 'alarm', ...quarantine },
  ...more,
});
const decided = (observation: Observation, policy: Policy | { readonly error: string } = policyWith()) =>
  decide(observation, { policy, now: NOW, account: '111122223333' });

describe('a worker in quarantine', () => {
  it('is terminated where an operator asked for it', () => {
    const made = decided(seen());
    expect(made).toMatchObject({
      decision: 'done',
      reason: 'termination-called',
      terminate: { liftProtection: false },
    });
    expect(made?.message).toContain('as Ada asked: it was taken over');
  });

  it('is terminated at its expiry where the policy says so', () => {
    const expired = quarantine({ expiresAt: NOW, termination: { orderedAt: NOW, by: 'expiry' } });
    expect(decided(seen({ quarantine: expired }), policyWith({ onExpiry: 'terminate' }))?.terminate).toBeDefined();
  });

  it('loses the protection that its quarantine had set, and no other; a Spot Instance has none', () => {
    const own = quarantine({ saved: { terminationProtected: false } });
    const others = quarantine({ saved: { terminationProtected: true } });
    const spot = { state: 'running', tags: TAGS, spot: true };
    expect(decided(seen({ quarantine: own }))?.terminate).toEqual({ liftProtection: true });
    expect(decided(seen({ quarantine: others }))?.terminate).toEqual({ liftProtection: false });
    expect(decided(seen({ quarantine: own, instance: spot }))?.terminate).toEqual({ liftProtection: false });
  });

  it.each([
    ['its ledger item has no quarantine', { quarantine: undefined }],
    ['it is isolated, not to be terminated', { quarantine: quarantine({ phase: 'isolated' }) }],
    ['it is being released', { quarantine: quarantine({ phase: 'releasing' }) }],
    ['nothing was ordered', { quarantine: quarantine({ termination: undefined }) }],
    [
      'it is on its way out, and that was told',
      {
        instance: { state: 'shutting-down', tags: TAGS, spot: false },
        state: { outcomes: 1, revision: 1, orderedAt: NOW - 1000 },
      },
    ],
    ['EC2 shows it no more', { instance: undefined }],
    ['the order was answered', { state: { outcomes: 1, revision: 1, orderedAt: NOW - 1000, refused: 'no' } }],
  ])('is left alone, and nothing is said: %s', (_what, more) => {
    expect(decided(seen(more as Partial<Observation>))).toBeUndefined();
  });

  it.each(['shutting-down', 'terminated'])(
    'is told of where it was not, and is %s by now: nothing more is called',
    (state) => {
      const made = decided(seen({ instance: { state, tags: TAGS, spot: false } }));
      expect(made).toMatchObject({ decision: 'done', reason: 'termination-called' });
      expect([made?.terminate, made?.refused]).toEqual([undefined, undefined]);
    },
  );

  it('is terminated by a new order after an older one was refused', () => {
    const state = { outcomes: 1, revision: 1, orderedAt: NOW - 2000, refused: 'no' };
    expect(decided(seen({ state }))?.terminate).toBeDefined();
  });

  const expired = quarantine({ expiresAt: NOW, termination: { orderedAt: NOW, by: 'expiry' } });
  const identity = (worker: object, owner: object) => ({
    identity: { worker: { ...WORKER, ...worker }, owner: { tags: {}, ...owner } },
  });
  const instance = (tags: object) => ({ instance: { state: 'running', tags: { ...TAGS, ...tags }, spot: false } });
  it.each([
    ['the instance opted out', instance({ 'eks-host-remediator:ignore': '' }), {}, 'opted out'],
    ['its cluster opted out', identity({}, { tags: { 'eks-host-remediator:ignore': '' } }), {}, 'opted out'],
    ['only tags claim it', identity({}, { onlyClaims: 'Its tags claim it.' }), {}, 'Its tags claim it.'],
    ['it claims nothing any more', { identity: undefined }, {}, 'no tag names it'],
    ['it is of another cluster', identity({ cluster: 'other' }, {}), {}, 'it is a worker of other'],
    ['EKS does not tell', identity({}, { unreadable: 'AccessDeniedException: no' }), {}, 'AccessDeniedException'],
    [
      'it lacks the tag',
      { instance: { state: 'running', tags: {}, spot: false } },
      {},
      'does not have the tag of a quarantine',
    ],
    ['the kill switch is on', {}, policyWith({}, { killSwitch: true }), 'kill switch'],
    ['quarantine is off', {}, policyWith({ mode: 'off' }), 'Mode is off'],
    ['nobody approved it in mode observe', {}, policyWith({ mode: 'observe' }), 'mode is observe'],
    ['its cluster is out of scope', {}, policyWith({}, { scope: { clusters: ['other'] } }), 'scope leaves out shop'],
    ['the policy is invalid', {}, { error: 'quarantine.mode: no' }, 'quarantine.mode: no'],
    ['nobody asked for it', { quarantine: quarantine({ request: undefined }) }, {}, 'names nobody'],
    [
      'its expiry has not come',
      { quarantine: quarantine({ termination: { orderedAt: NOW, by: 'expiry' } }) },
      policyWith({ onExpiry: 'terminate' }),
      'has not expired',
    ],
    [
      'the policy only alarms at the end',
      { quarantine: expired },
      {},
      'terminates no worker when its quarantine expires',
    ],
    [
      'mode is observe at the end, whoever approved its beginning',
      { quarantine: { ...expired, approved: { id: 'r' } } },
      policyWith({ mode: 'observe', onExpiry: 'terminate' }),
      'terminates no worker when its quarantine expires',
    ],
  ])('is not terminated, and it is told why: %s', (_what, more, policy, message) => {
    const made = decided(
      seen(more as Partial<Observation>),
      'quarantine' in policy || 'error' in policy ? policy : undefined,
    );
    expect(made).toMatchObject({ decision: 'skipped', reason: 'termination-withheld' });
    expect(made?.terminate).toBeUndefined();
    expect(made?.refused).toContain(message);
  });

  it('is terminated in mode observe where an operator had approved its quarantine, and asked for the end', () => {
    const approved = seen({ quarantine: quarantine({ approved: { id: 'r' } }) });
    expect(decided(approved, policyWith({ mode: 'observe' }))?.terminate).toBeDefined();
  });
});

it('terminates nothing without an order, a proof, the tag and a policy that lets it, whatever else is so', () => {
  const any = fc.record({
    phase: fc.constantFrom('isolating', 'isolated', 'releasing', 'terminating'),
    by: fc.constantFrom('request', 'expiry', undefined),
    asked: fc.boolean(),
    approved: fc.boolean(),
    expired: fc.boolean(),
    tagged: fc.boolean(),
    ignored: fc.boolean(),
    claimed: fc.boolean(),
    mode: fc.constantFrom('off', 'observe', 'enforce'),
    onExpiry: fc.constantFrom('alarm', 'terminate'),
    killSwitch: fc.boolean(),
  });
  fc.assert(
    fc.property(any, (given) => {
      const { phase, by, asked, approved, expired, tagged, ignored, claimed, mode, onExpiry, killSwitch } = given;
      const held: OrderedQuarantine = {
        ...quarantine({ phase, expiresAt: expired ? NOW : NOW + 1, termination: by && { orderedAt: NOW, by } }),
        request: asked ? { requestedBy: 'Ada', why: 'why not' } : undefined,
        approved: approved ? { id: 'r' } : undefined,
      };
      const tags = { ...(tagged && TAGS), ...(ignored && { 'eks-host-remediator:ignore': '' }) };
      const owner = { tags: {}, ...(claimed && { onlyClaims: 'It only claims to be one.' }) };
      const observation = seen({
        quarantine: held,
        instance: { state: 'running', tags, spot: false },
        identity: { worker: WORKER, owner },
      });
      const may =
        phase === 'terminating' &&
        tagged &&
        !ignored &&
        !claimed &&
        !killSwitch &&
        (by === 'request'
          ? asked && (mode === 'enforce' || (mode === 'observe' && approved))
          : by === 'expiry' && expired && mode === 'enforce' && onExpiry === 'terminate');
      const made = decided(observation, policyWith({ mode, onExpiry }, { killSwitch }));
      expect(made?.terminate !== undefined).toBe(may);
    }),
  );
});
