import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { start } from './harness.ts';
import { exposedWorker, privateFleet, publicLaunch } from './quarantine.fixture.ts';

it('a fault in one section of the policy stops the function of that section, and no other', async () => {
  const policy = JSON.stringify({ quarantine: { expireAfter: 'soon' }, upgrades: { bakeAge: '10m' } });
  const { records } = await start({ fleet: 'demo', policy, inProcess: true, play: '3h' });
  const stopped = records.filter(({ reason }) => reason === 'policy-invalid');
  expect(new Set(stopped.map(({ remediation }) => remediation))).toEqual(new Set(['quarantine-workers']));
  expect(stopped[0]).toMatchObject({ decision: 'refused', severity: 'high' });
  expect(stopped[0]?.message).toContain('quarantine.expireAfter: must be a whole number with a unit');
  const acted = records.filter(({ decision }) => decision === 'acted');
  expect(acted.map(({ remediation }) => remediation)).toContain('upgrade-node-groups');
  expect(acted.map(({ remediation }) => remediation)).not.toContain('quarantine-workers');
});

it('what earlier documents could say and is refused now stops upgrades alone: quarantine goes on, and an operator is told why', async () => {
  const fleet = privateFleet({ maxSize: 10 }, publicLaunch());
  const windows = [
    { cron: '0 2 1-7 * SAT', duration: '4h', timeZone: 'Europe/Berlin' },
    { cron: '0 3 * * SUN', duration: '0h' },
  ];
  const policy = JSON.stringify({ upgrades: { windows }, quarantine: { drain: { cordon: false } } });
  const run = await start({ fleet, policy, inProcess: true, play: '70m' });

  const stopped = run.records.filter(({ reason }) => reason === 'policy-invalid');
  expect(new Set(stopped.map(({ remediation }) => remediation))).toEqual(new Set(['upgrade-node-groups']));
  expect(stopped[0]?.message).toContain('upgrades.windows.0.cron: names days of the month and weekdays');
  expect(stopped[0]?.message).toContain('write "0 2 * * SAT#1"');
  expect(stopped[0]?.message).toContain('upgrades.windows.1.duration: must be more than 0');
  // Each node group has one record, however often it is reconciled.
  expect(new Set(stopped.map(({ nodegroup }) => nodegroup)).size).toBe(stopped.length);
  const { id } = exposedWorker(run);
  const ofWorker = run.records.filter(
    ({ instance, remediation }) => instance === id && remediation === 'quarantine-workers',
  );
  expect(ofWorker.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['quarantined']));

  const { code, stdout, stderr } = await operate(run.account, 'policy', 'check');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fault: upgrades\.windows\.0\.cron: .*\nfault: upgrades\.windows\.1\.duration: /);
  expect(stdout).toContain('nothing is done by upgrade-node-groups\n');
  expect(stderr).toMatch(/not a good policy/);
});
