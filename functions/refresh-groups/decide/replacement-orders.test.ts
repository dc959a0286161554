import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Gates } from '../../shared/gates/gates.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import {
  circumstances,
  HOUR,
  image,
  member,
  NEW,
  NOW,
  OLD,
  policyWith,
  seen,
  under,
} from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

const order = { launchedBefore: NOW - 10 * HOUR, why: 'They do not trust it.', until: NOW + HOUR };
const OPEN = [{ cron: '0 11 * * *', duration: '2h' }];
const FOREIGN = { image: image(NEW, HOUR, { owner: '2' }) };
const SHUT = [{ cron: '0 2 * * *', duration: '1h' }];

/** What other groups do that come before, by whether a group of a later wave waits for that; undefined: nobody has looked. */
const EARLIER = {
  none: [],
  replacing: [{ isUnderWay: true }],
  waiting: [{ reason: 'refresh-outside-window' }],
  stuck: [{ reason: 'nobody-drains' }],
  unread: undefined,
} satisfies Record<string, ReadonlyArray<Partial<OrderedGroup['state']>> | undefined>;
const AWAITED: ReadonlySet<string> = new Set(['replacing', 'waiting', 'unread']);
const earlier = (state: Partial<OrderedGroup['state']>): OrderedGroup => ({
  key: { cluster: 'canary', nodegroup: 'self-managed:web' },
  wave: 0,
  state: { isUnderWay: false, ...state },
});

/** The gates of the policy: an alarm, and a change calendar that is open. */
const gatesAt = (state: 'OK' | 'ALARM'): Gates => ({
  alarms: new Map([['errors', { kind: 'alarm', state }]]),
  calendars: new Map([['freeze', { kind: 'calendar', isOpen: true, changesAt: NOW + HOUR }]]),
});

/** Anything that may hold a replacement back, around a group with a worker that its order means. */
const anything = fc.record({
  mode: fc.constantFrom<string[]>('enforce', 'enforce', 'observe', 'off'),
  killSwitch: fc.constantFrom<boolean[]>(false, false, false, true),
  windows: fc.constantFrom<Array<typeof OPEN>>([], OPEN, SHUT),
  here: fc.constantFrom<string[][]>([], ['shop/self-managed:a'], ['shop/self-managed:a', 'shop/self-managed:b']),
  elsewhere: fc.constantFrom<string[][]>([], [], ['lab/self-managed:a'], ['lab/self-managed:a', 'lab/self-managed:b']),
  perCluster: fc.integer({ min: 1, max: 3 }),
  perAccount: fc.integer({ min: 1, max: 5 }),
  gate: fc.constantFrom<Array<'none' | 'unread' | 'OK' | 'ALARM'>>('none', 'OK', 'ALARM', 'unread'),
  wave: fc.constantFrom<Array<'none' | 'first' | 'last'>>('none', 'first', 'last'),
  before: fc.constantFrom<Array<keyof typeof EARLIER>>('none', 'none', 'replacing', 'waiting', 'stuck', 'unread'),
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
const FREE: typeof anything extends fc.Arbitrary<infer Situation> ? Situation : never = {
  mode: 'enforce',
  killSwitch: false,
  windows: OPEN,
  here: [],
  elsewhere: ['lab/self-managed:a'],
  perCluster: 1,
  perAccount: 2,
  gate: 'OK',
  wave: 'last',
  before: 'stuck',
  isAllowed: true,
  hasForeign: false,
  isNamed: true,
  drains: true,
  isQuarantined: false,
  suspended: [],
  failed: 0,
  isLate: false,
};

/** Mostly a few things hold it back: among all of them nothing would ever start. */
const situation = fc
  .tuple(anything, fc.subarray(Object.keys(FREE), { maxLength: 3 }), fc.boolean())
  .map(([drawn, few, hasAll]) =>
    hasAll ? drawn : { ...FREE, ...Object.fromEntries(Object.entries(drawn).filter(([key]) => few.includes(key))) },
  );

it('never loses an order: it starts just where windows, limits, gates, waves and the AMI let it, and says why not elsewhere', () => {
  let started = 0;
  fc.assert(
    fc.property(situation, (given) => {
      const { mode, windows, perCluster, perAccount, killSwitch, isAllowed, hasForeign, isNamed, drains, failed } =
        given;
      const { gate, wave, before } = given;
      const upgrades = {
        ...(wave !== 'none' && { waves: ['canary', 'prod'], wave: wave === 'first' ? 'canary' : 'prod' }),
        ...(gate !== 'none' && { gates: { alarms: ['errors'], calendars: ['freeze'] } }),
      };
      const policy = policyWith({ mode, windows, concurrency: { perCluster, perAccount } }, { killSwitch, upgrades });
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
      const replacements = EARLIER[before]?.map(earlier);
      const decision = decide(
        observation,
        circumstances(policy, {
          underWay: new Set([...given.here, ...given.elsewhere]),
          ...((gate === 'OK' || gate === 'ALARM') && { gates: gatesAt(gate) }),
          ...(replacements && { replacements }),
        }),
      );
      const isFree =
        mode === 'enforce' &&
        !killSwitch &&
        windows !== SHUT &&
        isNamed &&
        drains &&
        failed === 0 &&
        isAllowed !== false &&
        !given.isQuarantined &&
        given.suspended.length === 0 &&
        given.here.length < perCluster &&
        given.here.length + given.elsewhere.length < perAccount &&
        (gate === 'none' || gate === 'OK') &&
        !(wave === 'last' && AWAITED.has(before));
      if (!hasForeign) expect(decision.act === 'start').toBe(isFree);
      expect(decision.silent).toBeUndefined();
      expect(decision.message).not.toBe('');
      if (decision.act !== 'start') {
        expect(decision.decision).toMatch(/^(?:waiting|refused|skipped|would-act)$/);
        return;
      }
      started += 1;
      expect(decision.memory.refresh).toMatchObject({ target: OLD, replaces: order.launchedBefore });
      expect(isFree).toBe(true);
    }),
    { numRuns: 200, examples: [[FREE]] },
  );
  expect(started).toBeGreaterThan(0);
});
