import { describe, expect, it } from 'vitest';
import { BUDGETS } from '../bench/budgets.ts';
import { sample as event } from '../events/ec2-instance-launch.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { ENTRY, privateFleet, scenario } from './quarantine.fixture.ts';

const READS = /^(Describe|Get|BatchGet|Query)/;
const exposure = { publicAddress: 'automatic', openPorts: [22] };
const launch = (at: string, of: object) => ({ at, cluster: 'shop', withinSeconds: 0, exposure, ...of });

/** Four launches, three minutes from each other: the first one makes the security groups and warms the function. */
const fleet = privateFleet(
  {},
  {
    launches: [
      launch('+1m', { nodeGroup: 'first' }),
      launch('+4m', { nodeGroup: 'web' }),
      launch('+7m', { selfManagedGroup: 'own' }),
    ],
  },
  {
    accessEntries: [ENTRY],
    nodeGroups: ['first', 'web'].map((name) => ({
      name,
      desiredSize: 3,
      maxSize: 10,
      releaseVersion: '1.33.13-20260714',
    })),
    otherInstances: [
      { name: 'alone', at: '+10m', tags: { 'kubernetes.io/cluster/shop': 'owned' }, roleOf: 'web', exposure },
    ],
    selfManagedGroups: [{ name: 'own', size: 3, maxSize: 10, imageId: 'ami-0123456789abcdef0' }],
  },
);

/**
 * The operations of the reconcile of the worker from that minute, up to the first change of its interface.
 *
 * @param meanwhile what happens just before that minute
 */
async function untilFirstCall(minute: number, meanwhile: (run: Run) => void = () => undefined): Promise<string[]> {
  const run = await start(scenario(fleet, { quarantine: { concurrency: { perCluster: 4 } } }));
  await run.account.play(minute * MINUTE - 1_000);
  meanwhile(run);
  const before = run.calls.length;
  await run.account.play(20_000);
  const own = run.calls.slice(before).filter((call) => call.function === 'quarantine-workers');
  const first = own.findIndex(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
  expect(first).toBeGreaterThan(0);
  // The policy is read once in a minute or so, beside the budget.
  return own
    .slice(0, first)
    .map(({ operation }) => operation)
    .filter((operation) => operation !== 'GetParameter');
}

describe.each([
  ['managed', 4, 2],
  ['selfManaged', 7, 2],
  ['outsideOfGroups', 10, 1],
] as const)('a worker: %s', (kind, minute, describedInstances) => {
  it('is closed after two rounds of reads side by side and two conditional writes, within its budget of calls', async () => {
    const operations = await untilFirstCall(minute);
    console.log(`${kind}: ${operations.length} calls: ${operations.join(' ')}`);
    // The first reads are of slots and memory, and of the worker itself. Then come the facts about its owner and its
    // exposure.
    expect(operations.slice(0, 2).sort()).toEqual(['BatchGetItem', 'DescribeInstances']);
    // The last writes take the slot, and save the quarantine with everything that a release restores. Nothing is read
    // after the decision.
    expect(operations.slice(-2)).toEqual(['PutItem', 'PutItem']);
    expect(operations.slice(0, -2).filter((operation) => !READS.test(operation))).toEqual([]);
    // DescribeInstances tells everything of an interface with an automatic address. No subnet of the VPC has IPv6.
    expect(operations).not.toContain('DescribeNetworkInterfaces');
    expect(operations.filter((operation) => operation === 'DescribeInstances')).toHaveLength(describedInstances);
    // One read finds the worker's security groups and those of quarantines.
    expect(operations.filter((operation) => operation === 'DescribeSecurityGroups')).toHaveLength(1);
    // The worker's places in target groups and in Auto Scaling are read once it is closed.
    expect(operations).not.toContain('DescribeTargetGroups');
    expect(operations).not.toContain('DescribeAutoScalingInstances');
    expect(operations.length).toBeLessThanOrEqual(BUDGETS.callsUntilClosing[kind]);
  });
});

it('asks for nothing twice where other workers of its group have public addresses, too', async () => {
  const operations = await untilFirstCall(4, ({ account: { fleet } }) => {
    const members = fleet.instances.list().filter(({ tags }) => tags.get('eks:nodegroup-name') === 'web');
    expect(members).toHaveLength(3);
    const { interfaces, addresses } = fleet.networks;
    for (const { id } of members) {
      const [first] = interfaces.of(id);
      addresses.associate(addresses.allocate(), first!, first!.privateIps[0]);
    }
  });
  for (const read of ['DescribeRouteTables', 'DescribeSubnets', 'DescribeSecurityGroups', 'DescribeNetworkAcls'])
    expect(operations.filter((operation) => operation === read)).toEqual([read]);
});

describe('the event that a quarantine came from, delivered once more', () => {
  const launched = { at: '+1m', nodeGroup: 'web' };
  /** A worker in quarantine, the calls about it when the same event comes again, and the records from then on. */
  async function repeated(meanwhile: (run: Run, instanceId: string) => void = () => undefined) {
    const run = await start(scenario(privateFleet({}, { launches: [launch(launched.at, launched)] })));
    await run.account.play(5 * MINUTE);
    const begun = run.records.find(({ reason }) => reason === 'quarantine-started');
    const instanceId = begun?.instance ?? '';
    expect(run.records.some(({ instance, reason }) => instance === instanceId && reason === 'quarantined')).toBe(true);
    meanwhile(run, instanceId);
    const [calls, records] = [run.calls.length, run.records.length];
    expect(begun?.trigger.type).toBe(event['detail-type']);
    const detail = { 'instance-id': instanceId, state: 'pending' };
    run.account.putEvent({ ...event, id: begun?.trigger.id ?? '', detail });
    await run.account.play(20_000);
    return {
      run,
      instanceId,
      operations: run.calls
        .slice(calls)
        .filter((call) => call.function === 'quarantine-workers' && call.operation !== 'GetParameter')
        .map(({ operation }) => operation),
      reasons: run.records.slice(records).map(({ reason }) => reason),
    };
  }

  it('costs two reads, changes nothing and is no news', async () => {
    const { operations, reasons } = await repeated();
    expect([...operations].sort()).toEqual(['BatchGetItem', 'DescribeInstances']);
    expect(operations.length).toBeLessThanOrEqual(BUDGETS.callsOfRepeat);
    expect(reasons).toEqual([]);
  });

  it('closes a worker that was opened again', async () => {
    const { run, instanceId, operations } = await repeated(({ account: { fleet } }, id) => {
      const [first] = fleet.networks.interfaces.of(id);
      const group = fleet.eks.clusters.get('shop')?.securityGroupId ?? '';
      fleet.networks.interfaces.setSecurityGroups(first!, [group]);
    });
    expect(operations).toContain('ModifyNetworkInterfaceAttribute');
    const [first] = run.account.fleet.networks.interfaces.of(instanceId);
    const closed = run.account.fleet.networks.securityGroups.list().find(({ name }) => name.endsWith('-quarantine'));
    expect(first?.securityGroupIds).toEqual([closed?.id]);
  });
});
