import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import { circumstances, HOUR, image, member, NEW, NOW, OLD, policyWith, seen, under } from './observation.fixture.ts';

const order = { launchedBefore: NOW - 10 * HOUR, why: 'They do not trust it.', until: NOW + HOUR };
const OPEN = [{ cron: '0 11 * * *', duration: '2h' }];
const FOREIGN = { image: image(NEW, HOUR, { owner: '2' }) };
const SHUT = [{ cron: '0 2 * * *', duration: '1h' }];

/** Anything that may hold a replacement back, around a group with a worker that its order means. */
const situation = fc.record({
  mode: fc.constantFrom<string[]>('enforce', 'enforce', 'observe', 'off'),
  killSwitch: fc.constantFrom<boolean[]>(false, false, false, true),
  windows: fc.constantFrom<Array<typeof OPEN>>([], OPEN, SHUT),
  underWay: fc.constantFrom<string[][]>([], ['shop/self-managed:a'], ['shop/self-managed:a', 'shop/self-managed:b']),
  perCluster: fc.integer({ min: 1, max: 2 }),
  isAllowed: fc.constantFrom<Array<boolean | undefined>>(undefined, true, true, false),
  hasForeign: fc.boolean(),
  isNamed: fc.constantFrom<boolean[]>(true, true, true, false),
  drains: fc.constantFrom<boolean[]>(true, true, true, false),
  isQuarantined: fc.constantFrom<boolean[]>(false, false, true),
  suspended: fc.constantFrom<string[][]>([], [], ['Terminate']),
  failed: fc.constantFrom<number[]>(0, 0, 1),
  isLate: fc.boolean(),
});

/** A situation in which nothing holds a replacement back. */
const FREE = {
  mode: 'enforce',
  killSwitch: false,
  windows: OPEN,
  underWay: [],
  perCluster: 1,
  isAllowed: true,
  hasForeign: false,
  isNamed: true,
  drains: true,
  isQuarantined: false,
  suspended: [],
  failed: 0,
  isLate: false,
};

it('never loses an order, and replaces nobody outside windows and limits, or with an AMI that is not allowed', () => {
  let started = 0;
  fc.assert(
    fc.property(situation, (given) => {
      const { mode, windows, perCluster, killSwitch, isAllowed, hasForeign, isNamed, drains, failed } = given;
      const policy = policyWith({ mode, windows, concurrency: { perCluster } }, { killSwitch });
      const { wanted: _, ...all } = seen(
        {
          order: { ...order, ...(given.isLate && { lateFrom: NOW - HOUR }) },
          drains,
          present: image(OLD, 96 * HOUR, isAllowed === undefined ? {} : { isAllowed }),
          state: under({ refresh: undefined, failures: { target: OLD, count: failed, resumed: 0 } }),
        },
        {
          suspended: given.suspended,
          members: [member('i-1', { launchedAt: order.launchedBefore - 1, isQuarantined: given.isQuarantined })],
        },
      );
      const observation = isNamed
        ? { ...all, wanted: { kind: 'named' as const, candidates: hasForeign ? [FOREIGN] : [] } }
        : all;
      const decision = decide(observation, circumstances(policy, { underWay: new Set(given.underWay) }));
      expect(decision.silent).toBeUndefined();
      expect(decision.message).not.toBe('');
      if (decision.act !== 'start') {
        expect(decision.decision).toMatch(/^(?:waiting|refused|skipped|would-act)$/);
        return;
      }
      started += 1;
      expect(decision.memory.refresh).toMatchObject({ target: OLD, replaces: order.launchedBefore });
      expect([mode, killSwitch, drains, failed]).toEqual(['enforce', false, true, 0]);
      expect(windows).not.toBe(SHUT);
      expect(given.underWay.length).toBeLessThan(perCluster);
      expect(isAllowed).not.toBe(false);
    }),
    { numRuns: 200, examples: [[FREE]] },
  );
  expect(started).toBeGreaterThan(0);
});
