import { expect, it } from 'vitest';
import { MINUTE, start } from './harness.ts';
import { ENTRY, outcomes, privateFleet, scenario } from './quarantine.fixture.ts';

const EXPOSED = { publicAddress: 'automatic', openPorts: [22] };
const LAUNCHED = { cluster: 'shop', withinSeconds: 0, exposure: EXPOSED };

/**
 * Launches an exposed worker into a self-managed group of this size, while the function is warm from a launch into
 * another group.
 */
async function launchInto(size: number) {
  const cluster = {
    accessEntries: [ENTRY],
    selfManagedGroups: [{ name: 'big', size, maxSize: size + 10, imageId: 'ami-0123456789abcdef0' }],
  };
  const launches = [
    { ...LAUNCHED, at: '+1m', nodeGroup: 'web' },
    { ...LAUNCHED, at: '+5m', selfManagedGroup: 'big' },
  ];
  const run = await start(scenario(privateFleet({}, { launches }, cluster)));
  const launchAt = run.account.time.now + 5 * MINUTE;
  await run.account.play(5 * MINUTE - 1_000);
  const before = run.calls.length;
  const begun = process.threadCpuUsage();
  await run.account.play(1_500);
  const worker = run.account.fleet.instances.list().find(({ launchedAt }) => launchedAt === launchAt);
  if (worker === undefined) throw new Error('nothing was launched');
  expect(run.account.fleet.networks.isReachable(worker.id)).toBe(true);
  while (run.account.fleet.networks.isReachable(worker.id)) await run.account.play(50);
  const { user, system } = process.threadCpuUsage(begun);
  const calls = run.calls.slice(before).filter((call) => call.function === 'quarantine-workers');
  const first = calls.findIndex(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
  expect(first).toBeGreaterThan(5);
  // By now two workers are in quarantine in the VPC, so its security groups exist and the policy is cached.
  return { run, calls: calls.slice(0, first), cpuMs: (user + system) / 1_000 };
}

it('an exposed launch in a group of 10,000 is closed by the calls, and about the time, that one in a group of ten takes', async () => {
  const [small, large] = [await launchInto(10), await launchInto(10_000)];
  // V8 may clean up 10,000 workers in the middle of one, which takes as long as it takes, but hardly of two.
  const cpuMs = Math.min(large.cpuMs, (await launchInto(10_000)).cpuMs);
  console.log(`CPU ms until closed, the whole sandbox with it: ${small.cpuMs} of 10, ${cpuMs} of 10,000`);
  const operations = ({ calls }: typeof small) => calls.map(({ operation }) => operation).sort();
  expect(operations(large)).toEqual(operations(small));
  // No list had a second page, because reads by a worker's id have short answers.
  expect(large.calls.filter(({ input }) => 'NextToken' in input)).toEqual([]);
  // The account's own work on 10,000 workers counts, too.
  expect(cpuMs).toBeLessThan(1_000);
  expect(outcomes(large.run)).toContain('acted quarantine-started');
  expect(large.run.errors).toEqual([]);
});
