import { expect, it } from 'vitest';
import { AUTO_SCALING_GROUP_TAG } from '../../shared/fleet/worker.ts';
import { NOW, quarantine, worker } from '../model/observation.fixture.ts';
import type { Saved, SavedTarget } from '../model/quarantine-ledger.ts';
import type { StepSubject } from '../steps/step.ts';
import { capture, withNewcomers, withPlaces } from './capture.ts';

const TARGET: SavedTarget = { targetGroupArn: 'arn:group', id: 'i-1' };

/** Reads the places of a worker of that age, of which Auto Scaling and the tags show as much as is given. */
async function read(given: {
  readonly age: number;
  readonly tagged?: string;
  readonly member?: object;
  readonly saved?: Partial<Saved>;
  readonly targets?: readonly SavedTarget[];
}): Promise<Saved> {
  const tags: Record<string, string> = given.tagged === undefined ? {} : { [AUTO_SCALING_GROUP_TAG]: given.tagged };
  const saved: Saved = { interfaces: [], targets: [], placesUnread: true, ...given.saved };
  const places = await withPlaces({
    clients: {
      autoScaling: { send: async () => ({ AutoScalingInstances: given.member === undefined ? [] : [given.member] }) },
      targetsOf: async () => [...(given.targets ?? [])],
    } as never,
    instanceId: 'i-1',
    view: worker({ launchedAt: NOW - given.age, tags }),
    quarantine: quarantine({ saved }),
    now: NOW,
  } as Partial<StepSubject> as StepSubject);
  return places.saved;
}

it('saves the group that Auto Scaling shows, or the tag that it alone sets', async () => {
  const member = { AutoScalingGroupName: 'asg', LifecycleState: 'Standby' };
  expect(await read({ age: 5_000, member })).toMatchObject({ autoScalingGroup: 'asg', standby: true });
  expect(await read({ age: 5_000, tagged: 'asg' })).toMatchObject({ autoScalingGroup: 'asg', standby: false });
});

it('reads the group again where neither shows it of a worker that was launched a moment ago', async () => {
  const early = await read({ age: 5_000, targets: [TARGET] });
  expect(early).toEqual({ interfaces: [], targets: [TARGET], placesUnread: true });
  const late = await read({ age: 30_000, tagged: 'asg', saved: early });
  expect(late).toEqual({ interfaces: [], targets: [TARGET], autoScalingGroup: 'asg', standby: false });
});

it('takes an older worker that neither shows for one of no group', async () => {
  expect(await read({ age: 61_000 })).toEqual({ interfaces: [], targets: [] });
});

it('keeps what can be read of its places where AWS lets nobody read the others, and reads those again', async () => {
  const denied = Object.assign(new Error('because'), { name: 'AccessDenied', $fault: 'client' });
  const withRefused = (what: 'group' | 'targets', saved: Partial<Saved> = {}) =>
    withPlaces({
      clients: {
        autoScaling: {
          send: async () => {
            if (what === 'group') throw denied;
            return { AutoScalingInstances: [{ AutoScalingGroupName: 'asg', LifecycleState: 'Standby' }] };
          },
        },
        targetsOf: async () => {
          if (what === 'targets') throw denied;
          return [TARGET];
        },
      } as never,
      instanceId: 'i-1',
      view: worker({ launchedAt: NOW - 3_600_000 }),
      quarantine: quarantine({ saved: { interfaces: [], targets: [], placesUnread: true, ...saved } }),
      now: NOW,
    } as Partial<StepSubject> as StepSubject);
  expect(await withRefused('group')).toEqual({
    saved: { interfaces: [], targets: [TARGET], placesUnread: true },
    refused: 'AccessDenied: because',
  });
  const first = await withRefused('targets');
  expect(first).toMatchObject({
    saved: { targets: [], autoScalingGroup: 'asg', standby: true, placesUnread: true },
    refused: 'AccessDenied: because',
  });
  // Its own standby is not taken for one of before.
  const own = { autoScalingGroup: 'asg', standby: false };
  expect((await withRefused('targets', own)).saved).toMatchObject({ ...own, placesUnread: true });
});

it('looks for targets by the IPv6 addresses and prefixes, too, that are taken off by then', async () => {
  const [first] = worker().interfaces;
  if (first === undefined) throw new TypeError('A worker has an interface.');
  const before = {
    id: first.id,
    groups: ['sg-1'],
    addresses: [],
    ipv6: ['2001:db8::7'],
    ipv6Prefixes: ['2001:db8:1::/80'],
  };
  let asked: unknown;
  await withPlaces({
    clients: {
      autoScaling: { send: async () => ({ AutoScalingInstances: [] }) },
      targetsOf: async (_id: string, { interfaces }: Pick<StepSubject['view'], 'interfaces'>) => {
        asked = interfaces.map(({ ipv6, ipv6Prefixes }) => [ipv6.map(({ address }) => address), ipv6Prefixes]);
        return [];
      },
    } as never,
    instanceId: 'i-1',
    view: worker({ interfaces: [{ ...first, ipv6: [], ipv6Prefixes: [] }] }),
    quarantine: quarantine({ saved: { interfaces: [before], targets: [], placesUnread: true } }),
    now: NOW,
  } as Partial<StepSubject> as StepSubject);
  expect(asked).toEqual([[['2001:db8::7'], ['2001:db8:1::/80']]]);
});

it('leaves room in the ledger, however many interfaces come and go, and forgets none of the beginning', () => {
  const [own] = worker().interfaces;
  if (own === undefined) throw new TypeError('A worker has an interface.');
  const named = (id: string) => ({
    ...own,
    id,
    primary: false,
    groupIds: Array.from({ length: 16 }, (_, n) => `sg-${n}`),
    ipv6: Array.from({ length: 50 }, (_, n) => ({ address: `2a05:d014:0:0:0:0:0:${n}`, primary: false })),
  });
  const first = worker().interfaces.map(({ id }) => id);
  const begun = capture(worker(), quarantine());
  let state = begun;
  for (let n = 0; n < 5_000; n += 1) {
    // The interfaces of the beginning are missing in each second read.
    state = withNewcomers(state, worker({ interfaces: n % 2 === 0 ? [named(`eni-${n}`)] : [own, named(`eni-${n}`)] }));
  }
  const saved = state.saved.interfaces.map(({ id }) => id);
  expect(saved.slice(0, first.length)).toEqual(first);
  expect(saved.at(-1)).toBe('eni-4999');
  expect(JSON.stringify(state).length).toBeLessThan(200_000);
});

it('completes an address that EC2 showed without its allocation at first, so that a release gives it back', () => {
  const address = { publicIp: '198.51.100.1', privateIp: '10.0.0.1', kind: 'elastic' as const };
  const [own] = worker().interfaces;
  if (own === undefined) throw new TypeError('A worker has an interface.');
  const seen = (more: object) => worker({ interfaces: [{ ...own, addresses: [{ ...address, ...more }] }] });
  const begun = capture(seen({ unconfirmed: true }), quarantine());
  expect(withNewcomers(begun, seen({ unconfirmed: true }))).toBe(begun);
  const { saved } = withNewcomers(begun, seen({ allocationId: 'eipalloc-1', associationId: 'eipassoc-1' }));
  expect(saved.interfaces[0]?.addresses).toEqual([
    { publicIp: '198.51.100.1', privateIp: '10.0.0.1', allocationId: 'eipalloc-1' },
  ]);
});
