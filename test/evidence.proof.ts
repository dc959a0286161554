import { describe, expect, it } from 'vitest';
import { HOUR, incidentOf, MINUTE, playThrough, upgradeCalls } from './harness.ts';
import {
  ask,
  exposedWorker,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  stateOf,
} from './quarantine.fixture.ts';
import { NEW, OLD, release } from './upgrade.fixture.ts';

const elastic = publicLaunch({ publicAddress: 'elastic' });
const lastSaid = (run: Parameters<typeof ours>[0], reason: string) =>
  ours(run).findLast((record) => record.reason === reason)?.message;

describe('who else would end a worker in quarantine', () => {
  it('an upgrade waits, and starts with the sweep after the worker was released', async () => {
    const updates = { minutesPerNode: 4, terminatesStandby: true };
    const releases = [release(OLD, '-10d'), release(NEW, '+20m')];
    const fleet = privateFleet({ releaseVersion: OLD, updates }, { ...elastic, releases });
    const policy = { upgrades: { bakeAge: '30m', waitForQuarantine: '4h' } };
    const run = await playThrough({ ...scenario(fleet, policy), play: '3h' });
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(incidentOf(run, 'shop', 'web')).toEqual(['waiting baking', 'waiting worker-in-quarantine']);
    expect(upgradeCalls(run)).toEqual([]);
    const { id, state } = exposedWorker(run);
    expect(state).toBe('running');
    ask(run, 'release', id);
    await run.account.play(HOUR + 10 * MINUTE);
    expect(incidentOf(run, 'shop', 'web')).toContain('acted upgrade-started');
  });

  it('EKS node repair ends it in standby, which was told before', async () => {
    const run = await playThrough({ ...scenario(privateFleet({ nodeRepair: true }, elastic)), play: '75m' });
    expect(lastSaid(run, 'quarantined')).toContain('EKS node repair may replace it');
    expect(exposedWorker(run).state).toBe('terminated');
    expect(outcomes(run).at(-1)).toBe('done quarantine-ended');
  });

  it('a hook on its launch that is abandoned ends it, which was told before', async () => {
    const fleet = privateFleet({ launchHook: { defaultResult: 'ABANDON' } }, publicLaunch());
    const run = await playThrough({ ...scenario(fleet), play: '90m' });
    expect(lastSaid(run, 'quarantined')).toMatch(
      /as Pending:Wait: .* terminates it if a hook on its launch is abandoned/,
    );
    expect(exposedWorker(run).state).toBe('terminated');
    expect(outcomes(run).at(-1)).toBe('done quarantine-ended');
  });

  it('EC2 ends it with its Capacity Block, which is told', async () => {
    const group = { capacityType: 'CAPACITY_BLOCK', instanceType: 'p5.48xlarge' };
    const run = await playThrough({ ...scenario(privateFleet(group, elastic)), play: '45m' });
    expect(lastSaid(run, 'quarantined')).toContain('EC2 terminates it half an hour before that ends');
  });

  it('nobody ends it where it is detached by policy; a release says what that means', async () => {
    const policy = { quarantine: { outOfService: 'detach' } };
    const fleet = privateFleet({ nodeRepair: true, updates: { terminatesStandby: true } }, elastic);
    const run = await playThrough({ ...scenario(fleet, policy), play: '2h' });
    expect(lastSaid(run, 'quarantined')).toContain('out of its Auto Scaling group for good');
    const worker = exposedWorker(run);
    expect(worker.state).toBe('running');
    expect(stateOf(run, worker.id).lifecycle).toBeUndefined();
    const [group] = run.account.fleet.autoScalingGroups.list();
    expect([group?.members.size, group?.desired]).toEqual([4, 4]);
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    expect(lastSaid(run, 'released')).toMatch(/was detached from eks-web-.*attach-instances --instance-ids i-/);
    expect(stateOf(run, worker.id).addresses.flat(2)).toHaveLength(1);
  });
});
