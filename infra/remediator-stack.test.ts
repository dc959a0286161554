import { globSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { SOURCE } from '../events/envelope.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { MESSAGE_GROUP } from '../functions/shared/intake/reconcile-queue.ts';
import { LEDGER_KINDS } from '../functions/shared/ledger/item-kinds.ts';
import { compileEventPattern } from '../sandbox/account/event-bridge/event-pattern.ts';
import { Remediator } from './remediator.ts';
import { readSettings, SettingsError } from './settings.ts';
import { type Resource, resourcesOf, templateOf, withEmptyBundles } from './stack-under-test.ts';

const template = templateOf();
const queues = resourcesOf(template, 'AWS::SQS::Queue');
const rules = resourcesOf(template, 'AWS::Events::Rule');
const arnOf = ({ id }: Resource) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const queueOf = (arn: unknown) => queues.find((queue) => JSON.stringify(arnOf(queue)) === JSON.stringify(arn));
const withId = (resources: Resource[]) => resources.map((resource) => [resource.id, resource] as const);

describe('every queue', () => {
  const deadLetters = new Set(
    [
      ...queues.map(({ Properties }) => Properties.RedrivePolicy?.deadLetterTargetArn),
      ...rules.flatMap(({ Properties }) =>
        Properties.Targets.map(({ DeadLetterConfig }: Resource['Properties']) => DeadLetterConfig?.Arn),
      ),
      ...resourcesOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties.DeadLetterConfig?.TargetArn),
    ].map((arn) => queueOf(arn)?.id),
  );

  const [sweeper] = resourcesOf(template, 'AWS::Lambda::Function').filter(({ id }) => id.startsWith('SweepFleet'));

  it.each(withId(queues))('%s is encrypted and takes TLS only', (id, { Properties }) => {
    expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy').filter(
      (policy) => policy.Properties.Queues[0].Ref === id,
    );
    expect(policies.flatMap((policy) => policy.Properties.PolicyDocument.Statement)).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  it.each(withId(queues))(
    '%s has dead letters, or holds them for two weeks and raises an alarm, by itself or by the look of each sweep',
    (id, { Properties }) => {
      if (!deadLetters.has(id)) {
        const itsDeadLetters = queueOf(Properties.RedrivePolicy.deadLetterTargetArn);
        expect(itsDeadLetters?.Properties.FifoQueue).toBe(Properties.FifoQueue);
        return;
      }
      expect(Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600);
      const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map((alarm) => alarm.Properties);
      if (JSON.stringify(sweeper?.Properties.Environment.Variables).includes(`{"Fn::GetAtt":["${id}","QueueName"]}`)) {
        const looks = resourcesOf(template, 'AWS::IAM::Role')
          .filter((role) => role.id.startsWith('SweepFleet'))
          .flatMap((role) => role.Properties.Policies[0].PolicyDocument.Statement)
          .filter(({ Action }) => Action === 'sqs:GetQueueAttributes');
        expect(looks.flatMap(({ Resource }) => Resource)).toContainEqual({ 'Fn::GetAtt': [id, 'Arn'] });
        expect(alarms.map(({ AlarmName }) => AlarmName)).toContain('eks-host-remediator-dead-letters');
        return;
      }
      expect(alarms).toContainEqual(
        expect.objectContaining({
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
          Threshold: 1,
        }),
      );
    },
  );

  it.each(withId(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')))(
    'behind %s hides a message for six times as long as its function may run, twice where that holds all others up',
    (_id, { Properties }) => {
      const consumer = resourcesOf(template, 'AWS::Lambda::Function').find(
        ({ id }) => id === Properties.FunctionName.Ref,
      );
      const queue = queueOf(Properties.EventSourceArn);
      const times = queue!.Properties.FifoQueue === true ? 2 : 6;
      expect(queue!.Properties.VisibilityTimeout).toBe(times * consumer!.Properties.Timeout);
    },
  );
});

it('the environment of a function stays below what Lambda takes, however long the names are', () => {
  /** The most characters of a value: a URL or name of a queue, or a name of a function, a table or a parameter. */
  const longest = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return String(value).length;
    const [separator, parts] = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? [];
    if (separator === undefined || parts === undefined) {
      const text = JSON.stringify(value);
      if (/Table/.test(text)) return 255;
      // A queue's name has at most 80 characters, a function's 64.
      if (/"QueueName"/.test(text)) return 80;
      return /"Ref":"\w+RemediatorFunction/.test(text) ? 64 : 135;
    }
    return parts.reduce<number>((sum, part) => sum + longest(part), separator.length * parts.length);
  };
  const functions = resourcesOf(templateOf({ stackName: 's'.repeat(128) }), 'AWS::Lambda::Function');
  const sizes = functions.map(({ id, Properties }) => {
    const entries = Object.entries(Properties.Environment.Variables);
    return { id, size: entries.reduce((sum, [name, value]) => sum + name.length + longest(value), 0) };
  });
  // 4 KB for all variables together (Lambda developer guide, "Lambda quotas").
  expect(sizes.filter(({ size }) => size > 4096)).toEqual([]);
  expect(Math.max(...sizes.map(({ size }) => size))).toBeGreaterThan(2000);
});

describe('the account', () => {
  it('may be a new one, with ten invocations at a time: the queues leave room for a sweep, a watch and somebody who looks', () => {
    const all: readonly Remediation[] = REMEDIATIONS;
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
    const most = mappings.map(({ Properties: { ScalingConfig } }) => ScalingConfig?.MaximumConcurrency ?? 1);
    // A FIFO queue delivers one batch of its one message group at a time. Every other queue must have a limit.
    for (const [index, { Properties }] of mappings.entries()) {
      const fifo = queueOf(Properties.EventSourceArn)?.Properties.FifoQueue === true;
      expect(fifo || Properties.ScalingConfig !== undefined, mappings[index]?.id).toBe(true);
    }
    // Some queues are filled neither by sweeps nor by frequent events of AWS. They hold messages only after another
    // function or an operator has sent a request, or after a rare event, and each occupies one invocation at a time.
    const onTop = all.filter(
      ({ start, sweep, events }) =>
        start.by === 'queue' &&
        sweep === undefined &&
        Object.values(events).every(
          ({ event, seldom }) => seldom !== undefined || event.pattern.source.every((source) => source === SOURCE),
        ),
    );
    expect(onTop.map(({ name }) => name)).toEqual([
      'refresh-groups',
      'drain-nodes',
      'steer-node-classes',
      'terminate-workers',
      'close-shells',
    ]);
    for (const { name, start } of onTop) expect(start.by === 'queue' && start.queue.fifo, name).toBe(true);
    const atOnce = most.reduce((sum, each) => sum + each, 0) - onTop.length;
    expect(
      atOnce,
      'Queues that sweeps or frequent events fill may take ten invocations at a time, together. Make the queue FIFO, or have another function send its requests instead of sweeps; or else take a place from another queue.',
    ).toBeLessThanOrEqual(10);
  });
});

describe('every rule', async () => {
  const directory = join(import.meta.dirname, '..', 'events');
  const files = globSync('*.ts', { cwd: directory, exclude: ['*.test.ts'] });
  const events = await Promise.all(files.map((file) => import(join(directory, file))));
  const declared = REMEDIATIONS.flatMap(({ events: of }: Remediation) => Object.values(of).map(({ event }) => event));
  const patterns = [...events, ...declared].flatMap((event) => [
    ...('pattern' in event ? [event.pattern] : []),
    // Requests go to the function that they name.
    ...('patternFor' in event ? REMEDIATIONS.map(({ name }) => event.patternFor(name)) : []),
  ]);
  const matching = rules.filter(({ Properties }) => 'EventPattern' in Properties);
  const scheduled = rules.filter(({ Properties }) => 'ScheduleExpression' in Properties);

  it('has an event pattern or a schedule', () => {
    expect(matching.length + scheduled.length).toBe(rules.length);
    expect(matching).not.toEqual([]);
  });

  it.each(withId(matching))('%s takes exactly what a file of events/ says', (_id, { Properties }) => {
    const { account: _account, region: _region, ...pattern } = Properties.EventPattern;
    expect(patterns).toContainEqual(pattern);
  });

  it.each(withId(matching))('%s takes events of AWS about this account and region only', (_id, { Properties }) => {
    const { account, region, ...pattern } = Properties.EventPattern;
    if (pattern.source.includes(SOURCE)) {
      // The policy of the own bus says who may put requests there.
      expect([account, region]).toEqual([undefined, undefined]);
      return;
    }
    expect([account, region]).toEqual([[{ Ref: 'AWS::AccountId' }], [{ Ref: 'AWS::Region' }]]);
    const heard = [...events, ...declared].filter(
      (event) => 'sample' in event && compileEventPattern(pattern)(event.sample),
    );
    expect(heard).not.toEqual([]);
    for (const { sample } of heard) {
      const matches = compileEventPattern({ ...pattern, account: [sample.account], region: [sample.region] });
      expect(matches(sample)).toBe(true);
      expect(matches({ ...sample, account: '999988887777' })).toBe(false);
      expect(matches({ ...sample, region: 'eu-west-1' })).toBe(false);
    }
  });

  it.each(withId(rules))('%s tries for a day and keeps what it could not deliver in a standard queue', (_id, rule) => {
    for (const target of rule.Properties.Targets) {
      expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
      const undelivered = queueOf(target.DeadLetterConfig.Arn);
      expect(undelivered).toBeDefined();
      expect(undelivered!.Properties.FifoQueue).toBeUndefined();
    }
  });

  it('that feeds the upgrades puts all into the one message group', () => {
    const feeding = matching
      .flatMap(({ Properties }) => Properties.Targets)
      .filter(({ Arn }: Resource['Properties']) => queueOf(Arn)?.Properties.FifoQueue === true);
    expect(feeding.length).toBeGreaterThan(1);
    for (const { SqsParameters } of feeding) expect(SqsParameters).toEqual({ MessageGroupId: MESSAGE_GROUP });
  });

  it('that runs a function follows the settings', () => {
    const expressions = resourcesOf(templateOf({ watchSchedule: 'rate(15 minutes)', sweepSchedule: 'rate(2 hours)' }))
      .map(({ Properties }) => Properties.ScheduleExpression)
      .filter((expression) => expression !== undefined);
    expect(expressions.sort()).toEqual(['rate(1 day)', 'rate(1 day)', 'rate(15 minutes)', 'rate(2 hours)']);
  });
});

describe('the wake-ups', () => {
  it('borrow a role that only schedules of their own group can take', () => {
    const groups = resourcesOf(template, 'AWS::Scheduler::ScheduleGroup');
    const documents = resourcesOf(template, 'AWS::IAM::Role').map(
      ({ Properties }) => Properties.AssumeRolePolicyDocument.Statement[0],
    );
    expect(groups.length).toBeGreaterThan(0);
    expect(documents.filter(({ Principal }) => Principal.Service === 'scheduler.amazonaws.com')).toEqual(
      groups.map((group) => ({
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': arnOf(group) },
        },
      })),
    );
  });
});

describe('the ledger', () => {
  const ledgerOf = (context?: Readonly<Record<string, unknown>>) =>
    resourcesOf(templateOf(context), 'AWS::DynamoDB::Table')[0]!;

  it('is encrypted, can be restored and forgets what has expired', () => {
    expect(ledgerOf().Properties).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  it.each([
    ['retain', 'Retain', true],
    ['destroy', 'Delete', false],
  ])('outlives its stack as removalPolicy=%s says', (removalPolicy, deletionPolicy, protection) => {
    const ledger = ledgerOf({ removalPolicy });
    expect(ledger.DeletionPolicy).toBe(deletionPolicy);
    expect(ledger.Properties.DeletionProtectionEnabled).toBe(protection);
  });

  it('lets each function write only items of the kinds that it declares', () => {
    const statements = resourcesOf(template, 'AWS::IAM::Role')
      .flatMap(({ Properties }) => Properties.Policies ?? [])
      .flatMap(({ PolicyDocument }: Resource['Properties']) => PolicyDocument.Statement);
    const writing = statements.filter(({ Action }) => /dynamodb:(?!(Batch)?GetItem|Query)/.test(`${[Action].flat()}`));
    const kinds = writing.map(({ Condition }) => Condition['ForAllValues:StringEquals']['dynamodb:LeadingKeys']);
    const writers = REMEDIATIONS.filter(({ ledger }: Remediation) => ledger.includes('PutItem'));
    expect(kinds.map((each) => each.length > 0)).toEqual(writers.map(() => true));
    expect(new Set(kinds.flat())).toEqual(new Set(LEDGER_KINDS));
    const shared = LEDGER_KINDS.filter((kind) => kinds.filter((each) => each.includes(kind)).length > 1);
    expect(shared).toEqual(['replacement-order', 'first-start', 'budget', 'run', 'unreadable']);
  });

  it('is the one of an earlier stack where that is named: its functions work on it, and no other is made', () => {
    const again = templateOf({ ledgerTable: 'earlier-LedgerTable-1A2B' });
    expect(resourcesOf(again, 'AWS::DynamoDB::Table')).toEqual([]);
    const tables = resourcesOf(again, 'AWS::Lambda::Function').flatMap(
      ({ Properties }) => Properties.Environment.Variables.LEDGER_TABLE ?? [],
    );
    expect(new Set(tables)).toEqual(new Set(['earlier-LedgerTable-1A2B']));
    expect(JSON.stringify(resourcesOf(again, 'AWS::IAM::Role'))).toContain('table/earlier-LedgerTable-1A2B');
  });
});

it('what lasts keeps its logical id, so that no update of the stack replaces it', () => {
  const lasting = ['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup', 'AWS::SSM::Parameter', 'AWS::Events::EventBus'];
  const ids = lasting.map((type) => resourcesOf(template, type).map(({ id, Properties }) => [id, Properties.Name]));
  expect(ids).toEqual([
    [['LedgerTable9343E4AA', undefined]],
    [
      ['Logs6819BB44', undefined],
      ['LogsOfFedB94809FD', undefined],
    ],
    [['PolicyParameter29F142FF', '/eks-host-remediator/policy']],
    [['EventsD32975C2', 'ekshostremediatorEventsF3E83587']],
  ]);
  // Default Host Management is registered for the whole account where the policy wants that.
  expect(resourcesOf(template, 'AWS::IAM::Role').map(({ id }) => id)).toContain(
    'ManageSsmAgentHostManagementRoleB80F491F',
  );
});

describe('the policy parameter', () => {
  it('never changes: CloudFormation would write the empty policy over the one in force', () => {
    expect(resourcesOf(template, 'AWS::SSM::Parameter')).toEqual([
      expect.objectContaining({
        id: 'PolicyParameter29F142FF',
        Properties: {
          Name: '/eks-host-remediator/policy',
          Description:
            'Policy of EKS Host Remediator, a JSON document. {} means the defaults. Its schema: functions/shared/policy/policy.ts',
          Type: 'String',
          Tier: 'Intelligent-Tiering',
          Value: '{}',
        },
      }),
    ]);
  });

  it.each([
    ['retain', 'Retain'],
    ['destroy', 'Delete'],
  ])('outlives its stack as removalPolicy=%s says', (removalPolicy, deletionPolicy) => {
    const [parameter] = resourcesOf(templateOf({ removalPolicy }), 'AWS::SSM::Parameter');
    expect(parameter?.DeletionPolicy).toBe(deletionPolicy);
  });

  it('is one that is there where the settings say so: functions read it, and no deployment writes it', () => {
    const template = templateOf({ policyParameter: 'existing', policyParameterName: '/team/policy' });
    expect(resourcesOf(template, 'AWS::SSM::Parameter')).toEqual([]);
    expect(JSON.stringify(resourcesOf(template, 'AWS::IAM::Role'))).toContain('parameter/team/policy');
    expect(template.toJSON().Outputs.PolicyParameterName.Value).toBe('/team/policy');
  });
});

describe('the logs', () => {
  it('are kept as long as the settings say', () => {
    const retentionOf = (context?: Readonly<Record<string, unknown>>) =>
      resourcesOf(templateOf(context), 'AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays);
    expect(retentionOf()).toEqual([90, 90]);
    expect(retentionOf({ logRetentionDays: 30 })).toEqual([30, 30]);
  });
});

describe('the outputs', () => {
  it('name what people need to find', () => {
    expect(Object.keys(template.toJSON().Outputs)).toEqual([
      'RequestFunctionArn',
      'ReviewFunctionArn',
      'UpgradeRoleArn',
      'RefreshRoleArn',
      'DrainRoleArn',
      'NodeClassRoleArn',
      'HostsRoleArn',
      'AgentRoleArn',
      'QuarantineRoleArn',
      'TerminationRoleArn',
      'PostureRoleArn',
      'NotificationTopicArn',
      'Mode',
      'Rights',
      'PolicyParameterName',
      'LogGroupName',
      'FedLogGroupName',
      'DashboardName',
      'EventBusName',
      'LedgerTableName',
      'AlarmTopicArn',
      'PageTopicArn',
    ]);
  });
});

describe('access entries', () => {
  const named = (count: number) => Array.from({ length: count }, (_, index) => `shop-${index}`).join();

  it('are refused for more clusters than the stack has room for, with how many that are', () => {
    const mostOf = (count: number): number => {
      const refused = () => templateOf({ accessEntryClusters: named(count), alarmEmail: 'ops@example.com' });
      expect(refused).toThrow(SettingsError);
      expect(refused).toThrow(new RegExp(`^accessEntryClusters: names ${count} clusters, .* by hand`));
      try {
        refused();
      } catch (error) {
        return Number(/room for (\d+),/.exec(String(error))?.[1]);
      }
      return Number.NaN;
    };
    const most = mostOf(60);
    expect(most).toBeGreaterThan(25);
    expect(mostOf(most + 1)).toBe(most);
    expect(
      resourcesOf(templateOf({ accessEntryClusters: named(most), alarmEmail: 'ops@example.com' })).length,
    ).toBeLessThanOrEqual(500);
  });
});

describe('two stacks in one account', () => {
  // Properties that CloudFormation calls names, but that are labels or names of existing things.
  const labels = ['DisplayName', 'MetricName', 'AttributeName', 'PolicyName'];
  const namesOf = (stackName: string): string[] =>
    resourcesOf(templateOf({ stackName }))
      .flatMap(({ Properties }) => Object.entries(Properties))
      .filter(([key]) => key.endsWith('Name') && !labels.includes(key))
      .flatMap(([, name]) => (typeof name === 'string' ? [name] : []));

  it('share no physical name', () => {
    const blue = namesOf('blue');
    expect(blue).toContain('/blue/policy');
    const green = new Set(namesOf('green'));
    expect(blue.filter((name) => green.has(name))).toEqual([]);
  });

  it('share none either where an app of somebody gives both the same id, and a name for each stage', () => {
    const busOf = (stackName: string) =>
      withEmptyBundles((bundles, outdir) => {
        const stack = new Stack(new App({ outdir, analyticsReporting: false }), 'Hosts', { stackName });
        new Remediator(stack, 'Remediator', readSettings({ mode: 'observe', stackName }), bundles);
        return resourcesOf(Template.fromStack(stack), 'AWS::Events::EventBus').map(({ Properties }) => Properties.Name);
      });
    expect([busOf('hosts-dev'), busOf('hosts-prod')]).toEqual([['hosts-dev-events'], ['hosts-prod-events']]);
  });
});
