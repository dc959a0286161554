import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { say } from '../model/decision.ts';
import { exposure, HOUR, isolatedWorker, NOW, observation, worker } from '../model/observation.fixture.ts';
import { newOpenGroup, type OpenGroup, type OpenWorker } from '../model/open-exposure-ledger.ts';
import { countOpen, type Finding, findingOf, SETTLE, tellingOf, withFindings } from './open-exposures.ts';

const WEB = 'shop/web';
const open = (reason = 'quarantine-budget', since = NOW): OpenWorker => ({ since, reason, exposures: 'tcp/22' });
const groupOf = (workers: OpenGroup['workers'], rest: Partial<OpenGroup> = {}): OpenGroup => ({
  ...newOpenGroup(NOW),
  since: NOW - SETTLE,
  workers,
  ...rest,
});
const some = (count: number, reason?: string): OpenGroup['workers'] =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`i-${index}`, open(reason)]));
const notified = { workers: 1, why: 'quarantine-budget', correlationId: 'exposed e-1' };

describe('what a decision says about the exposure of its worker', () => {
  it.each([
    ['the budget is used up', say('waiting', 'quarantine-budget', ''), worker(), true],
    ['the kill switch is on', say('skipped', 'kill-switch', ''), worker(), true],
    ['EKS Auto Mode owns it', say('skipped', 'auto-mode-exposed', ''), worker({ ownership: 'auto-mode' }), true],
    ['its quarantine is held up', say('refused', 'quarantine-suspended', ''), worker(), true],
    ['the kill switch is on, and it is closed', say('skipped', 'kill-switch', ''), isolatedWorker(), false],
    ['it opted out', say('skipped', 'opted-out', ''), worker(), false],
    ['an operator accepted it', say('skipped', 'accepted-exposure', ''), worker(), false],
    ['it is isolated', say('done', 'quarantined', ''), worker(), false],
    ['it is not running', say('waiting', 'quarantine-budget', ''), worker({ instanceState: 'stopped' }), false],
  ])('where %s', (_what, decision, view, isOpen) => {
    const found = findingOf({ observation: observation(view), decision }, NOW);
    expect([found?.subject, found?.open !== undefined]).toEqual([WEB, isOpen]);
  });

  it('is doubt where EC2 does not show its routes', () => {
    const { exposures } = worker();
    const view = worker({ exposures: [], doubts: exposures });
    const decision = say('waiting', 'routes-unread', '');
    expect(findingOf({ observation: observation(view), decision }, NOW)?.open?.reason).toBe('routes-unread');
    // The kill switch says nothing of its routes.
    const suspended = say('refused', 'quarantine-suspended', '');
    expect(findingOf({ observation: observation(view), decision: suspended }, NOW)?.open).toBeUndefined();
    const stopped = say('skipped', 'kill-switch', '');
    expect(findingOf({ observation: observation(view), decision: stopped }, NOW)?.open?.reason).toBe('routes-unread');
  });

  it('is nothing where it only refuses a request, as the release of a worker that is not in quarantine', () => {
    const decision = say('refused', 'request-refused', '');
    expect(findingOf({ observation: observation(worker()), decision }, NOW)).toBeUndefined();
  });

  it('is nothing where nobody knows what its security groups open: an exposure that is told of stays open', () => {
    const doubt = { ...say('waiting', 'rules-unread', ''), unread: true } as const;
    const left = { ...say('skipped', 'kill-switch', ''), unread: true } as const;
    for (const decision of [doubt, left])
      expect(findingOf({ observation: observation(worker()), decision }, NOW)).toBeUndefined();
  });

  it('is doubt where its security groups stay hidden', () => {
    const decision = say('waiting', 'rules-hidden', '');
    const view = worker({ exposures: [exposure({ openPorts: [], unread: ['sg-9'] })] });
    expect(findingOf({ observation: observation(view), decision }, NOW)?.open).toMatchObject({
      reason: 'rules-hidden',
    });
  });

  it('is nothing while another reconcile acts on it', () => {
    const decision = { ...say('waiting', 'quarantine-in-progress', ''), silent: true };
    expect(findingOf({ observation: observation(worker()), decision }, NOW)).toBeUndefined();
  });
});

describe('a group with workers that stay exposed', () => {
  it('is told once the wave has settled, with all of them and why', () => {
    const state = groupOf(some(12));
    expect(tellingOf({ ...state, since: NOW }, 'e-1', NOW)).toEqual({ unsettled: true });
    const { decision, notified: after } = tellingOf(state, 'e-1', NOW);
    expect(decision).toMatchObject({ decision: 'refused', reason: 'workers-stay-exposed' });
    expect(decision?.message).toMatch(/^12 workers stay exposed .* as the policy allows\. i-0 since .*; and 2 more\.$/);
    expect(after).toEqual({ workers: 12, why: 'quarantine-budget', correlationId: 'exposed e-1' });
  });

  it('is told to be in doubt where nothing is known of any', () => {
    const message = (workers: OpenGroup['workers']) => tellingOf(groupOf(workers), 'e-1', NOW).decision?.message;
    expect(message(some(2, 'routes-unread'))).toMatch(/^2 workers may be exposed to the Internet\. EC2 does not show/);
    expect(message(some(2, 'rules-hidden'))).toMatch(/^2 workers may be exposed .* a security group of theirs/);
    const mixed = { ...some(1, 'routes-unread'), 'i-9': open() };
    expect(message(mixed)).toMatch(/^2 workers stay exposed to the Internet\./);
  });

  it.each([
    ['goes on', groupOf(some(1), { notified }), undefined],
    ['has twice as many of them', groupOf(some(2), { notified }), 'workers-stay-exposed'],
    ['stays so for another cause', groupOf(some(1, 'kill-switch'), { notified }), 'workers-stay-exposed'],
    ['has none any more', groupOf({}, { notified }), 'exposures-ended'],
    ['has only some that are told otherwise', groupOf(some(3, 'public-by-design'), { notified }), undefined],
    ['has none, and never had', groupOf({}), undefined],
  ])('that %s', (_what, state, reason) => {
    expect(tellingOf(state, 'e-2', NOW).decision?.reason).toBe(reason);
  });

  it('keeps its incident as long as it lasts, whatever joins and leaves; and is told of few times', () => {
    const step = fc.array(
      fc.record({
        instanceId: fc.constantFrom(...Array.from({ length: 30 }, (_, n) => `i-${n}`)),
        isOpen: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state = newOpenGroup(NOW);
        let records = 0;
        for (const [index, findings] of steps.entries()) {
          const now = NOW + (index + 1) * HOUR;
          const found = findings.map(
            ({ instanceId, isOpen }): Finding => ({
              instanceId,
              subject: WEB,
              ...(isOpen && { open: open(undefined, now) }),
            }),
          );
          const before = state;
          const next = withFindings(state, WEB, found, now);
          const { decision, notified: after } = tellingOf(next, `e-${index}`, now);
          const { notified: _, ...rest } = next;
          state = { ...rest, ...(after !== undefined && { notified: after }) };
          if (decision?.decision === 'refused') records += 1;
          const isOpen = Object.keys(state.workers).length > 0;
          if (decision?.decision === 'done') records = 0;
          // Records follow doublings, beginning with one: at most six for thirty workers.
          expect(records).toBeLessThanOrEqual(6);
          expect(decision?.decision === 'done').toBe(before.notified !== undefined && !isOpen);
          if (before.notified !== undefined && isOpen)
            expect(state.notified?.correlationId).toBe(before.notified.correlationId);
        }
      }),
    );
  });

  it('counts as long as it is looked at', () => {
    const groups = [groupOf(some(2)), groupOf(some(3, 'public-by-design'))];
    expect(countOpen(groups, NOW)).toBe(5);
    expect(countOpen(groups, NOW + 49 * HOUR)).toBe(0);
  });
});

it('a worker that is gone, or of another group by now, is no longer one of it', () => {
  const state = groupOf(some(2));
  const after = withFindings(
    state,
    WEB,
    [{ instanceId: 'i-0' }, { instanceId: 'i-1', subject: 'shop/api', open: open() }],
    NOW,
  );
  expect(after.workers).toEqual({});
  expect(after.since).toBeUndefined();
});
