import { expect, it } from 'vitest';
import { MINUTE, start } from './harness.ts';
import { ours, outcomes, privateFleet, scenario } from './quarantine.fixture.ts';

it('a quarantine ends what security groups end, leaves target groups at once for what only that ends, and tells of the rest', async () => {
  const targetGroups = [{ name: 'web', attached: true }];
  const rest = { changes: [{ at: '+10m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
  const run = await start(scenario(privateFleet({ targetGroups, exposure: { openPorts: [22] } }, rest)));
  await run.account.play(10 * MINUTE + 500);
  const { networks, instances, targetGroups: known } = run.account.fleet;
  const [worker] = instances.list();
  if (worker === undefined) throw new Error('there is no worker');
  const isTarget = () =>
    known
      .list()
      .some(({ targets }) => [...targets.values()].some(({ id }) => id === worker.id || id === worker.privateIp));
  expect(isTarget()).toBe(true);
  const from = { from: '203.0.113.9', port: 22 };
  const direct = networks.openFlow(worker.id, from);
  const balanced = networks.openFlow(worker.id, { ...from, from: '10.0.0.9', through: { leadsThere: isTarget } });
  const byGateway = networks.openFlow(worker.id, { from: '10.0.0.9', port: 22, through: { leadsThere: () => true } });
  expect([direct.alive, balanced.alive]).toEqual([true, true]);
  // CloudTrail reports the address within minutes.
  for (let waited = 0; direct.alive && waited < 5 * MINUTE; waited += 100) await run.account.play(100);
  await run.account.play(1000);
  expect([direct.alive, balanced.tracked]).toEqual([false, true]);
  const left = run.calls.find(({ operation }) => operation === 'DeregisterTargets');
  const closed = run.calls.find(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
  expect(Math.abs(Date.parse(left?.at ?? '') - Date.parse(closed?.at ?? ''))).toBeLessThan(1000);
  await run.account.play(20 * MINUTE);
  expect(balanced.alive).toBe(false);
  expect([byGateway.alive, byGateway.tracked]).toEqual([true, true]);
  expect(outcomes(run).at(-1)).toBe('done quarantined');
  expect(ours(run).at(-1)?.message).toMatch(/target groups live on.*NAT gateway, PrivateLink, .* live on/);
});
