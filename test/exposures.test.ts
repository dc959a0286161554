import { describe, expect, it } from 'vitest';
import { MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { exposedWorker, ours, outcomes, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

// exposures.proof.ts covers further kinds.
describe('an exposure', () => {
  it('of a group by its launch template is told of once, by the group, with what to change', async () => {
    const run = await start(scenario(privateFleet({ desiredSize: 1, exposure: { publicAddress: 'automatic' } })));
    await run.account.play(70 * MINUTE);
    expect(outcomes(run)).toEqual(['refused public-by-design']);
    expect(ours(run)[0]).toMatchObject({
      severity: 'high',
      nodegroup: 'web',
      message: expect.stringMatching(/version 1 of lt-\w+ asks for public addresses/),
      details: { exposed: 1, size: 1, workers: [expect.stringMatching(/^i-/)] },
    });
  });

  it('of a router is told of, and the router is never isolated', async () => {
    const run = await start({
      ...scenario(privateFleet({}, publicLaunch({ sourceDestCheck: false }))),
      inProcess: true,
    });
    await run.account.play(20 * MINUTE);
    expect(outcomes(run)).toEqual(['refused router']);
    expect(run.account.fleet.networks.isReachable(exposedWorker(run).id)).toBe(true);
  });

  it('by a primary IPv6 address is never closed by stripping', async () => {
    const launch = publicLaunch({ publicAddress: 'none', ipv6: 'primary' });
    const run = await start(scenario(privateFleet({}, launch), { quarantine: { respond: 'strip' } }));
    await run.account.play(15 * MINUTE);
    expect(outcomes(run)).not.toContain('done stripped');
    expect(ours(run).find(({ decision }) => decision === 'failed')).toMatchObject({
      reason: 'quarantine-incomplete',
      hint: expect.stringContaining('isolat'),
    });
  });

  it('by prefixes, or by the interfaces of pods, is closed with the rest', async () => {
    const exposure = { publicAddress: 'none', ipv6Prefixes: 1, branchInterfaces: 2 };
    const run = await start({ ...scenario(privateFleet({}, publicLaunch(exposure))), inProcess: true });
    await run.account.play(20 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    const { interfaces, features } = run.account.fleet.networks;
    const worker = exposedWorker(run);
    const [primary] = interfaces.of(worker.id);
    expect(primary?.ipv6Prefixes).toEqual([]);
    const branches = [...features.trunks.keys()].map((id) => interfaces.get(id)!);
    expect(branches.map(({ securityGroupIds }) => securityGroupIds)).toEqual([
      primary?.securityGroupIds,
      primary?.securityGroupIds,
    ]);
    expect(branches.map(({ associations }) => associations.size)).toEqual([0, 0]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});
