import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../decide/decide.ts';
import { arbitraryObservation, HOUR, NOW, nodeGroup, observation, slotsOf } from '../model/observation.fixture.ts';
import { addressesFor, capacityBlockFor, type Preflight, processesFor, reservationsFor } from '../model/preflight.ts';
import { groupFingerprint } from '../plan/next-state.ts';
import { plan } from '../plan/plan.ts';
import { type Look, planLooking } from '../plan/plan-looking.ts';
import { policyOf } from '../policy.fixture.ts';

const three = (...free: number[]) => free.map((count, index) => ({ zone: `eu-central-1${'abc'[index]}`, free: count }));
const group = { desired: 6, atATime: 2 };

describe('the addresses for new nodes', () => {
  it.each([
    ['enough for the surge of two in each zone', group, three(2, 2, 2), [], []],
    [
      'none',
      group,
      three(0, 0, 0),
      ['its 3 subnets have no free address, and EKS launches at least 2 before it removes old nodes'],
      [],
    ],
    [
      'fewer than go at a time',
      group,
      three(1, 0, 0),
      ['its 3 subnets have 1 free address, and EKS launches at least 2 before it removes old nodes'],
      [],
    ],
    [
      'fewer than the surge',
      group,
      three(2, 2, 1),
      [],
      ['its 3 subnets have 5 free addresses, and EKS launches up to 6 before it removes old nodes'],
    ],
    [
      'fewer than go at a time, which are more than the surge',
      { desired: 40, atATime: 10 },
      three(3, 3, 3),
      ['its 3 subnets have 9 free addresses, and EKS launches at least 10 before it removes old nodes'],
      [],
    ],
    ['fewer than go at a time, and enough for all that it has', { desired: 2, atATime: 10 }, three(2, 2, 2), [], []],
    ['none, where old nodes go first', { ...group, launchesFirst: false }, three(0, 0, 0), [], []],
    ['none, for no nodes', { desired: 0, atATime: 1 }, three(0, 0, 0), [], []],
    ['none of IPv4 in a subnet of IPv6 alone', group, [{ zone: 'a' }, ...three(0)], [], []],
    ['nobody knows of any', group, [], [], []],
  ])('%s', (_what, view, subnets, blockers, warnings) => {
    const seen = addressesFor(view, subnets);
    expect({ ...seen, blockers: seen.blockers.map(({ why }) => why) }).toEqual({ blockers, warnings });
  });
});

describe('the suspended processes of its Auto Scaling group', () => {
  it.each<[string, Parameters<typeof reservationsFor>[0], string | undefined, number]>([
    ['that new nodes need room in', { desired: 3, atATime: 2 }, 'capacity-reservations-only', 1],
    ['that old ones leave first', { desired: 3, atATime: 2, launchesFirst: false }, 'capacity-reservations-only', 0],
    ['of a group without nodes', { desired: 0, atATime: 1 }, 'capacity-reservations-only', 0],
    ['that are used where there is room', { desired: 3, atATime: 2 }, 'open', 0],
    ['that nobody asks for', { desired: 3, atATime: 2 }, undefined, 0],
  ])('warns of capacity reservations %s', (_what, view, preference, warnings) => {
    const CapacityReservationSpecification = { CapacityReservationPreference: preference as never };
    const data = preference === undefined ? {} : { CapacityReservationSpecification };
    const seen = reservationsFor(view, { version: 4, data });
    expect(seen.warnings).toHaveLength(warnings);
    if (warnings > 0) expect(seen.warnings[0]).toContain('EKS launches at least 2 nodes there');
  });

  it.each<[string, Parameters<typeof processesFor>[0], string[], string[]]>([
    [
      'Launch blocks, whatever else is suspended',
      { desired: 2, suspended: ['Terminate', 'Launch'] },
      ['the process Launch of its Auto Scaling group is suspended, so no new node comes up'],
      [],
    ],
    [
      'Terminate warns',
      { desired: 2, suspended: ['Terminate'] },
      [],
      ['the process Terminate of its Auto Scaling group is suspended, so nodes beyond its size may stay'],
    ],
    ['AZRebalance, which many suspend, does neither', { desired: 2, suspended: ['AZRebalance'] }, [], []],
    ['a group without nodes has none to launch', { desired: 0, suspended: ['Launch'] }, [], []],
    ['what could not be read blocks nothing', { desired: 2 }, [], []],
  ])('%s', (_what, view, blockers, warnings) => {
    const seen = processesFor(view);
    expect({ ...seen, blockers: seen.blockers.map(({ why }) => why) }).toEqual({ blockers, warnings });
  });
});

it.each<[string, Parameters<typeof capacityBlockFor>[0], string[]]>([
  [
    'nodes in a Capacity Block block',
    { desired: 2, capacityType: 'CAPACITY_BLOCK' },
    ['its 2 nodes run in a Capacity Block, and EKS upgrades such a group well only while its desired size is 0'],
  ],
  ['none are there', { desired: 0, capacityType: 'CAPACITY_BLOCK' }, []],
  ['Spot is no block', { desired: 2, capacityType: 'SPOT' }, []],
  ['what EKS does not tell blocks nothing', { desired: 2 }, []],
])('a Capacity Block: %s', (_what, view, blockers) => {
  expect(capacityBlockFor(view).blockers.map(({ why }) => why)).toEqual(blockers);
});

const full: Preflight = {
  blockers: [{ kind: 'addresses', why: 'its 3 subnets have no free address', which: 'addresses' }],
  warnings: [],
};
const heldBy = (budget: string, pods: string): Preflight => ({
  blockers: [{ kind: 'eviction', why: `${budget} allows no eviction of ${pods}`, which: budget }],
  warnings: [],
});
const tight: Preflight = { blockers: [], warnings: ['its 3 subnets have 5 free addresses'] };
const circumstances = (preflight: string, found: ReadonlyArray<[string, Preflight]>, isOver = false) => ({
  policy: policyOf({ upgrades: { preflight } }),
  now: NOW,
  account: '111122223333',
  slots: {},
  preflights: { found: new Map(found), isOver },
});

describe('a look before the start', () => {
  it('keeps a node group from starting where the upgrade would surely be blocked, and looks again', () => {
    expect(decide(observation(nodeGroup()), circumstances('block', [['shop/general', full]]))).toMatchObject({
      decision: 'refused',
      reason: 'preflight-blocked',
      message: 'The upgrade does not start, because it would be blocked: its 3 subnets have no free address.',
      wakeAt: NOW + HOUR / 2,
    });
  });

  it('records that something else blocks, and not that other pods are held by the same budget', () => {
    const variantOf = (...seen: Preflight[]) => {
      const found = { blockers: seen.flatMap(({ blockers }) => blockers), warnings: [] };
      return decide(observation(nodeGroup()), circumstances('block', [['shop/general', found]])).variant;
    };
    expect(variantOf(heldBy('web', 'web-1'))).toBe(variantOf(heldBy('web', 'web-2 and web-3')));
    const others = [heldBy('web', 'web-1'), heldBy('api', 'api-1'), full].map((seen) => variantOf(seen));
    expect(new Set(others).size).toBe(3);
    expect(variantOf(full, heldBy('web', 'web-1'))).toBe(variantOf(heldBy('web', 'web-1'), full));
  });

  it('says nothing new of a blocked node group while another one has the slot, unless something else is due', () => {
    const before = decide(observation(nodeGroup()), circumstances('block', [['shop/general', full]]));
    const waits = (fingerprint: string) => {
      const slots = slotsOf({ 'shop/other': 'shop' });
      const given = { ...circumstances('block', []), slots };
      return decide(observation(nodeGroup(), { fingerprint }), given);
    };
    expect(waits(groupFingerprint(before))).toMatchObject({ reason: 'cluster-concurrency', isSilent: true });
    const others = ['upgrade-started 1.33.13-20260714 1', groupFingerprint(before).replace('20260714', '20260625')];
    expect(others.map((each) => waits(each).isSilent)).toEqual([undefined, undefined]);
  });

  it('lets no disruption budget block where EKS is told to pass over them, and tells of it; addresses still do', () => {
    const policy = policyOf({ upgrades: { force: true } });
    const decided = (seen: Preflight) =>
      decide(observation(nodeGroup()), { ...circumstances('block', [['shop/general', seen]]), policy });
    expect(decided(heldBy('web', 'web-1'))).toMatchObject({
      reason: 'upgrade-started',
      message: expect.stringContaining('Warning: web allows no eviction of web-1.'),
    });
    expect(decided(full).reason).toBe('preflight-blocked');
  });

  it.each([
    ['block', tight, ' Warning: its 3 subnets have 5 free addresses.'],
    ['warn', full, ' Warning: its 3 subnets have no free address.'],
    ['off', full, ''],
  ])('by %s only tells what may', (preflight, seen, told) => {
    const { start, message } = decide(observation(nodeGroup()), circumstances(preflight, [['shop/general', seen]]));
    expect(start).toBeDefined();
    expect(message).toBe(`The node group is being upgraded from 1.33.12-20260625 to 1.33.13-20260714.${told}`);
  });

  it('leaves the slot of whoever is blocked to the next, and holds whoever was not looked at once it is over', () => {
    const groups = ['a', 'b'].map((nodegroup) => observation(nodeGroup(), {}, { cluster: 'shop', nodegroup }));
    const decided = (isOver: boolean) =>
      plan(groups, circumstances('block', [['shop/a', full]], isOver)).decided.map(
        ({ observation: { key }, decision: { reason } }) => `${key.nodegroup} ${reason}`,
      );
    expect(decided(false).sort()).toEqual(['a preflight-blocked', 'b upgrade-started']);
    expect(decided(true).sort()).toEqual(['a preflight-blocked', 'b preflight-pending']);
  });

  it('wakes no more than twenty in the same minute of those whom it has not seen, and all of them in turn', () => {
    const groups = Array.from({ length: 50 }, (_, index) =>
      observation(nodeGroup(), {}, { cluster: `c${index}`, nodegroup: 'web' }),
    );
    const { decided } = plan(groups, circumstances('block', [], true));
    expect(new Set(decided.map(({ decision }) => decision.reason))).toEqual(new Set(['preflight-pending']));
    const minutes = decided.map(({ decision: { wakeAt = 0 } }) => (wakeAt - NOW) / 60_000);
    const woken = Map.groupBy(minutes, (minute) => minute);
    expect([...woken].map(([minute, all]) => [minute, all.length])).toEqual([
      [1, 20],
      [2, 20],
      [3, 10],
    ]);
  });

  it('is taken at whatever would start, and at others only in the place of those that are blocked; never without end', async () => {
    const groups = Array.from({ length: 9 }, (_, index) =>
      observation(nodeGroup(), {}, { cluster: `c${index}`, nodegroup: 'web' }),
    );
    const policy = policyOf({ upgrades: { concurrency: { perAccount: 1 } } });
    const given = { policy, now: NOW, account: '111122223333', slots: {} };
    const startedOf = async (blocked: number) => {
      const looks: string[] = [];
      const look: Look = async (unseen) => {
        const names = unseen.map(({ observation: { key } }) => `${key.cluster}/${key.nodegroup}`);
        looks.push(...names);
        return new Map(names.map((name) => [name, looks.length <= blocked ? full : tight]));
      };
      const { planned } = await planLooking(
        { look, readGates: () => Promise.reject(new Error('the policy names no gate')) },
        groups,
        given,
      );
      const started = planned.decided.filter(({ decision }) => decision.start !== undefined);
      return [
        looks.length,
        started.map(({ observation: { key } }) => `${key.cluster}/${key.nodegroup}`).join() === looks.at(-1),
      ];
    };
    expect(await startedOf(0)).toEqual([1, true]);
    expect(await startedOf(2)).toEqual([3, true]);
    expect(await startedOf(9)).toEqual([4, false]);
  });

  it('never starts what is blocked or was not looked at, and starts all else', () => {
    const seen = fc.constantFrom<Preflight | undefined>(undefined, full, tight, { blockers: [], warnings: [] });
    fc.assert(
      fc.property(arbitraryObservation, seen, fc.boolean(), (subject, preflight, isOver) => {
        const { cluster, nodegroup } = subject.key;
        const found: Array<[string, Preflight]> =
          preflight === undefined ? [] : [[`${cluster}/${nodegroup}`, preflight]];
        const looked = decide(subject, circumstances('block', found, isOver));
        const free = decide(subject, circumstances('off', []));
        if (free.start === undefined) expect(looked.start).toBeUndefined();
        else expect(looked.start === undefined).toBe(preflight === full || (preflight === undefined && isOver));
      }),
    );
  });
});
