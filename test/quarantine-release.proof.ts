import { describe, expect, it } from 'vitest';
import { tcpIngress } from '../sandbox/account/ec2/security-groups.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import {
  ask,
  exposedWorker,
  exposeSilently,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  setPolicy,
  stateOf,
} from './quarantine.fixture.ts';

const SECOND = 1000;

describe('a release', () => {
  const isolated = async (exposure: object, group: object = {}, policy: object = {}, seed = 5) => {
    const run = await start(scenario(privateFleet(group, publicLaunch(exposure)), policy, { seed }));
    await run.account.play(10 * MINUTE + SECOND / 2);
    const worker = run.account.fleet.instances.list().at(-1)!;
    const before = stateOf(run, worker.id);
    await run.account.play(30 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    return { run, worker, before };
  };

  it('gives back the same groups on every interface, the Elastic IP and its place in service', async () => {
    const rest = { changes: [{ at: '+10m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
    const run = await start(scenario(privateFleet({ exposure: { interfaces: 3 } }, rest)));
    await run.account.play(10 * MINUTE + SECOND / 2);
    const worker = run.account.fleet.instances.list()[0]!;
    const before = stateOf(run, worker.id);
    expect(before.groups).toHaveLength(3);
    await run.account.play(30 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run).slice(-3)).toEqual(['acted release-started', 'done released', 'skipped accepted-exposure']);
    expect(ours(run).at(-3)?.message).toContain('role/tester');
    const { lifecycle: _, ...network } = before;
    expect(stateOf(run, worker.id)).toEqual({ ...network, lifecycle: 'InService' });
    expect([...worker.tags.keys()].filter((key) => key.startsWith('eks-host-remediator:'))).toEqual([]);
    // The release has accepted the exposure.
    await run.account.play(2 * HOUR);
    expect(outcomes(run).at(-1)).toBe('skipped accepted-exposure');
    expect(stateOf(run, worker.id).groups).toEqual(before.groups);
  });

  it.each(['release', 'terminate'] as const)(
    'is granted once: a %s that comes again, or late, does nothing to a later quarantine',
    async (action) => {
      const { run, worker } = await isolated({ publicAddress: 'elastic' });
      const asked = new Date(run.account.time.now).toISOString();
      ask(run, 'release', worker.id);
      await run.account.play(30 * MINUTE);
      const { networks, eks } = run.account.fleet;
      const group = networks.securityGroups.get(eks.clusters.get('shop')!.securityGroupId)!;
      networks.securityGroups.add(group, [tcpIngress(3389, 3389, '0.0.0.0/0')]);
      await run.account.play(HOUR);
      expect(outcomes(run).at(-1)).toBe('done quarantined');
      ask(run, action, worker.id, {}, asked);
      await run.account.play(HOUR);
      expect(outcomes(run).slice(-2)).toEqual(['refused request-refused', 'done quarantined']);
      expect(worker.state).toBe('running');
      expect(networks.isReachable(worker.id)).toBe(false);
    },
  );

  it('waits until a worker that was stopped meanwhile runs again: its group would terminate it', async () => {
    const legacy = { name: 'legacy', size: 2, maxSize: 4, imageId: 'ami-0abcdef0123456789' };
    const stop = { at: '+2m', code: 'instance-stop', notBefore: '+20m', node: 0 };
    const cluster = { nodeGroups: [], selfManagedGroups: [{ ...legacy, scheduledEvents: [stop] }] };
    const changes = [{ at: '+5m', cluster: 'shop', selfManagedGroup: 'legacy', associateAddress: true }];
    const run = await start(scenario(privateFleet({}, { changes }, cluster)));
    await run.account.play(25 * MINUTE);
    const worker = exposedWorker(run);
    expect(worker.state).toBe('stopped');
    ask(run, 'release', worker.id);
    await run.account.play(MINUTE);
    expect(outcomes(run).at(-1)).toBe('refused request-refused');
    expect(stateOf(run, worker.id).lifecycle).toBe('Standby');
    run.account.fleet.instances.start(worker, 20_000, () => undefined);
    await run.account.play(2 * MINUTE);
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run)).toContain('done released');
    expect(stateOf(run, worker.id).lifecycle).toBe('InService');
  });

  it('leaves a worker in standby that somebody had put there before', async () => {
    const run = await start(scenario(privateFleet()));
    await run.account.play(10 * MINUTE);
    const worker = run.account.fleet.instances.list()[0]!;
    const member = run.account.fleet.autoScalingGroups
      .list()
      .flatMap(({ members }) => members.get(worker.id) ?? [])[0]!;
    member.lifecycleState = 'Standby';
    exposeSilently(run, worker.id);
    await run.account.play(HOUR);
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    expect(outcomes(run)).toContain('done released');
    expect(stateOf(run, worker.id).lifecycle).toBe('Standby');
  });

  it.each([
    ['one of its security groups, and gives back the other', 1, 'InService'],
    ['both of its security groups, and leaves it out of service', 2, 'Standby'],
  ])('names %s when it was deleted meanwhile', async (_what, count, lifecycle) => {
    const { run, worker, before } = await isolated({ publicAddress: 'elastic' });
    const { securityGroups } = run.account.fleet.networks;
    const ids = before.groups[0]?.[1] as string[];
    expect(ids).toHaveLength(2);
    const deleted = ids.slice(-count);
    for (const id of deleted) securityGroups.delete(securityGroups.get(id)!);
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    const told = ours(run).find(({ reason }) => reason === 'released-in-part');
    expect(told?.message).toContain(`${deleted.join(', ')} of ${before.groups[0]?.[0]}, which are deleted`);
    expect(stateOf(run, worker.id).lifecycle).toBe(lifecycle);
    const given = stateOf(run, worker.id).groups[0]?.[1];
    if (count === 1) expect(given).toEqual(ids.slice(0, 1));
  });

  it('gives back IPv6 addresses, and the groups of interfaces that came meanwhile', async () => {
    const { run, worker, before } = await isolated({ publicAddress: 'elastic', ipv6: true, interfaces: 3 });
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    const after = stateOf(run, worker.id);
    expect(after.addresses[0]).toEqual(before.addresses[0]);
    expect(after.groups.slice(0, 1)).toEqual(before.groups);
    expect(after.groups.map(([, groups]) => groups?.length)).toEqual([2, 2, 2]);
  });

  it('names the automatic address that nobody can have back', async () => {
    const { run, worker, before } = await isolated({});
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    const last = ours(run).at(-2);
    expect(last).toMatchObject({ decision: 'done', reason: 'released' });
    expect(last?.message).toContain(`the automatic address ${before.addresses[0]?.[0]?.[0]}`);
    expect(stateOf(run, worker.id).groups).toEqual(before.groups);
  });

  it('names what cannot be given back, and gives back the rest', async () => {
    const { run, worker, before } = await isolated({ publicAddress: 'elastic' }, { maxSize: 4 });
    ask(run, 'release', worker.id);
    await run.account.play(10 * MINUTE);
    const last = ours(run).at(-1);
    expect(last).toMatchObject({ decision: 'failed', reason: 'released-in-part', hint: expect.any(String) });
    expect(last?.details?.lost).toEqual([expect.stringContaining('its place in service in')]);
    expect(stateOf(run, worker.id).groups).toEqual(before.groups);
  });

  it('of a worker that is not in quarantine is refused', async () => {
    const run = await start(scenario(privateFleet()));
    ask(run, 'release', 'i-0123456789abcdef0');
    await run.account.play(MINUTE);
    expect(outcomes(run)).toEqual(['refused request-refused']);
  });

  it('works while the kill switch is on or the policy invalid', async () => {
    for (const policy of ['{"killSwitch":true}', '{']) {
      const { run, worker, before } = await isolated({ publicAddress: 'elastic' });
      setPolicy(run, policy);
      ask(run, 'release', worker.id);
      await run.account.play(10 * MINUTE);
      expect(outcomes(run)).toContain('done released');
      expect(stateOf(run, worker.id).groups).toEqual(before.groups);
    }
  });
});
