import { expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { exposedWorker, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

it('a worker in quarantine, in standby or on its way out gets neither advice nor a remedy from any other function', async () => {
  const inspector = {
    vulnerabilities: [
      {
        id: 'CVE-2026-31415',
        severity: 'CRITICAL',
        package: 'openssl',
        publishedAt: '+70m',
        fixedInVersion: '2.0.0',
        exploitAvailable: true,
        fixedSince: '-30d',
      },
    ],
  };
  const ssm = { agent: 'missing', imdsTokens: 'optional' };
  const run = await start(
    scenario(privateFleet({ ssm, desiredSize: 3 }, { ...publicLaunch(), inspector }), {
      ssmAgent: {},
      imds: { mode: 'enforce' },
    }),
  );
  // Before the first reconcile, one member is in standby, and a lifecycle hook holds another one while it terminates.
  const [group] = run.account.fleet.autoScalingGroups.list();
  const [standby = '', leaving = ''] = [...(group?.members.keys() ?? [])];
  group!.members.get(standby)!.lifecycleState = 'Standby';
  group!.members.get(leaving)!.lifecycleState = 'Terminating:Wait';
  await run.account.play(3 * HOUR + 20 * MINUTE);
  const idle = new Set([exposedWorker(run).id, standby, leaving]);
  expect(idle.size).toBe(3);
  const said = run.records
    .filter(({ remediation, instance = '' }) => remediation !== 'quarantine-workers' && idle.has(instance))
    .map(({ decision, reason }) => `${decision} ${reason}`);
  expect([...new Set(said)].sort()).toEqual(['skipped in-quarantine', 'skipped out-of-service']);
  for (const record of run.records.filter(
    ({ remediation, instance }) => remediation !== 'quarantine-workers' && instance === undefined,
  ))
    for (const id of idle) expect(JSON.stringify(record)).not.toContain(id);
  const changed = run.calls.filter(
    ({ function: name, operation }) => name !== 'quarantine-workers' && /^(Modify|Send|PATCH|Attach)/.test(operation),
  );
  for (const { input } of changed) for (const id of idle) expect(JSON.stringify(input)).not.toContain(id);
  // The others are still managed.
  expect(changed.map(({ operation }) => operation)).toContain('ModifyInstanceMetadataOptions');
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});
