import { expect, it } from 'vitest';
import type { Refusal } from '../sandbox/account/refusals.ts';
import type { Run } from '../sandbox/play.ts';
import { drainFleet, drainPolicy, terminateOne } from './drain-nodes.fixture.ts';
import { deadLetterCount, HOUR, start } from './harness.ts';
import { karpenterFleet, nodeClassPolicy } from './node-classes.fixture.ts';
import { cluster, group, fleet as refreshFleet, policy as refreshPolicy } from './refresh-groups.fixture.ts';

const gates = { alarms: ['errors'] };
const inAlarm = { alarms: [{ name: 'errors', changes: [{ at: '+1m', state: 'ALARM' }] }] };
const open = { alarms: [{ name: 'errors', state: 'OK' }] };

/** What waits at a gate for hours, after as many hours as it takes to come there. */
const FLEETS = {
  'refresh-groups': {
    fleet: refreshFleet(cluster('shop', [group('web')])),
    policy: { ...refreshPolicy(), upgrades: { gates } },
    hours: 2,
  },
  'steer-node-classes': {
    fleet: karpenterFleet(),
    policy: { ...nodeClassPolicy(), upgrades: { gates } },
    hours: 28,
  },
} as const;

const looksOf = ({ calls }: Run, of: string): number =>
  calls.filter((call) => call.function === of && call.operation === 'DescribeAlarms').length;

interface Held {
  readonly of: keyof typeof FLEETS;
  readonly what: string;
  readonly more: object;
  readonly as?: Refusal['as'];
}

it.each<Held>(
  (['refresh-groups', 'steer-node-classes'] as const).flatMap((of): Held[] => [
    { of, what: 'is closed', more: inAlarm },
    { of, what: 'nobody lets it read', more: open, as: 'denied' },
  ]),
)('a gate that $what for hours is read every quarter of an hour by $of, however many sweeps come', async (held) => {
  const { of, more, as } = held;
  const { fleet, policy, hours } = FLEETS[of];
  const refusals: Refusal[] = as === undefined ? [] : [{ function: of, operation: 'DescribeAlarms', as }];
  const run = await start({ fleet: { ...fleet, ...more }, policy, inProcess: true, faults: { refusals } });
  await run.account.play(hours * HOUR);
  const before = looksOf(run, of);
  await run.account.play(10 * HOUR);
  // Each sweep looks, too.
  expect(looksOf(run, of) - before).toBeLessThanOrEqual(10 * 5);
  expect(looksOf(run, of) - before).toBeGreaterThanOrEqual(10 * 4);
  const told = run.records.filter(({ remediation, reason }) => remediation === of && reason.includes('gate-'));
  expect(told).toHaveLength(1);
  expect(deadLetterCount(run)).toBe(0);
});

it('a node that a budget holds is looked at every five minutes, however many sweeps come', async () => {
  const workloads = [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 0 } }];
  const policy = drainPolicy({ within: '1d' });
  const run = await start({ fleet: drainFleet({ workloads }), policy, inProcess: true, play: '70m' });
  terminateOne(run);
  await run.account.play(HOUR);
  const looks = () => run.calls.filter(({ operation }) => operation === 'RecordLifecycleActionHeartbeat').length;
  const before = looks();
  await run.account.play(10 * HOUR);
  expect(looks() - before).toBeLessThanOrEqual(10 * 14);
  expect(looks() - before).toBeGreaterThanOrEqual(10 * 10);
});
