import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  ListDashboardsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor';
import { describe, expect, it } from 'vitest';
import { functionResources, HOUR, MINUTE, SECOND, START, servicesUnderTest } from '../../stack/services-under-test.ts';

const trusts = (service: string, action: string, resource: object | string) => ({
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: action, Resource: resource }],
});

/** A topic that alarms may publish to, encrypted with a key that they may or may not use. */
const topic = (keyActions = 'kms:*') => ({
  Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: trusts('cloudwatch.amazonaws.com', keyActions, '*') } },
  Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  TopicPolicy: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: trusts('cloudwatch.amazonaws.com', 'sns:Publish', { Ref: 'Topic' }),
    },
  },
});

const alarm = (more: object = {}) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: 'Something is wrong.',
    AlarmActions: [{ Ref: 'Topic' }],
    Namespace: 'Mine',
    MetricName: 'Trouble',
    Dimensions: [{ Name: 'service', Value: 'shop' }],
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    ...more,
  },
});

const emf = (at: number, values: Readonly<Record<string, number | number[]>>) =>
  JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: 'Mine',
          Dimensions: [['service'], ['service', 'stack']],
          Metrics: Object.keys(values).map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    service: 'shop',
    stack: 'one',
    ...values,
  });

async function alarmUnderTest(resources: Record<string, object>, behave?: () => { error?: string }) {
  const account = servicesUnderTest(behave === undefined ? {} : { behave });
  const stack = await account.deploy(resources);
  account.logs.ensureGroup('lines');
  const client = new CloudWatchClient(account.clientConfig);
  const describeAlarms = async () => {
    const AlarmTypes = ['MetricAlarm' as const, 'CompositeAlarm' as const];
    return client.send(new DescribeAlarmsCommand({ AlarmTypes }));
  };
  return {
    account,
    stack,
    client,
    describeAlarms,
    states: async () => {
      const { MetricAlarms = [], CompositeAlarms = [] } = await describeAlarms();
      return [...MetricAlarms, ...CompositeAlarms].map(({ StateValue }) => StateValue);
    },
    log: (values: Readonly<Record<string, number | number[]>>) =>
      account.logs.append('lines', 'stream', emf(account.time.now, values)),
  };
}

describe('a metric of a log line in the embedded metric format', () => {
  it('is there for each of its dimension sets', async () => {
    const { client, log } = await alarmUnderTest({});
    log({ Trouble: 2 });
    const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: 'Mine' }));
    expect(Metrics.map(({ Dimensions }) => Dimensions?.map(({ Name, Value }) => `${Name}=${Value}`).join())).toEqual([
      'service=shop,stack=one',
      'service=shop',
    ]);
    const named = new ListMetricsCommand({ Dimensions: [{ Name: 'stack', Value: 'other' }] });
    expect((await client.send(named)).Metrics).toEqual([]);
  });

  it.each([
    ['Sum', [10, 106]],
    ['SampleCount', [4, 3]],
    ['Average', [2.5, 106 / 3]],
    ['Minimum', [1, 1]],
    ['Maximum', [4, 100]],
    ['p50', [2, 5]],
    ['p99', [4, 100]],
  ])('has the statistic %s', async (Stat, expected) => {
    const { client, account, log } = await alarmUnderTest({});
    log({ Latency: [4, 2, 1, 3] });
    await account.play(5 * MINUTE);
    log({ Latency: [5, 1] });
    log({ Latency: 100 });
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(START),
        EndTime: new Date(START + HOUR),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'latency',
            MetricStat: {
              Metric: { Namespace: 'Mine', MetricName: 'Latency', Dimensions: [{ Name: 'service', Value: 'shop' }] },
              Period: 300,
              Stat,
            },
          },
        ],
      }),
    );
    expect(MetricDataResults[0]).toMatchObject({ Id: 'latency', Label: 'Latency', Values: expected });
    expect(MetricDataResults[0]?.Timestamps).toEqual([new Date(START), new Date(START + 5 * MINUTE)]);
  });

  it('has no metric math to offer', async () => {
    const { client } = await alarmUnderTest({});
    const MetricDataQueries = [{ Id: 'sum', Expression: 'SUM(METRICS())' }];
    const range = { StartTime: new Date(START), EndTime: new Date(START + HOUR) };
    const sent = client.send(new GetMetricDataCommand({ MetricDataQueries, ...range }));
    await expect(sent).rejects.toMatchObject({ name: 'NotImplementedBySandbox' });
  });
});

describe('an alarm', () => {
  it('begins without data, is OK at the first look, fires in the minute after trouble, and calms down when that is over', async () => {
    const { account, states, log, client, stack } = await alarmUnderTest({ ...topic(), Alarm: alarm() });
    expect(await states()).toEqual(['INSUFFICIENT_DATA']);
    await account.play(MINUTE);
    expect(await states()).toEqual(['OK']);
    await account.play(30 * SECOND);
    log({ Trouble: 1 });
    await account.play(29 * SECOND);
    expect(await states()).toEqual(['OK']);
    await account.play(2 * SECOND);
    expect(await states()).toEqual(['ALARM']);
    await account.play(HOUR);
    expect(await states()).toEqual(['OK']);
    const history = new DescribeAlarmHistoryCommand({ AlarmName: stack.ref('AWS::CloudWatch::Alarm') });
    const { AlarmHistoryItems = [] } = await client.send(history);
    expect(AlarmHistoryItems.map(({ HistorySummary, Timestamp }) => [HistorySummary, Timestamp])).toEqual([
      ['Alarm updated from ALARM to OK', new Date(START + 17 * MINUTE)],
      ['Alarm updated from OK to ALARM', new Date(START + 2 * MINUTE)],
      ['Alarm updated from INSUFFICIENT_DATA to OK', new Date(START)],
    ]);
  });

  it('tells its topic, and EventBridge', async () => {
    const { account, stack, log } = await alarmUnderTest({
      ...topic(),
      Alarm: alarm(),
      Queue: { Type: 'AWS::SQS::Queue' },
      QueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Queue' }],
          PolicyDocument: trusts('events.amazonaws.com', 'sqs:SendMessage', { 'Fn::GetAtt': ['Queue', 'Arn'] }),
        },
      },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } },
          Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
        },
      },
    });
    await account.play(2 * MINUTE);
    log({ Trouble: 3 });
    await account.play(2 * MINUTE);
    const name = stack.ref('AWS::CloudWatch::Alarm');
    expect(account.sns.published).toMatchObject([{ subject: `ALARM: "${name}" in EU (Frankfurt)` }]);
    expect(JSON.parse(account.sns.published[0]?.message ?? '')).toMatchObject({
      AlarmName: name,
      AlarmDescription: 'Something is wrong.',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      StateChangeTime: '2026-07-14T09:03:00.000+0000',
      Trigger: { MetricName: 'Trouble', Statistic: 'SUM', Period: 300, Threshold: 1 },
    });
    const [message] = account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).receive(10);
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      detail: { alarmName: name, state: { value: 'ALARM' }, previousState: { value: 'OK' } },
    });
  });

  it('stays unheard where it may not use the key of the topic', async () => {
    const { account, log } = await alarmUnderTest({ ...topic('kms:Decrypt'), Alarm: alarm() });
    log({ Trouble: 1 });
    await account.play(2 * MINUTE);
    expect(account.sns.published).toEqual([]);
    expect(account.deliveries.lost).toMatchObject([{ code: 'AccessDeniedException' }]);
  });

  it('fires on the errors of a function, and on its throttles', async () => {
    const dimension = [{ Name: 'FunctionName', Value: { Ref: 'Worker' } }];
    const watched = { Namespace: 'AWS/Lambda', Dimensions: dimension };
    const { account, stack, states } = await alarmUnderTest(
      {
        ...topic(),
        ...functionResources('Worker', { ReservedConcurrentExecutions: 1 }),
        Errors: alarm({ ...watched, MetricName: 'Errors', AlarmName: 'a-errors' }),
        Throttles: alarm({ ...watched, MetricName: 'Throttles', AlarmName: 'b-throttles' }),
      },
      () => ({ error: 'no' }),
    );
    await account.play(MINUTE);
    expect(await states()).toEqual(['OK', 'OK']);
    const name = stack.ref('AWS::Lambda::Function');
    void account.lambda.invoke(name, {});
    void account.lambda.invoke(name, {});
    await account.play(2 * MINUTE);
    expect(await states()).toEqual(['ALARM', 'ALARM']);
  });

  it('fires on a message that lies in a queue, for as long as it lies there', async () => {
    const dimension = [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] } }];
    const watched = { Namespace: 'AWS/SQS', Dimensions: dimension, Statistic: 'Maximum' };
    const { account, stack, states } = await alarmUnderTest({
      ...topic(),
      Queue: { Type: 'AWS::SQS::Queue' },
      Depth: alarm({ ...watched, MetricName: 'ApproximateNumberOfMessagesVisible', AlarmName: 'a-depth' }),
      Age: alarm({ ...watched, MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 3_600, AlarmName: 'b-age' }),
    });
    const queue = account.sqs.byUrl(stack.ref('AWS::SQS::Queue'));
    await account.play(30 * SECOND);
    queue.send({ body: 'hello' });
    await account.play(MINUTE);
    expect(await states()).toEqual(['ALARM', 'OK']);
    await account.play(59 * MINUTE);
    expect(await states()).toEqual(['ALARM', 'OK']);
    await account.play(MINUTE);
    expect(await states()).toEqual(['ALARM', 'ALARM']);
    queue.purge();
    await account.play(10 * MINUTE);
    expect(await states()).toEqual(['OK', 'OK']);
  });

  it('fires when what should come by the hour has not come for three hours, not before it ever came', async () => {
    const metric = {
      Namespace: 'Mine',
      MetricName: 'Sweep',
      Dimensions: [{ Name: 'service', Value: 'shop' }],
    };
    const { account, states, log } = await alarmUnderTest({
      ...topic(),
      Alarm: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          AlarmActions: [{ Ref: 'Topic' }],
          Metrics: [
            { Id: 'expr_1', Expression: 'FILL(finished, 0)' },
            { Id: 'finished', MetricStat: { Metric: metric, Period: 3600, Stat: 'Sum' }, ReturnData: false },
          ],
          EvaluationPeriods: 3,
          Threshold: 1,
          ComparisonOperator: 'LessThanThreshold',
          TreatMissingData: 'ignore',
        },
      },
    });
    await account.play(5 * HOUR);
    expect(await states()).toEqual(['INSUFFICIENT_DATA']);
    log({ Sweep: 1 });
    await account.play(3 * HOUR);
    expect(await states()).toEqual(['OK']);
    await account.play(2 * MINUTE);
    expect(await states()).toEqual(['ALARM']);
    // The alarm keeps its state.
    await account.play(72 * HOUR);
    expect(await states()).toEqual(['ALARM']);
    log({ Sweep: 1 });
    await account.play(2 * MINUTE);
    expect(await states()).toEqual(['OK']);
  });

  it('costs nothing while nothing happens', async () => {
    const { account } = await alarmUnderTest({ ...topic(), Queue: { Type: 'AWS::SQS::Queue' }, Alarm: alarm() });
    await account.play(MINUTE);
    expect(account.time.nextAt).toBeUndefined();
  });

  it.each([
    ['a metric that nobody publishes', { Namespace: 'AWS/Lambda', MetricName: 'IteratorAge' }],
    ['metric math', { Metrics: [{ Id: 'm', Expression: 'SUM(METRICS())' }] }],
    ['a statistic', { Statistic: 'tm99' }],
    ['an action', { AlarmActions: ['arn:aws:automate:eu-central-1:ec2:stop'] }],
    ['a property', { ThresholdMetricId: 'x' }],
  ])('is refused with %s that the sandbox does not know', async (_what, more) => {
    await expect(alarmUnderTest({ ...topic(), Alarm: alarm(more) })).rejects.toThrow('The sandbox can not make Alarm');
  });
});

it('a composite alarm follows those that it names', async () => {
  const { account, states, describeAlarms, log } = await alarmUnderTest({
    ...topic(),
    One: alarm({ AlarmName: 'one' }),
    Two: alarm({ AlarmName: 'two', MetricName: 'Other' }),
    Both: {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      Properties: {
        AlarmName: 'unhealthy',
        AlarmActions: [{ Ref: 'Topic' }],
        OKActions: [{ Ref: 'Topic' }],
        AlarmRule: { 'Fn::Join': ['', ['(ALARM("', { 'Fn::GetAtt': ['One', 'Arn'] }, '") OR ALARM("two"))']] },
      },
    },
  });
  await account.play(MINUTE);
  expect(await states()).toEqual(['OK', 'OK', 'OK']);
  log({ Other: 1 });
  await account.play(2 * MINUTE);
  expect(await states()).toEqual(['OK', 'ALARM', 'ALARM']);
  await account.play(HOUR);
  expect(await states()).toEqual(['OK', 'OK', 'OK']);
  // Deliveries may overtake each other.
  expect(account.sns.published.map(({ subject }) => subject?.split(' in ')[0]).sort()).toEqual([
    'ALARM: "two"',
    'ALARM: "unhealthy"',
    'OK: "unhealthy"',
    'OK: "unhealthy"',
  ]);
  const { CompositeAlarms } = await describeAlarms();
  expect(CompositeAlarms?.[0]?.AlarmRule).toMatch(/^\(ALARM\("arn:aws:cloudwatch:.*:alarm:one"\) OR ALARM\("two"\)\)$/);
});

it('answers the same to a client that speaks CBOR: alarms, times, values and refusals', async () => {
  const { account, log, describeAlarms } = await alarmUnderTest({ ...topic(), Alarm: alarm() });
  log({ Trouble: 1.5 });
  await account.play(2 * MINUTE);
  const client = new CloudWatchClient({ ...account.clientConfig, protocol: SmithyRpcV2CborProtocol });
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  expect(MetricAlarms).toHaveLength(1);
  expect(MetricAlarms).toEqual((await describeAlarms()).MetricAlarms);
  const Metric = { Namespace: 'Mine', MetricName: 'Trouble', Dimensions: [{ Name: 'service', Value: 'shop' }] };
  const range = { StartTime: new Date(START), EndTime: new Date(START + HOUR) };
  const MetricDataQueries = [{ Id: 'm', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }];
  const { MetricDataResults } = await client.send(new GetMetricDataCommand({ MetricDataQueries, ...range }));
  expect(MetricDataResults).toMatchObject([{ Timestamps: [new Date(START)], Values: [1.5] }]);
  await expect(client.send(new GetDashboardCommand({ DashboardName: 'x' }))).rejects.toThrow('does not exist');
});

describe('a metric filter', () => {
  const filter = (more: object = {}) => ({
    Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'group' } },
    Filter: {
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        LogGroupName: { Ref: 'Group' },
        FilterPattern: '{ $.level = "ERROR" }',
        MetricTransformations: [{ MetricNamespace: 'Mine', MetricName: 'Errors', MetricValue: '2', ...more }],
      },
    },
  });

  it('adds to its metric for each line of its group that matches, and publishes nothing otherwise', async () => {
    const { account, client } = await alarmUnderTest(filter());
    const named = async () => (await client.send(new ListMetricsCommand({ Namespace: 'Mine' }))).Metrics;
    account.logs.append('group', 'stream', '{"level":"INFO"}');
    account.logs.append('lines', 'stream', '{"level":"ERROR"}');
    expect(account.cloudWatch.metrics.published.filter(({ id }) => id.namespace === 'Mine')).toEqual([]);
    account.logs.append('group', 'stream', '{"level":"ERROR"}');
    account.logs.append('group', 'stream', '{"level":"ERROR"}');
    expect(await named()).toMatchObject([{ MetricName: 'Errors', Dimensions: [] }]);
    const [series] = account.cloudWatch.metrics.published.filter(({ id }) => id.namespace === 'Mine');
    expect(series!.valuesIn(START, START + MINUTE)).toEqual([2, 2]);
  });

  it.each([
    ['a default value, which would be billed', { DefaultValue: 0 }],
    ['a value out of the line', { MetricValue: '$.n' }],
    ['a name with a colon', { MetricName: 'a:b' }],
  ])('is refused with %s', async (_what, more) => {
    await expect(alarmUnderTest(filter(more))).rejects.toThrow();
  });
});

it('keeps dashboards', async () => {
  const DashboardBody = '{"widgets":[]}';
  const { client } = await alarmUnderTest({
    Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardName: 'board', DashboardBody } },
  });
  expect((await client.send(new ListDashboardsCommand())).DashboardEntries).toMatchObject([{ DashboardName: 'board' }]);
  expect(await client.send(new GetDashboardCommand({ DashboardName: 'board' }))).toMatchObject({ DashboardBody });
  await expect(client.send(new GetDashboardCommand({ DashboardName: 'other' }))).rejects.toMatchObject({
    message: 'Dashboard other does not exist',
  });
});
