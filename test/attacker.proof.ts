import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { request } from '../functions/request-actions/request.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { LEDGER_KINDS } from '../functions/shared/ledger/item-kinds.ts';
import { findingsFleet, triageIncident } from './findings.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { fleet, OPEN, told } from './posture.fixture.ts';
import { ask, askForGroup, privateFleet, publicLaunch, scenario, setPolicy } from './quarantine.fixture.ts';
import { launch } from './ssm-agent.fixture.ts';

/** Tags that anybody with `ec2:CreateTags` can set on any instance. */
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

const VULNERABILITY = {
  id: 'CVE-2026-31415',
  severity: 'CRITICAL',
  package: 'openssl',
  publishedAt: '+10m',
  fixedInVersion: '2.0.0',
  exploitAvailable: true,
};

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

  it('nobody ends the findings of a node group by tags: its workers are listed by the tag that only Auto Scaling sets', async () => {
    const inspector = { vulnerabilities: [VULNERABILITY] };
    const run = await start(
      scenario(privateFleet({}, { inspector }, { network: 'nat' }), { quarantine: { mode: 'off' } }),
    );
    await run.account.play(3 * HOUR);
    const open = run.records.filter(({ remediation }) => remediation === 'triage-findings');
    expect(open.findLast(({ nodegroup }) => nodegroup !== undefined)?.decision).toBe('refused');
    for (const { id, tags } of run.account.fleet.instances.list()) {
      expect(tags.get('aws:autoscaling:groupName'), id).toBeDefined();
      tags.set('eks:nodegroup-name', 'another').set('eks:cluster-name', 'another');
      tags.set('eks-host-remediator:quarantine', '2026-07-14T18:00:00Z');
    }
    await run.account.play(3 * HOUR);
    const after = run.records.filter(({ remediation }) => remediation === 'triage-findings').slice(open.length);
    expect(after.filter(({ decision }) => decision === 'done')).toEqual([]);
  });

  it('nobody speaks for a node group: neither its findings nor its posture are those of a decoy', async () => {
    const inspector = { vulnerabilities: [{ ...VULNERABILITY, fixedSince: '-30d' }] };
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

describe('with ec2:CreateTags or ec2:DeleteTags on the workers of a group', () => {
  const retag = ({ account }: Played, nodegroup: string | undefined) => {
    for (const { tags } of account.fleet.instances.list()) {
      tags.delete('eks:cluster-name');
      tags.delete('eks:nodegroup-name');
      if (nodegroup !== undefined) tags.set('eks:nodegroup-name', nodegroup);
    }
  };

  it.each([
    ['another group', 'another'],
    ['no group', undefined],
  ])('nobody hides their findings and their posture, by tags that name %s', async (_what, name) => {
    const finding = await start({ ...findingsFleet(), inProcess: true, play: '1m' });
    retag(finding, name);
    await finding.account.play(2 * HOUR);
    expect(triageIncident(finding)).toContain('acted upgrade-requested');
    const posture = await start({ fleet: fleet(OPEN), inProcess: true, play: '1m' });
    retag(posture, name);
    await posture.account.play(5 * HOUR);
    expect(told(posture)).toEqual(['web refused posture-failed 3.2.4']);
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
      securityGroups.remove(made, made.rules);
      for (const each of interfaces.of(id)) each.securityGroupIds = [made.id];
    });
    await run.account.play(20 * MINUTE);
    const said = run.records.filter(({ reason }) => reason === 'another-stack');
    expect(said.map(({ decision, severity }) => [decision, severity])).toEqual([['refused', 'high']]);
    expect(callsOf(run, 'ModifyNetworkInterfaceAttribute')).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});

describe('with ec2:CreateSecurityGroup and the role of a node', () => {
  /** Gives a worker a security group that is called as one of another stack's quarantine, with these rules. */
  const disguise = ({ account }: Played, id: string, ingress: boolean): string => {
    const { securityGroups, interfaces } = account.fleet.networks;
    const vpcId = account.fleet.instances.get(id)?.vpcId ?? '';
    const description = 'EKS Host Remediator: nothing in, nothing out';
    const group = { id: securityGroups.newId(), vpcId, name: 'a-first-quarantine', description, tags: new Map() };
    const anybody = { egress: false, protocol: '-1', fromPort: undefined, toPort: undefined, peer: '0.0.0.0/0' };
    const made = securityGroups.create(group, ingress ? [anybody] : []);
    if (!ingress) securityGroups.remove(made, made.rules);
    for (const each of interfaces.of(id)) each.securityGroupIds = [made.id];
    return made.id;
  };

  it('nobody keeps a worker exposed by an open group with the name of another quarantine', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    run.account.fleet.instances.onLaunched(({ id }) => void disguise(run, id, true));
    await run.account.play(30 * MINUTE);
    const exposed = run.account.fleet.instances.list().filter(({ id }) => run.account.fleet.networks.isReachable(id));
    expect(exposed.map(({ id }) => id)).toEqual([]);
    expect(run.records.map(({ reason }) => reason)).toContain('quarantined');
  });

  it.each([
    ['an open', true],
    ['a closed', false],
  ])('nobody leaves a quarantine by %s group with the name of another', async (_what, ingress) => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    await run.account.play(20 * MINUTE);
    const id = run.records.find(({ reason }) => reason === 'quarantined')?.instance ?? '';
    const made = disguise(run, id, ingress);
    await run.account.play(2 * HOUR);
    expect(run.account.fleet.networks.interfaces.of(id).flatMap((each) => each.securityGroupIds)).not.toContain(made);
    expect(run.records.filter(({ reason }) => reason === 'another-stack')).toEqual([]);
    expect(run.records.map(({ reason }) => reason)).toContain('quarantine-reinforced');
  });
});

describe('with ec2:AuthorizeSecurityGroupEgress', () => {
  it('nobody opens a way out of a quarantine to a security group of their own', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    await run.account.play(20 * MINUTE);
    const id = run.records.find(({ reason }) => reason === 'quarantined')?.instance ?? '';
    const { securityGroups, interfaces } = run.account.fleet.networks;
    const [closed] = interfaces
      .of(id)
      .flatMap((each) => each.securityGroupIds.flatMap((one) => securityGroups.get(one) ?? []));
    if (closed === undefined) throw new Error('The worker is in no security group.');
    const everything = { egress: true, protocol: '-1', fromPort: undefined, toPort: undefined, peer: closed.id };
    securityGroups.add(closed, [everything]);
    await run.account.play(2 * HOUR);
    expect(closed.rules).toEqual([]);
    expect(run.records.find(({ reason }) => reason === 'quarantine-reinforced')?.message).toContain('egress to sg-');
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
    // Scanning is off in the member account, which is no concern of this account.
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

describe('with events:PutEvents and names that were made up', () => {
  it('nobody makes items in the ledger by requests, which each look at all groups or classes would read', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    const remediationRequest = await import('../events/remediation-request.ts');
    const quarantineRequest = await import('../events/quarantine-request.ts');
    await run.account.play(9.9 * MINUTE);
    const time = new Date(run.account.time.now).toISOString();
    let asked = 0;
    const ask = (event: object, detail: object) => {
      asked += 1;
      const named = { why: 'because', requestedBy: 'mallory', ...detail };
      run.account.putEvent({ ...event, id: `asked-${asked}`, time, detail: named } as never);
    };
    const madeUp = () => `i-0${asked.toString(16).padStart(16, '0')}`;
    for (const { name: remediation, subject, requests } of REMEDIATIONS) {
      for (const action of requests) {
        if (action === 'release' || action === 'extend' || action === 'terminate') {
          ask(quarantineRequest.sample, { action, instanceId: madeUp(), ...(action === 'extend' && { by: '3d' }) });
        } else if (subject === 'instance') {
          ask(remediationRequest.sample, { remediation, action, instanceId: madeUp() });
        } else {
          for (const clusterName of ['shop', 'ghost'])
            for (const nodegroupName of ['made-up', 'ec2nodeclass:made-up'])
              ask(remediationRequest.sample, { remediation, action, clusterName, nodegroupName });
        }
      }
    }
    const findings = await import('../events/findings-reconcile-request.ts');
    for (const prefix of ['', ' ', 'self-managed:', 'karpenter:', 'auto-mode:', `self-managed:${'x'.repeat(255)}`]) {
      for (const clusterName of ['shop', 'ghost'])
        ask(findings.sample, { trigger: 'operator', clusterName, nodegroupName: `${prefix}made-up` });
    }
    await run.account.play(10 * MINUTE);
    expect(run.records.filter(({ reason }) => reason === 'request-refused').length).toBeGreaterThan(30);
    const items = await run.account.dynamoDb.scan(run.account.stack.ref('AWS::DynamoDB::Table'));
    expect(items.filter((item) => /i-0000000|made-up|ghost/.test(JSON.stringify(item)))).toEqual([]);
    expect(run.errors).toEqual([]);
  });
});

describe('with events:PutEvents and a time of their own', () => {
  it('nobody makes a request that no later one can take back', async () => {
    const run = await start(
      scenario(privateFleet({}, publicLaunch()), { quarantine: { mode: 'observe' }, ssmAgent: { mode: 'off' } }),
    );
    const { sample } = await import('../events/remediation-request.ts');
    await run.account.play(12 * MINUTE);
    const [proposed] = run.records.filter(({ reason }) => reason === 'would-quarantine');
    const ask = (id: string, action: 'approve' | 'reject', time: string) => {
      const detail = {
        remediation: 'quarantine-workers',
        action,
        instanceId: proposed?.instance,
        why: id,
        requestedBy: 'mallory',
      };
      run.account.putEvent({ ...sample, id, time, detail } as never);
    };
    ask('from-2099', 'reject', '2099-01-01T00:00:00Z');
    await run.account.play(MINUTE);
    ask('now', 'approve', new Date(run.account.time.now).toISOString());
    await run.account.play(5 * MINUTE);
    const answers = run.records.filter(({ reason }) => reason.startsWith('request-'));
    expect(answers.map(({ reason, details }) => `${reason} ${details?.why}`)).toEqual([
      'request-granted from-2099',
      'request-granted now',
    ]);
    expect(
      run.records.some(({ reason, instance }) => reason === 'quarantined' && instance === proposed?.instance),
    ).toBe(true);
  });
});

describe('with sqs:SendMessage on the queue of a function', () => {
  it('nobody has two reconciles of node groups run side by side, by message groups of their own', async () => {
    const run = await start({ ...scenario(privateFleet()), play: '10m' });
    const { sample } = await import('../events/upgrade-reconcile-request.ts');
    const queue = run.account.sqs.queues.find(
      ({ name, settings }) => /Upgrade/.test(name) && settings.redrive !== undefined,
    );
    for (const n of [0, 1, 2]) {
      queue?.send({ body: JSON.stringify({ ...sample, id: `${n}` }), groupId: `group-${n}`, deduplicationId: `${n}` });
    }
    await run.account.play(5 * MINUTE);
    const aside = run.records.filter(({ reason }) => reason === 'invalid-event');
    expect(aside.map(({ message }) => message.includes('its message group must be "all"'))).toEqual([true, true, true]);
    expect(deadLetterCount(run)).toBe(3);
    expect(run.errors).toEqual([]);
  });

  it('somebody has a worker released as whoever may put events on the bus, and the record says who they said they were', async () => {
    const run = await start({ ...scenario(privateFleet({}, publicLaunch())), play: '20m' });
    const isolated = run.records.find(({ reason }) => reason === 'quarantined');
    const { sample } = await import('../events/quarantine-request.ts');
    const queue = run.account.sqs.queues.find(
      ({ name, settings }) => /Quarantine/.test(name) && settings.redrive !== undefined,
    );
    const detail = { ...sample.detail, instanceId: isolated?.instance, requestedBy: 'mallory' };
    const time = new Date(run.account.time.now).toISOString();
    queue?.send({ body: JSON.stringify({ ...sample, account: '999999999999', time, detail }) });
    await run.account.play(10 * MINUTE);
    const about = run.records.filter(({ instance }) => instance === isolated?.instance);
    expect(about.some(({ message }) => message.includes('mallory'))).toBe(true);
    expect(about.some(({ reason }) => reason === 'released')).toBe(true);
  });
});

describe('with lambda:InvokeFunction on the function of node groups', () => {
  it('nobody has reconciles side by side undo what one has remembered, or begin more than the budget lets', async () => {
    const { fleet, small, FAST } = await import('./upgrade.fixture.ts');
    const groups = ['a', 'b', 'c', 'd'].map((name) => small(name));
    const run = await start({ fleet: fleet(groups), policy: FAST, play: '239m' });
    const { sample } = await import('../events/upgrade-reconcile-request.ts');
    const arn = run.account.sqs.queues.find(({ name }) => /Upgrade.*fifo$/.test(name) && !/Dead/.test(name))?.arn ?? '';
    const name = run.account.lambda.pollers.get(arn) ?? '';
    const time = new Date(run.account.time.now).toISOString();
    const records = (call: number) =>
      ['a', 'b', 'c', 'd'].map((nodegroupName) => ({
        messageId: `${call} ${nodegroupName}`,
        eventSourceARN: arn,
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(run.account.time.now) },
        body: JSON.stringify({
          ...sample,
          id: `${call}`,
          time,
          detail: { ...sample.detail, clusterName: 'shop', nodegroupName },
        }),
      }));
    for (let minute = 0; minute < 12; minute++) {
      for (const call of [1, 2]) void run.account.lambda.invoke(name, { Records: records(call) }, undefined as never);
      await run.account.play(MINUTE);
      const updating = run.account
        .snapshot()
        .clusters.flatMap(({ nodeGroups }) => nodeGroups.filter(({ status }) => status === 'UPDATING'));
      expect(updating.length).toBeLessThanOrEqual(1);
    }
    await run.account.play(HOUR);
    const asked = callsOf(run, 'UpdateNodegroupVersion').map(
      ({ input }) => (input as { nodegroupName?: string }).nodegroupName,
    );
    expect([asked.toSorted(), run.records.filter(({ reason }) => reason === 'upgraded').length]).toEqual([
      ['a', 'b', 'c', 'd'],
      4,
    ]);
    expect(run.records.filter(({ reason }) => /foreign|other-update/.test(reason))).toEqual([]);
  });
});

describe('with ec2:RunInstances and iam:PassRole on the role of a node group', () => {
  it('somebody fills the budget of a cluster with workers of their own, and that a true one stays open is told at once', async () => {
    const own = {
      name: 'by-hand',
      tags: CLAIMS,
      roleOf: 'web',
      count: 4,
      at: '+3m',
      exposure: { publicAddress: 'elastic', openPorts: [22] },
    };
    const run = await start(scenario(privateFleet({}, publicLaunch(), { otherInstances: [own] })));
    await run.account.play(20 * MINUTE);
    const theirs = run.account.fleet.instances.list().filter(({ tags }) => tags.get('Name') === 'by-hand');
    // Three per cluster by default. Each worker with a slot is isolated, without a node group's name.
    const isolated = run.records.filter(({ reason }) => reason === 'quarantined');
    expect(isolated).toHaveLength(3);
    for (const { instance, nodegroup } of isolated) {
      expect(theirs.map(({ id }) => id)).toContain(instance);
      expect(nodegroup).toBeUndefined();
    }
    const told = run.records.filter(({ reason }) => reason === 'workers-stay-exposed');
    expect(told.map(({ nodegroup, severity }) => [nodegroup, severity])).toContainEqual(['web', 'high']);
    expect(callsOf(run, 'EnterStandby')).toEqual([]);
  });
});

describe('with ssm:PutParameter on the policy', () => {
  it('nobody becomes root on nodes by an image of their own: it is named, and nothing is installed', async () => {
    const installerImage = `evil.example/x@sha256:${'a'.repeat(64)}`;
    // What is installed by default: test/ssm-agent-missing.proof.ts.
    const { fleet } = launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS' });
    const run = await start({ fleet, policy: { ssmAgent: { mode: 'enforce', installerImage } }, play: '50m' });
    const told = run.records.filter(({ reason }) => reason === 'agent-missing');
    expect(told[0]?.message).toContain('allows no installer image of evil.example (installerRegistries)');
    expect(callsOf(run, 'PATCH daemonsets')).toEqual([]);
  });

  it('somebody switches everything off, and what stays open is told all the same', async () => {
    const run = await start(scenario(privateFleet({}, publicLaunch())));
    await run.account.play(9 * MINUTE);
    setPolicy(run, JSON.stringify({ killSwitch: true }));
    await run.account.play(10 * MINUTE);
    const told = run.records.find(({ reason }) => reason === 'workers-stay-exposed');
    expect(told).toMatchObject({ severity: 'high', message: expect.stringContaining('kill switch') });
  });
});

describe('with lambda:InvokeFunction on the functions of the widget', () => {
  it.each<[string, object]>([
    [
      'an event of another kind',
      { detailType: 'Quarantine Reconcile Request', detail: { trigger: 'sweep', clusterName: 'shop' } },
    ],
    [
      'another bus and source',
      {
        action: 'release',
        remediation: 'quarantine-workers',
        subject: { instance: 'i-0f3a5c7e9b1d2f4a6' },
        EventBusName: 'default',
        Source: 'aws.ec2',
      },
    ],
    [
      'markup in what it shows',
      { action: '<script>', remediation: '<img src=x>', subject: { instance: '"><script>' } },
    ],
    ['a body of a megabyte', { action: 'x'.repeat(1_000_000) }],
  ])('nobody puts %s on the bus by them, nor gets markup back', async (_what, given) => {
    const put: unknown[] = [];
    const events = {
      send: async ({ input }: { input: unknown }) => ({
        FailedEntryCount: 0,
        Entries: [{ EventId: String(put.push(input)) }],
      }),
    };
    const named = { widgetContext: { forms: { all: { 'ehr-who': 'Ada', 'ehr-why': 'because' } } } };
    const shown = await request(
      { events: events as never, busName: 'bus', requestable: REMEDIATIONS },
      { ...given, ...named },
    );
    for (const input of put) {
      expect(input).toMatchObject({
        Entries: [{ EventBusName: 'bus', Source: 'eks-host-remediator', DetailType: 'Quarantine Request' }],
      });
    }
    expect(put.length).toBeLessThanOrEqual('EventBusName' in given ? 1 : 0);
    expect(String(shown)).not.toMatch(/<script|<img/);
  });
});

describe('with the role of a node', () => {
  it('somebody who gives their node back its groups is told of as a fight, by name, and shut off each time', async () => {
    const bind = (minute: number) => ({ at: `+${minute}m`, cluster: 'shop', nodeGroup: 'web', associateAddress: true });
    const run = await start(scenario(privateFleet({}, { changes: [5, 8, 11, 14].map(bind) })));
    await run.account.play(20 * MINUTE);
    const fought = run.records.find(({ reason }) => reason === 'quarantine-undone');
    expect(fought?.message).toContain('AssociateAddress');
    const worker = run.account.fleet.instances.get(fought?.instance ?? '');
    expect(run.account.fleet.networks.isReachable(worker?.id ?? '')).toBe(false);
  });
});

describe('with logs:PutLogEvents on the log group', () => {
  it('somebody has people told of what never was, by a record of their own, and no function does anything by it', async () => {
    const run = await start({ ...scenario(privateFleet({}, publicLaunch())), play: '30m' });
    const group = String(run.account.stack.outputs.LogGroupName);
    const { events } = run.account.logs.group(group);
    const line =
      events.map(({ message }) => message).find((message) => message.includes('"reason":"quarantined"')) ?? '';
    const invented = JSON.stringify({
      ...JSON.parse(line),
      id: 'invented',
      correlationId: 'invented',
      decision: 'failed',
      reason: 'workers-stay-exposed',
      severity: 'critical',
      message: 'The account burns.',
    });
    const told = () => run.account.sns.published.filter(({ message }) => message.includes('The account burns.'));
    expect(told()).toEqual([]);
    const before = run.calls.length;
    run.account.logs.append(group, 'invented', invented);
    await run.account.play(4 * MINUTE);
    expect(told().length).toBeGreaterThan(0);
    expect(new Set(run.calls.slice(before).map((call) => call.function))).toEqual(new Set(['notify-stories']));
  });
});

describe('with dynamodb:PutItem on the ledger', () => {
  it('somebody has a worker in quarantine get other security groups back, and no target group gets what is not the worker', async () => {
    const targetGroups = [{ name: 'web', type: 'ip' }];
    const run = await start({ ...scenario(privateFleet({ targetGroups }, publicLaunch())), play: '20m' });
    const id = run.records.find(({ reason }) => reason === 'quarantined')?.instance ?? '';
    const { networks, targetGroups: known } = run.account.fleet;
    const [worker] = networks.interfaces.of(id);
    const vpcId = run.account.fleet.instances.get(id)?.vpcId ?? '';
    const { securityGroups } = networks;
    const theirs = securityGroups.create(
      { id: securityGroups.newId(), vpcId, name: 'theirs', description: 'theirs', tags: new Map() },
      [],
    );
    const [group] = known.list();
    const table = run.account.stack.ref('AWS::DynamoDB::Table');
    const items = await run.account.dynamoDb.scan(table);
    const item = structuredClone(items.find(({ pk, sk }) => pk?.S === 'quarantine' && sk?.S === id));
    const saved = item?.quarantine?.M?.saved?.M;
    const ofWorker = saved?.interfaces?.L?.[0]?.M;
    if (saved === undefined || ofWorker === undefined) throw new Error('nothing is saved');
    ofWorker.groups = { L: [{ S: theirs.id }] };
    const target = (to: string) => ({
      M: { targetGroupArn: { S: group?.arn ?? '' }, id: { S: to }, port: { N: '80' } },
    });
    saved.targets = { L: [target('10.99.99.99'), target(worker?.privateIps[0] ?? '')] };
    await run.account.dynamoDb.call('PutItem', { TableName: table, Item: item });
    ask(run, 'release', id);
    await run.account.play(20 * MINUTE);
    expect(run.records.some(({ reason, instance }) => reason === 'released' && instance === id)).toBe(true);
    expect(networks.interfaces.of(id)[0]?.securityGroupIds).toEqual([theirs.id]);
    const registered = callsOf(run, 'RegisterTargets')
      .map(({ input }) => JSON.stringify(input))
      .join();
    expect(registered).toContain(worker?.privateIps[0]);
    expect(registered).not.toContain('10.99.99.99');
  });

  it('somebody has rules opened again in any security group, by a release of a node group whose item they have forged', async () => {
    const run = await start({ ...scenario(privateFleet({}, publicLaunch())), play: '20m' });
    const { securityGroups } = run.account.fleet.networks;
    const theirs = securityGroups.create(
      { id: securityGroups.newId(), vpcId: 'vpc-1', name: 'database', description: 'database', tags: new Map() },
      [],
    );
    const permission = {
      M: {
        IpProtocol: { S: 'tcp' },
        FromPort: { N: '5432' },
        ToPort: { N: '5432' },
        IpRanges: { L: [{ M: { CidrIp: { S: '0.0.0.0/0' } } }] },
      },
    };
    const closed = {
      M: {
        ingress: { L: [{ M: { groupId: { S: theirs.id }, permissions: { L: [permission] } } }] },
        subnets: { L: [] },
      },
    };
    const Item = { pk: { S: 'exposed-group' }, sk: { S: 'shop/web' }, outcomes: { N: '0' }, closed };
    await run.account.dynamoDb.call('PutItem', { TableName: run.account.stack.ref('AWS::DynamoDB::Table'), Item });
    await run.account.play(2 * HOUR);
    const opened = () =>
      callsOf(run, 'AuthorizeSecurityGroupIngress').filter(({ input }) => JSON.stringify(input).includes(theirs.id));
    expect(opened()).toEqual([]);
    askForGroup(run, 'shop', 'web');
    await run.account.play(20 * MINUTE);
    expect(opened().map(({ outcome }) => outcome)).toEqual(['ok']);
  });
});

describe('with the role of one function', () => {
  it('nobody writes into the ledger what another function goes by: each role is refused the kinds of others', async () => {
    const run = await start({ ...scenario(privateFleet()), play: '90m' });
    const [example] = callsOf(run, 'PutItem');
    const roles = new Map(run.calls.map((call) => [call.function, call.roleLogicalId]));
    let refused = 0;
    for (const { name, start: by, ...declared } of REMEDIATIONS as readonly Remediation[]) {
      const role = roles.get(name);
      if (role === undefined || example === undefined) continue;
      const own = new Set([...(declared.ledgerKinds ?? []), ...(by.by === 'queue' ? ['unreadable'] : [])]);
      for (const kind of LEDGER_KINDS) {
        const permissions = example.permissions.map((each) => ({
          ...each,
          context: { ...each.context, 'dynamodb:LeadingKeys': [kind] },
        }));
        const denied = await deniedCalls(run.account, [
          { ...example, function: name, permissions, roleLogicalId: role },
        ]);
        expect(denied.length, `${name} ${kind}`).toBe(own.has(kind) ? 0 : 1);
        refused += denied.length;
      }
    }
    expect(refused).toBeGreaterThan(250);
  });
});
