import { describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { al2023, file } from '../sandbox/account/ssm/node-systems.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { fleet, OPEN, told } from './posture.fixture.ts';
import { FAST, fleet as fleetOf, group } from './upgrade.fixture.ts';

describe('the posture of hosts is looked at', () => {
  it('when an operator asks, of one group or of all, and only then beside its turn', async () => {
    const run = await start({ inProcess: true, fleet: fleet(OPEN), play: '2h' });
    const sent = () => run.calls.filter(({ operation }) => operation === 'SendCommand').length;
    const before = sent();
    await run.account.play(2 * HOUR);
    expect(sent()).toBe(before);
    const web = await operate(run.account, 'check', 'shop/web');
    expect(web).toMatchObject({ code: 0, stderr: expect.stringContaining('1 group was checked') });
    expect(web.stdout).toMatch(/shop\/web +3\.2\.4 +FAIL/);
    expect(sent()).toBe(before + 1);
    for (const { commands } of run.account.fleet.instances.list()) commands.host = undefined;
    // Of two requests at once, the second is carried out after the first, and is not lost.
    const [one, all] = await Promise.all([
      operate(run.account, 'check', 'shop/web', '--json', '--all'),
      operate(run.account, 'check', 'shop', '--csv'),
    ]);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.stdout.split('\n')[0] ?? '')).toMatchObject({ group: 'shop/web', verdict: 'PASS' });
    expect(all).toMatchObject({ code: 0, stderr: expect.stringContaining('2 groups were checked') });
    expect(told(run)).toEqual(['web refused posture-failed 3.2.4', 'web done posture-passed 3.2.4']);
    const nobody = await operate(run.account, 'check', 'shop/nobody');
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('No worker of shop/nobody') });
    expect(await operate(run.account, 'check')).toMatchObject({ code: 2 });
    expect(await operate(run.account, 'check', 'i-0123456789abcdef0')).toMatchObject({ code: 2 });
  });

  it('by nobody where the policy has it off, which whoever asks is told', async () => {
    const run = await start({ inProcess: true, fleet: fleet(OPEN), policy: { posture: { mode: 'off' } }, play: '1m' });
    const { code, stderr } = await operate(run.account, 'check', 'shop/web');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('off') });
  });

  it('of all workers where the policy says so', async () => {
    const run = await start({
      inProcess: true,
      fleet: fleet(OPEN),
      policy: { posture: { sample: 'all' } },
      play: '2h',
    });
    const asked = run.calls
      .filter(({ operation }) => operation === 'SendCommand')
      .flatMap(({ input }) => Object(input).InstanceIds as string[]);
    // Three groups have equally many workers, and one of them runs Windows.
    expect(asked.length).toBe((run.account.fleet.instances.list().length / 3) * 2);
    expect(asked.length).toBe(new Set(asked).size);
  });

  it('beside the benchmark: what fails ends like any other, and the way out stands beside what nobody can mend in place', async () => {
    const keys = '/home/ec2-user/.ssh/authorized_keys';
    const host = al2023({
      files: [
        file('/etc/passwd', '0644', 'ec2-user:x:1000:1000::/home/ec2-user:/bin/bash\n'),
        file(keys, '0600', 'ssh-ed25519 AAAA somebody\n'),
        file('/proc/77/comm', '0444', 'sshd\n'),
        file('/sys/fs/selinux/enforce', '0644', '0'),
      ],
    });
    const begun = ['web refused posture-failed SSH.1', 'web refused posture-failed SSH.6'];
    const run = await start({
      inProcess: true,
      fleet: fleet(host, { remoteAccess: { ec2SshKey: 'ops' } }),
      play: '2h',
    });
    expect(told(run)).toEqual(begun);
    expect(run.records.find(({ reason }) => reason === 'posture-failed')).toMatchObject({
      message: `SSH.1 fails (No key opens a shell by SSH): ${keys}: 1 keys let ec2-user in.`,
      details: { benchmark: 'of our own' },
    });
    const { stdout } = await operate(run.account, 'check', 'shop/web');
    expect(stdout).toMatch(/shop\/web +SELINUX\.1 +MANUAL +SELinux is permissive, as al2023 comes/);
    const wide = await operate(run.account, 'posture', '-o', 'wide');
    expect(wide.stdout).toMatch(/SELINUX\.1 .+Move to Bottlerocket.+SELinux enforces/);
    for (const { commands } of run.account.fleet.instances.list()) commands.host = undefined;
    await operate(run.account, 'check', 'shop/web');
    expect(told(run)).toEqual([...begun, 'web done posture-passed SSH.1']);
  });

  it('with its pods by name where the cluster is open, and with the doubt said where it is not', async () => {
    const workloads = [
      { name: 'agent', namespace: 'ops', securityContext: { privileged: true } },
      { name: 'shop', securityContext: { seLinuxOptions: { type: 'container_t' } } },
    ];
    const host = al2023({ files: [file('/sys/fs/selinux/enforce', '0644', '0')] });
    const shut = fleet(host, { workloads });
    const accessEntries = [{ function: 'check-posture', kubernetesGroups: ['eks-host-remediator-posture'] }];
    const open = { ...shut, clusters: shut.clusters.map((cluster) => ({ ...cluster, accessEntries })) };
    const run = await start({ inProcess: true, fleet: open, play: '2h' });
    expect(told(run)).toEqual(['web refused posture-failed SELINUX.3']);
    expect(run.records.find(({ reason }) => reason === 'posture-failed')?.message).toMatch(
      /seLinuxOptions: default\/shop-\S+ \(shop\) do nothing/,
    );
    const { stdout } = await operate(run.account, 'posture');
    expect(stdout).toMatch(/shop\/web +SELINUX\.2 +MANUAL +privileged: ops\/agent-\S+ \(agent\)/);
    expect(stdout).not.toMatch(/shop\/web.*not known by name/);
    const doubt = await start({ inProcess: true, fleet: shut, play: '2h' });
    expect(told(doubt)).toEqual([]);
    expect((await operate(doubt.account, 'posture')).stdout).toMatch(
      /shop\/web +SELINUX\.3 +MANUAL .*not known by name: .*401/,
    );
  });

  it('once a group is upgraded, so that a finding which that cures ends', async () => {
    const groups = [group('web', { ssm: { commands: { host: OPEN } } })];
    const run = await start({ inProcess: true, fleet: fleetOf(groups), policy: FAST, play: '0s' });
    while (!run.records.some(({ reason }) => reason === 'upgrade-started')) await run.account.play(10 * MINUTE);
    expect(told(run)).toEqual(['web refused posture-failed 3.2.4']);
    // The new AMI comes without the drop-in.
    for (const { commands } of run.account.fleet.instances.list()) commands.host = undefined;
    while (!run.records.some(({ reason }) => reason === 'upgraded')) await run.account.play(MINUTE);
    await run.account.play(5 * MINUTE);
    expect(told(run)).toEqual(['web refused posture-failed 3.2.4', 'web done posture-passed 3.2.4']);
    const ended = run.records.find(({ reason }) => reason === 'posture-passed');
    expect(ended?.trigger.type).toBe('Posture Reconcile Request (upgrade)');
  });
});
