import { describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { al2023, DROP_INS, directory, dropIn, file, WITH_DROP_INS } from '../sandbox/account/ssm/node-systems.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, playThrough, start } from './harness.ts';
import { checkNow, fleet, OPEN, told } from './posture.fixture.ts';
import { findingsIn } from './security-hub.fixture.ts';
import { carriedBy, shown } from './widget.fixture.ts';

const callsOf = ({ calls }: Run, operation?: string) =>
  calls.filter(
    (call) => call.function === 'check-posture' && (operation === undefined || call.operation === operation),
  );

/** The checks that fail on hosts that answer anybody, by two settings of one drop-in. */
const CHECKS = ['3.2.1', '3.2.4'];

describe('the posture of hosts', () => {
  it('is looked at once a week, and what is well is not told of', async () => {
    const run = await playThrough({ fleet: fleet(), play: '5h' });
    expect(told(run)).toEqual([]);
    // One worker of each group that runs Linux, in one command.
    expect(callsOf(run, 'SendCommand')).toHaveLength(1);
    expect(new Set(callsOf(run, 'GetCommandInvocation').map(({ input }) => JSON.stringify(input))).size).toBe(2);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('that fails is told once, with file, line and value, until the hosts are cured', async () => {
    const run = await start({ fleet: fleet(OPEN), inProcess: true, play: '5h' });
    expect(told(run)).toEqual(['web refused posture-failed 3.2.4']);
    const failed = run.records.find(({ reason }) => reason === 'posture-failed');
    expect(failed?.message).toContain(`${DROP_INS}/99-debug.conf:4: readOnlyPort is 10255`);
    expect(failed?.details).toMatchObject({
      benchmark: 'CIS Amazon EKS 1.8.0',
      todo: expect.stringContaining('readOnlyPort'),
    });
    const report = await operate(run.account, 'posture');
    expect(report.code).toBe(0);
    expect(report.stdout).toMatch(
      /shop\/web +3\.2\.4 +FAIL +2026-07-14T0\d:\d\d +\S+99-debug\.conf:4: readOnlyPort is 10255/,
    );
    const page = await shown(run.account, carriedBy(await shown(run.account), 'Posture of hosts'));
    expect(page).toMatch(
      /<strong>3\.2\.4<\/strong> FAIL.*since 2026-07-14 0\d:.*99-debug\.conf:4: readOnlyPort is 10255/s,
    );
    expect(await shown(run.account, carriedBy(page, 'shop/batch'))).not.toContain('99-debug.conf');
    const csv = await operate(run.account, 'posture', '--csv', '--all');
    expect(csv.stdout).toContain('shop/web,3.2.1,The kubelet refuses anonymous requests,PASS,');
    const { stdout } = await operate(run.account, 'posture', '--json');
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      group: 'shop/batch',
      check: '3.2.7',
      verdict: 'MANUAL',
    });
    await checkNow(run);
    expect(told(run)).toHaveLength(1);
    for (const { commands } of run.account.fleet.instances.list()) commands.host = undefined;
    await checkNow(run);
    expect(told(run)).toEqual(['web refused posture-failed 3.2.4', 'web done posture-passed 3.2.4']);
    const [begun, ended] = run.records.filter(({ remediation }) => remediation === 'check-posture');
    expect(ended?.correlationId).toBe(begun?.correlationId);
  });

  it('is not looked at where the policy says so', async () => {
    const run = await start({ fleet: fleet(OPEN), policy: { posture: { mode: 'off' } }, inProcess: true, play: '5h' });
    expect(callsOf(run, 'SendCommand')).toEqual([]);
  });

  it('of a group that EKS does not tell of holds up no other one: told once, and looked at when it can be', async () => {
    const how = { operations: ['DescribeNodegroup'], code: 'ServerException', until: '+8h' };
    const troubles = [{ cluster: 'shop', nodeGroup: 'batch', ...how }];
    const run = await start({ fleet: { ...fleet(OPEN), troubles }, inProcess: true, play: '5h' });
    expect(told(run).map((line) => line.trim())).toEqual([
      'batch failed unreadable',
      'web refused posture-failed 3.2.4',
    ]);
    expect(run.errors.filter((line) => line.includes('check-posture'))).toEqual([]);
    await run.account.play(5 * HOUR);
    await checkNow(run);
    expect(
      told(run)
        .map((line) => line.trim())
        .slice(2),
    ).toEqual(['batch done posture-passed']);
  });

  it('of which agents answer and tell nothing is told to people after a day, once, and again when it is known', async () => {
    const ssm = { commands: { script: { output: '{"os":"al2023","kubernetesVer' } } };
    const run = await start({ fleet: fleet(undefined, { ssm }), inProcess: true, play: '2d' });
    expect(told(run)).toEqual(['web failed posture-untold ']);
    const untold = run.records.find(({ reason }) => reason === 'posture-untold');
    expect(untold?.message).toMatch(/What i-\w+ printed is not what the command prints\.$/);
    expect(untold?.message).not.toContain('kubernetesVer');
    for (const { commands } of run.account.fleet.instances.list()) Object.assign(commands, { script: undefined });
    await checkNow(run);
    expect(told(run)).toEqual(['web failed posture-untold ', 'web done posture-passed ']);
  });

  it('is a finding of Security Hub for each check of a group: what changed goes in, a hundred a call, and ends when it is solved', async () => {
    const anonymous = { readOnlyPort: 10255, authentication: { anonymous: { enabled: true } } };
    const host = al2023({
      flags: WITH_DROP_INS,
      files: [directory(DROP_INS), file(`${DROP_INS}/99-debug.conf`, '0644', dropIn(anonymous))],
    });
    const [cluster] = fleet().clusters;
    const groups = Array.from({ length: 55 }, (_, index) => `web-${index}`);
    const nodeGroups = groups.map((name) => ({ ...fleet(host).clusters[0]?.nodeGroups[0], name, desiredSize: 1 }));
    const policy = { notifications: { securityHub: 'enforce' }, upgrades: { mode: 'off' } };
    const many = { ...fleet(), clusters: [{ ...cluster, nodeGroups }] };
    const run = await start({ fleet: many, policy, inProcess: true, play: '30h' });
    const of = (suffix: string) =>
      groups
        .flatMap((name) => CHECKS.map((check) => `check-posture shop/${name}/posture-failed/${check} ${suffix}`))
        .sort();
    expect((await findingsIn(run)).sort()).toEqual(of('FAILED ACTIVE'));
    const imports = () =>
      run.calls
        .filter(({ operation }) => operation === 'BatchImportFindings')
        .map(({ input }) => (input as { Findings: object[] }).Findings.length);
    expect(imports().reduce((sum, count) => sum + count, 0)).toBe(110);
    expect(Math.max(...imports())).toBeLessThanOrEqual(100);
    for (const { commands } of run.account.fleet.instances.list()) commands.host = undefined;
    await checkNow(run);
    expect((await findingsIn(run)).sort()).toEqual(of('PASSED ARCHIVED'));
    expect(imports().reduce((sum, count) => sum + count, 0)).toBe(220);
  });
});
