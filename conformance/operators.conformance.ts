import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from '../test/harness.ts';
import { readPage } from '../test/markdown.ts';
import { outcomes, privateFleet, publicLaunch, scenario } from '../test/quarantine.fixture.ts';
import { awsCli, commandsOf, type Ended } from './aws-cli.ts';
import { count } from './counts.ts';
import { serveAccount, stopServing } from './served-account.ts';
import { isThere, titled, toolPath } from './tools.ts';

/** Pages with commands for operators. */
const PAGES = ['README.md', 'docs/runbook.md', 'docs/kubernetes-access.md', 'docs/first-week.md', 'docs/review.md'];

/** Commands in the pages that the sandbox does not support, as it says itself. */
const NOT_SERVED =
  /^(lambda (list-event-source-mappings|get-account-settings)|eks (update-cluster-config|delete-access-entry))\b/;

/** One worker has a public address, but no rule admits anybody: by this policy it is not exposed. */
const PLAY = scenario(privateFleet({}, publicLaunch({ openPorts: [] })), { quarantine: { exposure: 'open-port' } });
const POLICY = JSON.stringify(PLAY.policy);

describe.skipIf(!isThere('boto'))(titled("an operator's commands, by the stock AWS CLI,", 'boto'), () => {
  let run: Run;
  let cli: (...argv: string[]) => Promise<Ended>;
  let url: string;

  beforeAll(async () => {
    run = await start({ ...PLAY, play: '30m' });
    url = await serveAccount(run.account);
    cli = awsCli(toolPath('boto', 'bin', 'aws'), url);
  });

  afterAll(() => stopServing(run.account));

  const aws = async (...argv: string[]) => {
    const { code, stdout, stderr } = await cli(...argv);
    expect({ argv, code, stderr }).toEqual({ argv, code: 0, stderr: '' });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };

  const refusedWith = async (code: string, ...argv: string[]) => {
    const { code: exit, stderr } = await cli(...argv);
    // Version 1 exits with 255, version 2 with 254.
    expect([254, 255]).toContain(exit);
    expect(stderr).toContain(`An error occurred (${code})`);
  };

  const workers = () => run.account.fleet.instances.list().filter(({ state }) => state === 'running');
  const someWorker = () => workers()[0]?.id ?? '';

  it('run as the pages show them', async () => {
    const { account } = run;
    const { stack } = account;
    const policy = join(tmpdir(), `policy-${process.pid}.json`);
    writeFileSync(policy, POLICY);
    const seconds = (sinceStart: number): string => String(Date.parse('2026-07-15T00:00:00Z') / 1000 + sinceStart);
    const meant: Record<string, string> = {
      LOG_GROUP: String(stack.outputs.LogGroupName),
      EVENT_BUS: stack.ref('AWS::Events::EventBus'),
      QUEUE_URL: stack.ref('AWS::SQS::Queue', 'QuarantineWorkersDeadLetters'),
      QUEUE_ARN: stack.attribute('AWS::SQS::Queue', 'QuarantineWorkersDeadLetters', 'Arn'),
      POLICY_PARAMETER: stack.ref('AWS::SSM::Parameter'),
      ROLE_ARN: 'arn:aws:iam::111122223333:role/of-an-operator',
      'policy.json': policy,
      DESTINATION_ARN: stack.attribute('AWS::SQS::Queue', 'QuarantineWorkersQueue', 'Arn'),
      CLUSTER: 'shop',
      NODE_GROUP: 'web',
      START_TIME: seconds(0),
      END_TIME: seconds(3600),
    };
    const commands = PAGES.flatMap((page) => commandsOf(readPage(page).blocks).map((words) => ({ page, words })));
    // A shell computes the dates, at least an hour apart.
    const dated = (word: string): string =>
      /^\$\(date -d /.test(word) ? 'START_TIME' : word.replace(/^\$\(date .*/, 'END_TIME');
    const failed: string[] = [];
    const served: string[] = [];
    const tried = new Set<string>();
    for (const { page, words } of commands) {
      const filled = words.map((word) =>
        Object.entries(meant).reduce((text, [placeholder, value]) => text.replaceAll(placeholder, value), dated(word)),
      );
      // Only version 2 has it; see below.
      if (filled[0] === 'logs' && filled[1] === 'tail') continue;
      // Pages may repeat commands.
      if (tried.has(filled.join(' '))) continue;
      tried.add(filled.join(' '));
      const { code, stdout, stderr } = await cli(...filled);
      if (filled[1] === 'start-query' && code === 0) meant.QUERY_ID = JSON.parse(stdout).queryId;
      const line = `${page}: aws ${filled.join(' ')}`;
      if (NOT_SERVED.test(filled.join(' '))) expect(stderr).toContain('NotImplementedBySandbox');
      // There is no update to describe.
      else if (code === 0 || (filled[1] === 'describe-update' && stderr.includes('No update found'))) served.push(line);
      else failed.push(`${line}: ${stderr.trim()}`);
    }
    expect(failed).toEqual([]);
    count(
      `operators: ${served.length} of ${tried.size} different commands of the pages run by the AWS CLI, the others not served`,
    );
  });

  it('wait for what is there already', async () => {
    await aws('ec2', 'wait', 'instance-running', '--instance-ids', ...workers().map(({ id }) => id));
    await aws('ec2', 'wait', 'instance-exists', '--instance-ids', someWorker());
    await aws('eks', 'wait', 'cluster-active', '--name', 'shop');
    await aws('eks', 'wait', 'nodegroup-active', '--cluster-name', 'shop', '--nodegroup-name', 'web');
  });

  it('let a function in by an access entry, once for each token', async () => {
    const principal = run.account.stack.attribute('AWS::IAM::Role', 'ManageSsmAgentRemediatorRole', 'Arn');
    const entry = [
      '--cluster-name',
      'shop',
      '--principal-arn',
      principal,
      '--kubernetes-groups',
      'eks-host-remediator',
    ];
    const create = ['eks', 'create-access-entry', ...entry, '--client-request-token'];
    const first = await aws(...create, 'once');
    expect(await aws(...create, 'once')).toEqual(first);
    await refusedWith('ResourceInUseException', ...create, 'twice');
  });

  it('only try a call, which changes nothing', async () => {
    const worker = someWorker();
    await refusedWith('DryRunOperation', 'ec2', 'terminate-instances', '--dry-run', '--instance-ids', worker);
    await refusedWith('DryRunOperation', 'ec2', 'describe-instances', '--dry-run');
    expect(run.account.fleet.instances.get(worker)?.state).toBe('running');
  });

  it('read the policy as it was', async () => {
    const name = run.account.stack.ref('AWS::SSM::Parameter');
    const { Version } = await aws('ssm', 'put-parameter', '--overwrite', '--name', name, '--value', ` ${POLICY}`);
    const { Parameter } = await aws('ssm', 'get-parameter', '--name', `${name}:${Version - 1}`);
    expect(Parameter).toMatchObject({ Version: Version - 1, Selector: `:${Version - 1}`, Value: POLICY });
    await refusedWith('ParameterVersionNotFound', 'ssm', 'get-parameter', '--name', `${name}:${Version + 1}`);
  });

  it('have dead letters tried again', async () => {
    const { account } = run;
    const queue = account.stack.ref('AWS::SQS::Queue', 'QuarantineWorkersQueue');
    const deadLetters = account.stack.attribute('AWS::SQS::Queue', 'QuarantineWorkersDeadLetters', 'Arn');
    const dead = account.sqs.byArn(deadLetters);
    await aws('sqs', 'send-message', '--queue-url', queue, '--message-body', 'no event');
    await account.play(60 * MINUTE);
    expect(dead.counts().visible).toBe(1);
    const lastTask = async () => {
      await account.play(1000);
      return (await aws('sqs', 'list-message-move-tasks', '--source-arn', deadLetters)).Results[0];
    };
    const move = ['sqs', 'start-message-move-task', '--source-arn', deadLetters];
    // The function itself has sent the message there, so SQS does not know its source.
    await aws(...move);
    expect(await lastTask()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
    expect(dead.counts().visible).toBe(1);
    await aws(...move, '--destination-arn', account.sqs.byUrl(queue).arn);
    expect(await lastTask()).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 });
    // The message still is no valid event, so it comes back.
    await account.play(60 * MINUTE);
    expect(dead.counts().visible).toBe(1);
    await refusedWith(
      'InvalidParameterValue',
      'sqs',
      'start-message-move-task',
      '--source-arn',
      account.sqs.byUrl(queue).arn,
    );
  });

  it('open a rule to everybody, which quarantine-workers hears of, and see what became of the group', async () => {
    const { account } = run;
    const group = account.fleet.eks.cluster('shop').securityGroupId;
    const port = ['--protocol', 'tcp', '--port', '22'];
    const opened = await aws(
      'ec2',
      'authorize-security-group-ingress',
      '--group-id',
      group,
      ...port,
      '--cidr',
      '10.0.0.0/8',
    );
    const [{ SecurityGroupRuleId: rule }] = opened.SecurityGroupRules;
    await account.play(5 * MINUTE);
    expect(outcomes(run).filter((outcome) => outcome.includes('quarantined'))).toEqual([]);
    const terms = 'SecurityGroupRule={IpProtocol=tcp,FromPort=22,ToPort=22,CidrIpv4=0.0.0.0/0}';
    const rules = `SecurityGroupRuleId=${rule},${terms}`;
    expect(
      await aws('ec2', 'modify-security-group-rules', '--group-id', group, '--security-group-rules', rules),
    ).toEqual({
      Return: true,
    });
    await account.play(10 * MINUTE);
    expect(outcomes(run)).toContain('done quarantined');
    const query = ['--query', 'SecurityGroupRules[].CidrIpv4'];
    expect(await aws('ec2', 'describe-security-group-rules', '--security-group-rule-ids', rule, ...query)).toEqual([
      '0.0.0.0/0',
    ]);
    const name = account.fleet.autoScalingGroups.list()[0]?.name ?? '';
    const { Activities } = await aws('autoscaling', 'describe-scaling-activities', '--auto-scaling-group-name', name);
    expect(Activities.map(({ Description }: { Description: string }) => Description.split(':')[0])).toContain(
      'Moving EC2 instance to Standby',
    );
    count('operators: every command of an on-call person in conformance/operators.conformance.ts run by the AWS CLI');
  });
  it('read logs by every form of pattern', async () => {
    const group = String(run.account.stack.outputs.LogGroupName);
    const filtered = async (...pattern: string[]): Promise<number> =>
      (await aws('logs', 'filter-log-events', '--log-group-name', group, ...pattern)).events.length;
    const all = await filtered();
    const records = await filtered('--filter-pattern', '{ $.kind = "record" }');
    expect(all).toBeGreaterThan(records);
    expect(records).toBe(run.records.length);
    expect(await filtered('--filter-pattern', '"record" "quarantine-workers"')).toBeGreaterThan(0);
    expect(await filtered('--filter-pattern', '?ERROR ?WARN')).toBeLessThan(all);
    expect(await filtered('--filter-pattern', '{ $.kind = "record" && $.decision != "skipped" }')).toBeLessThan(
      records,
    );
    await refusedWith(
      'InvalidParameterException',
      'logs',
      'filter-log-events',
      '--log-group-name',
      group,
      '--filter-pattern',
      '{ $.kind = ',
    );
  });
});

describe.skipIf(!isThere('aws2'))(titled('the log, by its tail in version 2 of the AWS CLI,', 'aws2'), () => {
  it('shows every record', async () => {
    const run = await start({ ...scenario(privateFleet({}, publicLaunch())), play: '20m' });
    const url = await serveAccount(run.account);
    const since = ['--since', '2026-07-15T00:00:00Z', '--format', 'short'];
    const pattern = ['--filter-pattern', '{ $.kind = "record" }'];
    const cli = awsCli(toolPath('aws2', 'aws'), url);
    const { code, stdout } = await cli(
      'logs',
      'tail',
      String(run.account.stack.outputs.LogGroupName),
      ...since,
      ...pattern,
    );
    stopServing(run.account);
    expect(code).toBe(0);
    expect(run.records.length).toBeGreaterThan(0);
    for (const { id } of run.records) expect(stdout).toContain(id);
    count('operators: aws logs tail run by version 2 of the AWS CLI');
  });
});
