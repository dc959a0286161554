import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { AWS_CLI, AWS_CLI_TITLE } from './installed-aws-cli.ts';
import { isHere } from './is-here.ts';
import { readPage } from './markdown.ts';

const { version } = AWS_CLI;

describe.skipIf(!isHere('AWS CLI of 1.33 or 2.16 at least', AWS_CLI.isUsable, 'install awscli'))(AWS_CLI_TITLE, () => {
  let run: Run;
  let url = '';

  beforeAll(async () => {
    // After thirty hours, shop's node groups run the release.
    run = await start({ fleet: 'demo', play: '30h' });
    const { http } = run.account.server;
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    if (typeof address === 'object' && address !== null) url = `http://127.0.0.1:${address.port}`;
  });

  afterAll(() => {
    run.account.server.http.close();
    run.account.server.http.closeAllConnections();
  });

  interface Ended {
    readonly code: unknown;
    readonly stdout: string;
    readonly stderr: string;
  }

  /** Runs the CLI with made-up credentials, and none of the user's settings. */
  const spawn = (...argv: string[]): Promise<Ended> => {
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
      AWS_SESSION_TOKEN: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_DEFAULT_OUTPUT: 'json',
      AWS_PAGER: '',
    };
    const common = ['--endpoint-url', url, '--region', 'eu-central-1', '--no-cli-pager'];
    // Version 1 has no pager.
    const options = version.startsWith('1.') ? common.slice(0, -1) : common;
    return new Promise((resolve) => {
      execFile('aws', [...options, ...argv], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });
  };

  const aws = async (...argv: string[]) => {
    const { code, stdout, stderr } = await spawn(...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  const nodesOf = (nodegroup: string) =>
    run.account
      .snapshot()
      .clusters.flatMap(({ nodeGroups }) => nodeGroups.filter(({ name }) => name === nodegroup))
      .flatMap(({ nodes }) => nodes.map(({ instanceId }) => instanceId));

  describe.concurrent('looks at', () => {
    it('clusters', async () => {
      expect(await aws('eks', 'list-clusters')).toEqual({ clusters: ['data', 'shop'] });
      expect(await aws('eks', 'describe-cluster', '--name', 'shop')).toMatchObject({
        cluster: { name: 'shop', version: '1.35', status: 'ACTIVE' },
      });
    });

    it('a node group and its updates', async () => {
      // The other one waits for its worker in quarantine.
      const names = ['--cluster-name', 'shop', '--nodegroup-name', 'batch'];
      expect(await aws('eks', 'describe-nodegroup', ...names)).toMatchObject({
        nodegroup: { releaseVersion: '1.35.6-20260714', status: 'ACTIVE', scalingConfig: { desiredSize: 4 } },
      });
      const { updateIds } = await aws('eks', 'list-updates', '--name', 'shop', '--nodegroup-name', 'batch');
      expect(updateIds).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      expect(
        await aws('eks', 'describe-update', '--name', 'shop', '--nodegroup-name', 'batch', '--update-id', updateIds[0]),
      ).toMatchObject({ update: { status: 'Successful', type: 'VersionUpdate', errors: [] } });
    });

    it('instances, by filters', async () => {
      const filters = ['Name=tag:eks:nodegroup-name,Values=web', 'Name=instance-state-name,Values=running'];
      const query = 'Reservations[].Instances[].InstanceId';
      const ids = await aws('ec2', 'describe-instances', '--filters', ...filters, '--query', query);
      expect(ids).toEqual(expect.arrayContaining(nodesOf('web')));
      // One more is in standby, in quarantine.
      expect(ids).toHaveLength(nodesOf('web').length + 1);
    });

    it('parameters: public ones, the policy, and one that is not there', async () => {
      const release =
        '/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/release_version';
      const names = [release, '/eks-host-remediator/policy', '/missing'];
      const { Parameters, InvalidParameters } = await aws('ssm', 'get-parameters', '--names', ...names);
      const values = Parameters.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]);
      expect(Object.fromEntries(values)).toEqual({ [release]: '1.35.6-20260714', '/eks-host-remediator/policy': '{}' });
      expect(InvalidParameters).toEqual(['/missing']);
    });

    it('a queue', async () => {
      const queueUrl = run.account.stack.ref('AWS::SQS::Queue', 'UpgradeNodeGroupsQueue');
      const { Attributes } = await aws(
        ...['sqs', 'get-queue-attributes', '--queue-url', queueUrl, '--attribute-names', 'All'],
      );
      expect(Attributes).toMatchObject({
        FifoQueue: 'true',
        VisibilityTimeout: '360',
        ApproximateNumberOfMessages: '0',
        RedrivePolicy: expect.stringContaining('UpgradeNodeGroupsDeadLetters'),
      });
    });

    it('the ledger', async () => {
      const table = run.account.stack.ref('AWS::DynamoDB::Table');
      const { Items, Count } = await aws('dynamodb', 'scan', '--table-name', table);
      expect(Items).toHaveLength(Count);
      const kinds = new Set(Items.map(({ pk }: { pk: { S: string } }) => pk.S));
      expect([...kinds].sort()).toEqual([
        'agent-install',
        'budget',
        'coverage',
        'drain-hook',
        'findings',
        'hosts',
        'incident',
        'node-group',
        'posture',
        'posture-group',
        'quarantine',
        'release',
        'run',
        'subject',
        'worker',
      ]);
    });

    it('the records in the log', async () => {
      const group = String(run.account.stack.outputs.LogGroupName);
      const pattern = '{ $.kind = "record" }';
      const { events } = await aws(
        ...['logs', 'filter-log-events', '--log-group-name', group, '--filter-pattern', pattern],
      );
      const records = events.map(({ message }: { message: string }) => recordSchema().parse(JSON.parse(message)));
      expect(records).toEqual(run.records);
    });

    it.skipIf(version.startsWith('1.'))('the log, by its tail (version 2 only)', async () => {
      const group = String(run.account.stack.outputs.LogGroupName);
      const since = ['--since', '2026-07-14T00:00:00Z', '--format', 'short'];
      const { code, stdout } = await spawn('logs', 'tail', group, ...since);
      expect(code).toBe(0);
      for (const { id } of run.records) expect(stdout).toContain(id);
    });

    it('alarms, as the runbook asks for them, and what their metrics say', async () => {
      const { alarms } = run.account.cloudWatch;
      expect(await aws('cloudwatch', 'describe-alarms', '--state-value', 'ALARM')).toEqual({
        MetricAlarms: [],
        CompositeAlarms: [],
      });
      const types = ['--alarm-types', 'MetricAlarm', 'CompositeAlarm'];
      const states = await aws(
        'cloudwatch',
        'describe-alarms',
        ...types,
        '--query',
        '[MetricAlarms,CompositeAlarms][].[StateValue]',
      );
      expect(states.flat()).toEqual(alarms.all.map(() => 'OK'));
      const metrics = await aws(
        'cloudwatch',
        'list-metrics',
        '--namespace',
        'EksHostRemediator',
        '--query',
        'Metrics[].MetricName',
      );
      expect(metrics).toContain('Done');
      const dashboard = await aws('cloudwatch', 'get-dashboard', '--dashboard-name', 'eks-host-remediator');
      expect(JSON.parse(dashboard.DashboardBody).widgets.length).toBeGreaterThan(10);
    });

    it('answers to saved queries, run as docs/review.md shows', async () => {
      const command = readPage('docs/review.md').blocks.find(({ text }) => text.startsWith('aws logs start-query'));
      const [, file = ''] = /--query-string (file:\S+)/.exec(command?.text ?? '') ?? [];
      const group = String(run.account.stack.outputs.LogGroupName);
      const range = ['--start-time', '1783987200', '--end-time', '1784300000'];
      const query = file.replace('what-failed-and-what-to-do', 'records-by-reason');
      const { queryId } = await aws(
        'logs',
        'start-query',
        '--log-group-name',
        group,
        ...range,
        '--query-string',
        query,
      );
      const counts = await aws(
        'logs',
        'get-query-results',
        '--query-id',
        queryId,
        '--query',
        "results[*][?field=='records'].value",
      );
      const total = counts.flat().reduce((sum: number, count: string) => sum + Number(count), 0);
      expect(total).toBe(run.records.length);
    });

    it('Auto Scaling groups', async () => {
      const query = 'AutoScalingGroups[].[length(Instances),DesiredCapacity]';
      const sizes = await aws('autoscaling', 'describe-auto-scaling-groups', '--query', query);
      expect(sizes.sort()).toEqual([
        [1, 1],
        [2, 2],
        [2, 2],
        [4, 4],
        // One of them is in standby, in quarantine.
        [5, 4],
      ]);
    });

    it('itself', async () => {
      expect(await aws('sts', 'get-caller-identity')).toMatchObject({
        Account: '111122223333',
        Arn: 'arn:aws:iam::111122223333:user/operator',
      });
    });
  });

  describe.concurrent('is told', () => {
    it('of a node group that is not there', async () => {
      const names = ['--cluster-name', 'shop', '--nodegroup-name', 'missing'];
      const { code, stdout, stderr } = await spawn('eks', 'describe-nodegroup', ...names);
      // Version 1 exits with 255, version 2 with 254.
      expect([254, 255]).toContain(code);
      expect(stdout).toBe('');
      expect(stderr).toContain(
        'An error occurred (ResourceNotFoundException) when calling the DescribeNodegroup operation: ' +
          'No node group found for name: missing.',
      );
    });

    it.each([
      [
        'an operation',
        'eks POST /clusters/shop/addons',
        ['eks', 'create-addon', '--cluster-name=shop', '--addon-name=a'],
      ],
      ['an operation', 'ec2.RunInstances', ['ec2', 'run-instances', '--image-id', 'ami-0123456789abcdef0']],
      ['a parameter', 'AllowedPattern', ['ssm', 'put-parameter', '--name=/x', '--value=y', '--allowed-pattern=.*']],
      ['a service', 'the service kms', ['kms', 'list-keys']],
    ])('that the sandbox lacks %s: %s', async (_what, what, argv) => {
      const { code, stderr } = await spawn(...argv);
      expect([254, 255]).toContain(code);
      expect(stderr).toContain('An error occurred (NotImplementedBySandbox)');
      expect(stderr).toContain(what);
    });
  });

  it('puts the request of docs/how-it-works.md on the own bus, and the function reconciles', async () => {
    const command = readPage('docs/how-it-works.md').blocks.find(({ text }) =>
      text.startsWith('aws events put-events'),
    );
    const [, entries = ''] = /--entries '(.*)'/s.exec(command?.text ?? '') ?? [];
    const before = run.calls.length;
    const bus = run.account.stack.ref('AWS::Events::EventBus');
    expect(await aws('events', 'put-events', '--entries', entries.replace('EVENT_BUS', bus))).toMatchObject({
      FailedEntryCount: 0,
      Entries: [{ EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
    });
    await run.account.play(MINUTE);
    const looked = run.calls.slice(before).map(({ function: name, operation }) => `${name} ${operation}`);
    expect(looked).toContain('upgrade-node-groups DescribeNodegroup');
  });

  it('changes the policy', async () => {
    const name = '/eks-host-remediator/policy';
    const value = '{"killSwitch":true}';
    expect(await aws('ssm', 'put-parameter', '--overwrite', '--name', name, '--value', value)).toMatchObject({
      Version: 2,
    });
    expect(run.account.fleet.parameters.get(name)?.Value).toBe(value);
  });
});
