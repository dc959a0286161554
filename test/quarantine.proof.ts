import { describe, expect, it } from 'vitest';
import type { Crash, FaultPlan } from '../sandbox/account/faults.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import {
  ask,
  changes,
  inQuarantine,
  privateFleet,
  publicLaunch,
  scenario,
  slotsOf,
  stateOf,
} from './quarantine.fixture.ts';

/** Three interfaces, two target groups, workloads, and a request for everything that a quarantine can do. */
const GROUP = {
  desiredSize: 2,
  exposure: { interfaces: 3 },
  targetGroups: [
    { name: 'web', attached: true },
    { name: 'addresses', type: 'ip' },
  ],
};
const POLICY = { quarantine: { snapshots: true, terminationProtection: true } };

/** Everything of a worker that a quarantine changes and a release must restore. */
function everythingOf(run: Run, id: string) {
  const { instances, targetGroups, networks } = run.account.fleet;
  const worker = instances.get(id);
  const privateIps = networks.interfaces.of(id).flatMap((each) => each.privateIps);
  const node = run.account.kubernetes
    .objects('shop', 'nodes')
    .map((object) => object as { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> })
    .find(({ spec }) => String(spec.providerID).endsWith(id));
  const targets = targetGroups
    .list()
    .flatMap(({ name, targets: all }) =>
      [...all.values()]
        .filter((target) => (target.id === id || privateIps.includes(target.id)) && target.goneAt === undefined)
        .map((target) => `${name} ${target.id}:${target.port}`),
    );
  return {
    ...stateOf(run, id),
    state: worker?.state,
    tags: Object.fromEntries(worker?.tags ?? []),
    protected: worker?.disableApiTermination,
    targets: targets.sort(),
    node: { labels: node?.metadata.labels, taints: node?.spec.taints, unschedulable: node?.spec.unschedulable },
  };
}

/** Gives the first worker an Elastic IP, which CloudTrail reports, and an IPv6 address. */
function expose(run: Run): string {
  const { networks, instances } = run.account.fleet;
  const worker = instances.list()[0]!;
  const [first] = networks.interfaces.of(worker.id);
  const subnet = networks.subnets.get(first!.subnetId)!;
  networks.enableIpv6(subnet);
  networks.interfaces.setIpv6Addresses(first!, [{ address: networks.subnets.newIpv6Address(subnet)!, primary: false }]);
  return worker.id;
}

/** A worker is exposed, isolated, and released on request; each step takes as long as a redelivery may. */
async function incident(faults: FaultPlan, seed = 5) {
  const rest = { changes: [{ at: '+2m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
  const run = await start(scenario(privateFleet(GROUP, rest), POLICY, { seed, faults, inProcess: true }));
  await run.account.play(2 * MINUTE - 1);
  const id = expose(run);
  const isolatedAtMost = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      await run.account.play(MINUTE);
      expect(inQuarantine(run).length).toBeLessThanOrEqual(1);
    }
  };
  await run.account.play(1);
  const before = everythingOf(run, id);
  await isolatedAtMost(12);
  const isolated = everythingOf(run, id);
  const reachable = run.account.fleet.networks.isReachable(id);
  ask(run, 'release', id);
  await isolatedAtMost(8);
  return { run, id, before, isolated, reachable, released: everythingOf(run, id) };
}

/** The distinct outcomes. A record that is written twice has the same id. */
const told = ({ records }: Run): string[] => [
  ...new Map(
    records
      .filter(({ remediation, reason }) => remediation === 'quarantine-workers' && reason !== 'not-exposed')
      .map(({ id, decision, reason }) => [id, `${decision} ${reason}`]),
  ).values(),
];

async function expectTheSameEnd(played: Awaited<ReturnType<typeof incident>>, where: string) {
  const { run, id, before, isolated, reachable, released } = played;
  expect(reachable, where).toBe(false);
  expect({ ...isolated, groups: isolated.groups.length, tags: Object.keys(isolated.tags) }).toEqual({
    ...undisturbed.isolated,
    groups: undisturbed.isolated.groups.length,
    tags: Object.keys(undisturbed.isolated.tags),
  });
  expect(new Set(isolated.groups.flatMap(([, groups]) => groups)).size).toBe(1);
  expect(released, where).toEqual(before);
  expect(run.account.fleet.instances.get(id)?.state).toBe('running');
  const { snapshots } = run.account.fleet;
  expect(snapshots.list(), where).toHaveLength(undisturbed.run.account.fleet.snapshots.list().length);
  expect(await slotsOf(run), where).toEqual([]);
  expect(
    told(run).filter((outcome) => !/accepted-exposure|in-progress/.test(outcome)),
    where,
  ).toEqual(['acted quarantine-started', 'done quarantined', 'acted release-started', 'done released']);
}

const undisturbed = await incident({});
/**
 * The calls of the reconciles that isolate and release. Later ones, which the function's own calls trigger, only read.
 */
const isActing = ({ at }: { at: string }) => /T00:(02:(09|1[0-3])|14:0[0-3])/.test(at);
const calls = undisturbed.run.calls.filter((call) => call.function === 'quarantine-workers');
const indices = calls.flatMap((call, index) => (isActing(call) ? index + 1 : []));

/** Dying after a call that only reads equals dying before the next one. */
const changing = indices.filter(
  (index) => !/^(Describe|Get|BatchGet|Query|GET)/.test(calls[index - 1]?.operation ?? ''),
);

/** Only each n-th call is tried, unless QUARANTINE_CRASHES=all: all of them take some minutes. */
const STRIDE = process.env.QUARANTINE_CRASHES === 'all' ? 1 : 3;

describe('the function dies at its n-th call', () => {
  it.each([
    ['before', indices],
    ['after', changing],
  ] as const)('%s it is done: the end is the same', async (when, all) => {
    expect(all.length).toBeGreaterThan(30);
    for (const call of all.filter((_, index) => index % STRIDE === 0)) {
      const crash: Crash = { function: 'quarantine-workers', call, when };
      await expectTheSameEnd(await incident({ crash }), `${when} call ${call}, ${calls[call - 1]?.operation}`);
    }
  });
});

describe('a troubled network', () => {
  it.each([1, 2, 3, 4])(
    'lost replies, throttles, errors, repetitions and delays change nothing in the end (seed %i)',
    async (seed) => {
      const faults = {
        throttleRate: 0.05,
        serverErrorRate: 0.03,
        lostRequestRate: 0.02,
        lostReplyRate: 0.04,
        duplicateMessages: seed % 2 === 0,
        duplicateEvents: seed % 3 === 0,
        deliveryDelayMs: 20_000,
      };
      await expectTheSameEnd(await incident(faults, seed), `seed ${seed}`);
    },
  );
});

describe('a storm of 300 launches within five seconds, ten of them exposed, in five groups', () => {
  it('leaves each exposed worker with an outcome, inside the budget, with a bounded number of reads', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const fleet = privateFleet();
    const [cluster] = fleet.clusters;
    const [group] = cluster?.nodeGroups ?? [];
    const launch = (nodeGroup: string, count: number, rest: object = {}) => ({
      ...{ at: '+2m', cluster: 'shop', nodeGroup, count, withinSeconds: 5 },
      ...rest,
    });
    const run = await start(
      scenario({
        ...fleet,
        clusters: [{ ...cluster, nodeGroups: names.map((name) => ({ ...group, name, maxSize: 100 })) }],
        launches: names.flatMap((name) => [
          launch(name, 58),
          launch(name, 2, { exposure: { publicAddress: 'automatic' } }),
        ]),
      }),
    );
    await run.account.play(2 * MINUTE);
    for (let slice = 0; slice < 200; slice += 1) {
      await run.account.play(slice < 100 ? 100 : 3_000);
      expect(inQuarantine(run).length).toBeLessThanOrEqual(3);
    }
    const exposed = run.records.filter(
      ({ remediation, reason, instance }) =>
        remediation === 'quarantine-workers' && reason !== 'not-exposed' && instance !== undefined,
    );
    expect(new Set(exposed.map(({ instance }) => instance)).size).toBe(10);
    expect(exposed.filter(({ reason }) => reason === 'quarantined')).toHaveLength(3);
    expect(await slotsOf(run)).toHaveLength(3);
    const own = run.calls.filter((call) => call.function === 'quarantine-workers');
    const reads = own.filter(({ operation }) => /^(Describe|Get|BatchGet|Query|GET)/.test(operation)).length;
    console.info(`storm: ${reads} reads, ${changes(run).length} changes, ${own.length} calls`);
    // Without a batching window, launches are delivered one or two at a time: each invocation reads its own, and no
    // more.
    expect(reads / 300).toBeLessThan(8);
    // EC2 allows an account 20 DescribeInstances calls per second, after a burst of 100: a bucket of tokens. Half of it
    // is always left to others. Source: EC2 developer guide, "Request throttling for the Amazon EC2 API".
    const describes = own.filter(({ operation }) => operation === 'DescribeInstances').map(({ at }) => Date.parse(at));
    let [tokens, last, fewest] = [100, Number.NEGATIVE_INFINITY, 100];
    for (const at of describes.toSorted((one, other) => one - other)) {
      tokens = Math.min(100, tokens + ((at - last) / 1_000) * 20) - 1;
      last = at;
      fewest = Math.min(fewest, tokens);
    }
    console.info(`storm: ${describes.length} DescribeInstances, at least ${fewest} tokens left`);
    expect(fewest).toBeGreaterThan(50);
  });
});

it('a worker is out of reach within three seconds of its launch, over 50 seeds', async () => {
  const times: number[] = [];
  for (let seed = 1; seed <= 50; seed += 1) {
    const fleet = privateFleet({}, publicLaunch({}, { at: '+1m' }));
    const run = await start(scenario(fleet, {}, { seed }));
    await run.account.play(MINUTE + 500);
    const worker = run.account.fleet.instances.list().at(-1)!;
    while (run.account.fleet.networks.isReachable(worker.id)) await run.account.play(10);
    times.push(run.account.time.now - worker.launchedAt);
  }
  times.sort((a, b) => a - b);
  console.info(`out of reach after ${times[25]} ms (median), ${times.at(-1)} ms (worst)`);
  expect(times.at(-1)).toBeLessThan(3_000);
});
