import { expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';
import { ask, ours, outcomes, privateFleet, scenario, stateOf } from './quarantine.fixture.ts';

/** Another cluster, whose VPC leads to the Internet, or does not. */
const beside = (network: string) => ({ ...privateFleet().clusters[0], name: 'beside', accessEntries: [], network });
const attach = (attachInterface: object) => ({
  at: '+10m',
  cluster: 'shop',
  nodeGroup: 'web',
  attachInterface: { vpcOf: 'beside', ...attachInterface },
});
const fleet = (change: object, network = 'internet-without-address') => {
  const { clusters, ...rest } = privateFleet();
  return { ...rest, clusters: [...clusters, beside(network)], changes: [change] };
};

it('closes an interface in another VPC by a group of that VPC, and a release gives all groups and addresses back', async () => {
  const run = await start(scenario(fleet(attach({ openPorts: [22], associateAddress: true }))));
  const { networks, instances } = run.account.fleet;
  await run.account.play(10 * MINUTE + 500);
  const worker = instances.list().find(({ interfaces }) => interfaces.length > 1)!;
  const [first, other] = worker.interfaces;
  expect(other?.vpcId).not.toBe(first?.vpcId);
  expect(other?.availabilityZone).toBe(first?.availabilityZone);
  const before = stateOf(run, worker.id);
  expect(networks.isReachable(worker.id)).toBe(true);

  await run.account.play(20 * MINUTE);
  expect(outcomes(run).at(-1)).toBe('done quarantined');
  expect(networks.isReachable(worker.id)).toBe(false);
  for (const { vpcId, securityGroupIds } of worker.interfaces) {
    const groups = securityGroupIds.map((id) => networks.securityGroups.get(id));
    expect(groups.map((group) => [group?.vpcId, group?.name])).toEqual([
      [vpcId, expect.stringMatching(/-quarantine$/)],
    ]);
  }

  ask(run, 'release', worker.id);
  await run.account.play(10 * MINUTE);
  expect(outcomes(run).at(-2)).toBe('done released');
  expect(stateOf(run, worker.id)).toMatchObject({ groups: before.groups, addresses: before.addresses });
});

it('judges an interface by the routes and rules of its own VPC', async () => {
  const change = attach({ openPorts: [22], associateAddress: true });
  const run = await start(scenario(fleet(change, 'nat'), {}, { play: '1h' }));
  expect(ours(run)).toEqual([]);
  expect(run.account.fleet.instances.list().every(({ id }) => !run.account.fleet.networks.isReachable(id))).toBe(true);
});

it('closes what it may where EC2 lets nobody make a group in the other VPC, and tells of the rest', async () => {
  const at = fleet(attach({ openPorts: [22], associateAddress: true }));
  const quiet = await start(scenario(at));
  const { vpcId } = quiet.account.fleet.eks.cluster('beside');
  const refusals = [{ operation: 'CreateSecurityGroup', naming: vpcId, as: 'denied' as const }];
  const run = await start(scenario(at, {}, { faults: { refusals }, play: '1h' }));
  const worker = run.account.fleet.instances.list().find(({ interfaces }) => interfaces.length > 1)!;
  expect(outcomes(run).at(-1)).toBe('failed quarantine-incomplete');
  expect(ours(run).at(-1)?.message).toMatch(/no closed group for eni-[0-9a-f]+\. UnauthorizedOperation/);
  expect(stateOf(run, worker.id).addresses).toEqual([
    [[], []],
    [[], []],
  ]);
  expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
  expect(run.errors).toEqual([]);
});

it('takes off addresses and tells where EC2 lets nobody make the closed group', async () => {
  const change = {
    at: '+10m',
    cluster: 'shop',
    nodeGroup: 'web',
    attachInterface: { openPorts: [22], associateAddress: true },
  };
  const refusals = [{ operation: 'CreateSecurityGroup', as: 'denied' as const }];
  const run = await start(scenario(fleet(change), {}, { faults: { refusals }, play: '1h' }));
  expect(outcomes(run).at(-1)).toBe('failed quarantine-incomplete');
  expect(ours(run).at(-1)?.message).toContain('UnauthorizedOperation');
  expect(run.errors).toEqual([]);
  const worker = run.account.fleet.instances.list().find(({ interfaces }) => interfaces.length > 1)!;
  expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
  await run.account.play(HOUR);
  expect(outcomes(run).filter((each) => each === 'failed quarantine-incomplete')).toHaveLength(1);
});
