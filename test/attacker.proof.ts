import { describe, expect, it } from 'vitest';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

/** What somebody with `ec2:CreateTags` can put on any instance. */
const CLAIMS = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web', 'kubernetes.io/cluster/shop': 'owned' };
const decoys = (rest: object = {}) => ({ otherInstances: [{ name: 'bastion', tags: CLAIMS, count: 3, ...rest }] });

type Played = Awaited<ReturnType<typeof start>>;
const bastions = ({ account }: Played): string[] =>
  account.fleet.instances
    .list()
    .filter(({ tags }) => tags.get('Name') === 'bastion')
    .map(({ id }) => id);
const callsOf = ({ calls }: Played, operation: string) => calls.filter((each) => each.operation === operation);
const saysOf = ({ records }: Played, remediation: string, ids: readonly string[]) =>
  records
    .filter((each) => each.remediation === remediation && ids.includes(each.instance ?? ''))
    .map(({ decision, reason }) => `${decision} ${reason}`);

describe('with ec2:CreateTags alone', () => {
  it('nobody has a policy attached, a DaemonSet applied or a host update begun for an instance without agent', async () => {
    const fleet = privateFleet({}, {}, decoys({ at: '+5m' }));
    const run = await start(scenario(fleet, { ssmAgent: { mode: 'enforce' }, quarantine: { mode: 'off' } }));
    await run.account.play(3 * HOUR);
    const ids = bastions(run);
    expect(saysOf(run, 'manage-ssm-agent', ids).filter((each) => /^(acted|would-act)/.test(each))).toEqual([]);
    expect(callsOf(run, 'AttachRolePolicy')).toEqual([]);
    expect(callsOf(run, 'PATCH daemonsets')).toEqual([]);
  });

  it('nobody speaks for a node group: neither its findings nor its posture are those of a decoy', async () => {
    const inspector = {
      vulnerabilities: [
        {
          id: 'CVE-2026-31415',
          severity: 'CRITICAL',
          package: 'openssl',
          publishedAt: '+10m',
          fixedInVersion: '2.0.0',
          exploitAvailable: true,
          fixedSince: '-30d',
        },
      ],
    };
    const run = await start(
      scenario(privateFleet({}, { inspector }, { network: 'nat', ...decoys() }), { quarantine: { mode: 'off' } }),
    );
    await run.account.play(4 * HOUR);
    const ids = new Set(bastions(run));
    const asked = callsOf(run, 'ListFindings').map(({ input }) => JSON.stringify(input));
    expect(asked.filter((input) => [...ids].some((id) => input.includes(id)))).toEqual([]);
    const commanded = callsOf(run, 'SendCommand').flatMap(
      ({ input }) => (input as { InstanceIds?: string[] }).InstanceIds ?? [],
    );
    expect(commanded.length).toBeGreaterThan(0);
    expect(commanded.filter((id) => ids.has(id))).toEqual([]);
    expect(
      run.records.filter(({ remediation, decision }) => remediation === 'triage-findings' && decision === 'acted'),
    ).toEqual([]);
  });
});

describe('two stacks of the product', () => {
  it('do not swap the security groups of a worker: the second says so and does nothing', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    run.account.fleet.instances.onLaunched(({ id, vpcId }) => {
      const { securityGroups, interfaces } = run.account.fleet.networks;
      const description = 'EKS Host Remediator: nothing in, nothing out';
      const group = { id: securityGroups.newId(), vpcId, name: 'a-first-quarantine', description, tags: new Map() };
      const made = securityGroups.create(group, []);
      for (const each of interfaces.of(id)) each.securityGroupIds = [made.id];
    });
    await run.account.play(20 * MINUTE);
    const said = run.records.filter(({ reason }) => reason === 'another-stack');
    expect(said.map(({ decision, severity }) => [decision, severity])).toEqual([['refused', 'high']]);
    expect(callsOf(run, 'ModifyNetworkInterfaceAttribute')).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});

describe('an administrator account of Inspector', () => {
  it('looks at its own workers only, whatever is told of its members', async () => {
    const member = '999999999999';
    const run = await start(
      scenario(privateFleet({}, { inspector: { members: [member] } }), { quarantine: { mode: 'off' } }),
    );
    const { sample } = await import('../events/inspector-package-finding.ts');
    run.account.putEvent({ ...sample, detail: { ...sample.detail, awsAccountId: member } });
    await run.account.play(70 * MINUTE);
    // Scanning of the member is off: that is no business of this account.
    expect(
      run.records.filter(({ remediation }) => remediation === 'triage-findings').map(({ reason }) => reason),
    ).toEqual(['findings-counted', 'workers-not-scanned']);
    expect(callsOf(run, 'ListFindingAggregations').length).toBeGreaterThan(0);
    for (const { input } of callsOf(run, 'ListFindingAggregations')) {
      expect(input).toMatchObject({ accountIds: [{ value: '111122223333' }] });
    }
    expect(JSON.stringify(callsOf(run, 'DescribeInstances'))).not.toContain(sample.detail.resources[0]?.id);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});

describe('with events:PutEvents', () => {
  it('nobody stops a queue: what is huge, or full of control characters, is put aside, and the rest goes on', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    const { sample } = await import('../events/quarantine-request.ts');
    await run.account.play(9 * MINUTE);
    for (let n = 0; n < 20; n += 1) {
      const detail = {
        ...sample.detail,
        action: `\u0000\u001b[2J\ud800${n}`,
        [`k\u0007${'x'.repeat(1_000)}`]: 'y'.repeat(n * 50_000),
      };
      run.account.putEvent({ ...sample, id: `poison-${n}`, detail });
    }
    await run.account.play(6 * MINUTE);
    expect(deadLetterCount(run)).toBe(20);
    expect(run.records.filter(({ reason }) => reason === 'invalid-event')).toHaveLength(20);
    expect(run.records.some(({ reason }) => reason === 'quarantined')).toBe(true);
    expect(run.errors).toEqual([]);
  });

  it('nobody makes items in the ledger, or takes the time of others, by ids that were made up', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    const { sample } = await import('../events/quarantine-reconcile-request.ts');
    await run.account.play(9.9 * MINUTE);
    const madeUp = (from: number) =>
      Array.from({ length: 100 }, (_, n) => `i-0${(from * 1000 + n).toString(16).padStart(16, '0')}`);
    for (let n = 0; n < 100; n += 1) {
      const detail = { trigger: 'wake-up', instanceIds: madeUp(n) };
      run.account.putEvent({ ...sample, id: `hint-${n}`, detail } as never);
    }
    await run.account.play(5 * MINUTE);
    const items = await run.account.dynamoDb.scan(run.account.stack.ref('AWS::DynamoDB::Table'));
    expect(items.filter((item) => JSON.stringify(item).includes('i-0000000'))).toEqual([]);
    expect(run.records.some(({ reason }) => reason === 'quarantined')).toBe(true);
    expect(run.errors).toEqual([]);
  });
});
