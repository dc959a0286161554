import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  changes,
  exposedWorker,
  exposeSilently,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  stateOf,
} from './quarantine.fixture.ts';

const SECOND = 1000;
const BOOKKEEPING = ['dynamodb', 'scheduler', 'sqs'];

describe('a worker with a public address in a private group', () => {
  it('is isolated within two seconds of its launch and the time of the calls, and replaced; nothing tracked lives on', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch()), {}, { inProcess: false }));
    const { time, fleet } = run.account;
    const launchAt = time.now + 10 * MINUTE;
    await run.account.play(10 * MINUTE + SECOND / 2);
    const worker = fleet.instances.list().find(({ launchedAt }) => launchedAt === launchAt);
    const flow = fleet.networks.openFlow(worker!.id, { from: '203.0.113.9', port: 22 });
    expect(flow).toMatchObject({ alive: true, tracked: true });
    const before = run.calls.length;
    while (fleet.networks.isReachable(worker!.id)) await run.account.play(10);
    expect(flow.alive).toBe(false);
    const looked = run.calls.slice(before).filter(({ function: name }) => name === 'quarantine-workers');
    expect(Date.parse(looked[0]!.at) - launchAt).toBeLessThan(2 * SECOND);
    expect(time.now - launchAt).toBeLessThan(3 * SECOND);

    await run.account.play(20 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'waiting quarantine-in-progress', 'done quarantined']);
    expect(stateOf(run, worker!.id)).toMatchObject({ addresses: [[[], []]], lifecycle: 'Standby' });
    const made = changes(run).filter(({ service }) => !BOOKKEEPING.includes(service));
    expect(made.length).toBeLessThanOrEqual(15);
    const group = fleet.autoScalingGroups.list()[0]!;
    const serving = [...group.members.values()].filter(({ lifecycleState }) => lifecycleState === 'InService');
    expect(serving).toHaveLength(4);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('with three interfaces, an Elastic IP and IPv6 loses every exposure', async () => {
    const exposure = { publicAddress: 'elastic', ipv6: true, interfaces: 3 };
    const run = await start(scenario(privateFleet({}, publicLaunch(exposure))));
    await run.account.play(25 * MINUTE);
    const worker = exposedWorker(run);
    expect(ours(run).at(-1)).toMatchObject({ decision: 'done', reason: 'quarantined' });
    const { groups, addresses } = stateOf(run, worker.id);
    expect(new Set(groups.map(([, ids]) => String(ids))).size).toBe(1);
    expect(addresses).toEqual(Array.from({ length: 3 }, () => [[], []]));
    expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
  });

  it('is found through CloudTrail when its address comes later', async () => {
    const rest = { changes: [{ at: '+10m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
    const run = await start(scenario(privateFleet({}, rest)));
    await run.account.play(11 * MINUTE);
    expect(ours(run)[0]).toMatchObject({ trigger: { type: 'AWS API Call via CloudTrail' } });
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
    const made = changes(run).filter(({ service }) => !BOOKKEEPING.includes(service));
    expect(made.length).toBeLessThanOrEqual(15);
    expect(made.map(({ operation }) => operation)).toContain('DisassociateAddress');
    expect(run.account.fleet.networks.isReachable(exposedWorker(run).id)).toBe(false);
  });

  it('is found by the sweep when no event told of it', async () => {
    const run = await start(scenario(privateFleet()));
    exposeSilently(run, run.account.fleet.instances.list()[0]!.id);
    await run.account.play(2 * HOUR);
    expect(ours(run)[0]?.trigger.type).toBe('Quarantine Reconcile Request (sweep)');
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done quarantined']);
  });

  it('is only stripped where the policy says so, and goes on serving', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch()), { quarantine: { respond: 'strip' } }));
    await run.account.play(30 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'done stripped']);
    expect(stateOf(run, exposedWorker(run).id)).toMatchObject({ addresses: [[[], []]], lifecycle: 'InService' });
    expect(changes(run).map(({ operation }) => operation)).not.toContain('EnterStandby');
  });

  it('counts only with an open port where the policy says so', async () => {
    const policy = { quarantine: { exposure: 'open-port' } };
    const run = await start(scenario(privateFleet({}, publicLaunch({ openPorts: [] })), policy));
    await run.account.play(30 * MINUTE);
    expect(outcomes(run)).toEqual([]);
    const open = await start(scenario(privateFleet({}, publicLaunch()), policy));
    await open.account.play(30 * MINUTE);
    expect(outcomes(open).at(-1)).toBe('done quarantined');
  });

  it('gets snapshots and protection, once, and Systems Manager if it can be reached', async () => {
    const policy = { quarantine: { snapshots: true, terminationProtection: true, allowSystemsManager: true } };
    const run = await start(scenario(privateFleet({}, publicLaunch()), policy));
    await run.account.play(2 * HOUR);
    const made = changes(run).map(({ operation }) => operation);
    expect(made.filter((name) => name === 'CreateSnapshots')).toHaveLength(1);
    expect(made.filter((name) => name === 'ModifyInstanceAttribute')).toHaveLength(1);
    const steps = ours(run).at(-1)?.details?.steps;
    expect(steps).toMatchObject({ 'systems-manager': expect.stringContaining('lacks an endpoint'), snapshots: 'done' });
  });
});
