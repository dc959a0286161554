import {
  DescribeEventBusCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import {
  functionResources,
  HOUR,
  MINUTE,
  openQueue,
  SECOND,
  servicesUnderTest,
} from '../../stack/services-under-test.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** A rule on `aws.ec2` with the target, in addition to the resources. */
const withRule = (target: object, resources: object) => ({
  ...resources,
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: { EventPattern: { source: ['aws.ec2'] }, Targets: [{ Id: 'Target0', ...target }] },
  },
});

const ec2Event = { source: 'aws.ec2', detailType: 'Test', resources: ['r'], detail: { n: 1 } };

describe('a rule', () => {
  it('sends a matching event to its queue, with the envelope of EventBridge', async () => {
    const account = servicesUnderTest();
    const stack = await account.deploy(
      withRule({ Arn: arnOf('Queue') }, { Queue: { Type: 'AWS::SQS::Queue' }, Policy: openQueue('Queue') }),
    );
    account.eventBridge.emit(ec2Event);
    account.eventBridge.emit({ ...ec2Event, source: 'aws.ssm' });
    await account.play(SECOND);
    const messages = account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).receive(10);
    expect(messages.map(({ body }) => JSON.parse(body))).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Test',
        source: 'aws.ec2',
        account: '111122223333',
        time: '2026-07-14T09:00:00Z',
        region: 'eu-central-1',
        resources: ['r'],
        detail: { n: 1 },
      },
    ]);
  });

  it('sends with a message group to a FIFO queue', async () => {
    const account = servicesUnderTest();
    const Queue = { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true, ContentBasedDeduplication: true } };
    const target = { Arn: arnOf('Queue'), SqsParameters: { MessageGroupId: 'all' } };
    const stack = await account.deploy(withRule(target, { Queue, Policy: openQueue('Queue') }));
    account.eventBridge.emit(ec2Event);
    await account.play(SECOND);
    expect(account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).receive(10)).toMatchObject([{ groupId: 'all' }]);
  });

  it('loses an event, visibly, where no policy lets it into the queue', async () => {
    const account = servicesUnderTest();
    const stack = await account.deploy(withRule({ Arn: arnOf('Queue') }, { Queue: { Type: 'AWS::SQS::Queue' } }));
    account.eventBridge.emit(ec2Event);
    await account.play(HOUR);
    expect(account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).counts().visible).toBe(0);
    expect(account.deliveries.lost).toMatchObject([{ code: 'AccessDeniedException' }]);
  });

  it('sends what it can not deliver to its dead-letter queue, with the reason', async () => {
    const account = servicesUnderTest();
    const target = { Arn: arnOf('Queue'), DeadLetterConfig: { Arn: arnOf('Dead') } };
    const resources = {
      Queue: { Type: 'AWS::SQS::Queue' },
      Dead: { Type: 'AWS::SQS::Queue' },
      Policy: openQueue('Dead'),
    };
    const stack = await account.deploy(withRule(target, resources));
    account.eventBridge.emit(ec2Event);
    await account.play(SECOND);
    const [dead] = account.sqs.byUrl(stack.ref('AWS::SQS::Queue', 'Dead')).receive(10);
    expect(JSON.parse(dead?.body ?? '')).toMatchObject({ source: 'aws.ec2' });
    expect(dead?.attributes.ERROR_CODE?.StringValue).toBe('AccessDeniedException');
    expect(dead?.attributes.RULE_ARN?.StringValue).toBe(stack.attribute('AWS::Events::Rule', '', 'Arn'));
  });

  it('tries again, ever more slowly, and gives up after its retries', async () => {
    const account = servicesUnderTest({ faultPlan: { deliveryFailureRate: 1 } });
    const target = { Arn: arnOf('Queue'), RetryPolicy: { MaximumRetryAttempts: 3 } };
    await account.deploy(withRule(target, { Queue: { Type: 'AWS::SQS::Queue' }, Policy: openQueue('Queue') }));
    account.eventBridge.emit(ec2Event);
    await account.play(2 * SECOND);
    expect(account.deliveries.lost).toEqual([]);
    await account.play(MINUTE);
    expect(account.deliveries.lost).toMatchObject([{ code: 'InternalFailure' }]);
  });

  it('gives up when the event has become too old', async () => {
    const account = servicesUnderTest({ faultPlan: { deliveryFailureRate: 1 } });
    const target = { Arn: arnOf('Queue'), RetryPolicy: { MaximumEventAgeInSeconds: 60 } };
    await account.deploy(withRule(target, { Queue: { Type: 'AWS::SQS::Queue' }, Policy: openQueue('Queue') }));
    account.eventBridge.emit(ec2Event);
    await account.play(2 * MINUTE);
    expect(account.deliveries.lost).toHaveLength(1);
    expect((account.deliveries.lost[0]?.at ?? 0) - account.time.now).toBeLessThan(-MINUTE);
  });

  it('delivers in the end what fails now and then', async () => {
    const account = servicesUnderTest({ faultPlan: { deliveryFailureRate: 0.7 } });
    const stack = await account.deploy(
      withRule({ Arn: arnOf('Queue') }, { Queue: { Type: 'AWS::SQS::Queue' }, Policy: openQueue('Queue') }),
    );
    for (let n = 0; n < 20; n++) account.eventBridge.emit(ec2Event);
    await account.play(24 * HOUR);
    expect(account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).counts().visible).toBe(20);
  });

  it('invokes a function by schedule, with the permission that the template gives it', async () => {
    const account = servicesUnderTest();
    const rule = (ScheduleExpression: string) => ({
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression, Targets: [{ Id: 'Target0', Arn: arnOf('Worker') }] },
    });
    await account.deploy({
      ...functionResources('Worker'),
      Hourly: rule('rate(1 hour)'),
      Unpermitted: rule('cron(30 9 * * ? *)'),
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: arnOf('Worker'),
          Principal: 'events.amazonaws.com',
          SourceArn: arnOf('Hourly'),
        },
      },
    });
    await account.play(2 * HOUR + MINUTE);
    expect(account.invocations.map(({ event }) => event)).toMatchObject([
      { 'detail-type': 'Scheduled Event', source: 'aws.events', time: '2026-07-14T10:00:00Z', detail: {} },
      { time: '2026-07-14T11:00:00Z' },
    ]);
    expect(account.deliveries.lost).toMatchObject([{ code: 'AccessDeniedException' }]);
  });
});

describe('PutEvents', () => {
  const entry = (more: PutEventsRequestEntry = {}) => ({
    Source: 'mine',
    DetailType: 'Test',
    Detail: '{"n":1}',
    ...more,
  });

  it('puts each entry on its bus, and says which ones it did not take', async () => {
    const account = servicesUnderTest();
    const rule = (EventBusName: object) => ({
      Type: 'AWS::Events::Rule',
      Properties: { EventBusName, EventPattern: { source: ['mine'] }, Targets: [{ Id: 'a', Arn: arnOf('Queue') }] },
    });
    const stack = await account.deploy({
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'my-bus' } },
      Rule: rule({ Ref: 'Bus' }),
      Queue: { Type: 'AWS::SQS::Queue' },
      Policy: openQueue('Queue'),
    });
    const client = new EventBridgeClient(account.clientConfig);
    const answer = await client.send(
      new PutEventsCommand({
        Entries: [
          entry({ EventBusName: 'my-bus', Time: new Date('2026-01-01T00:00:00Z') }),
          entry({ EventBusName: account.eventBridge.busArn('my-bus') }),
          entry(),
          entry({ Source: 'aws.ec2' }),
          entry({ Detail: '{' }),
          entry({ Detail: '[]' }),
          { Source: 'mine', Detail: '{}' },
          entry({ EventBusName: 'nowhere' }),
        ],
      }),
    );
    expect(answer.FailedEntryCount).toBe(5);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      undefined,
      undefined,
      'NotAuthorizedForSourceException',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
    ]);
    await account.play(SECOND);
    const received = account.sqs
      .byUrl(stack.ref('AWS::SQS::Queue'))
      .receive(10)
      .map(({ body }) => JSON.parse(body));
    expect(received.map(({ id }) => id).sort()).toEqual(
      [answer.Entries?.[0]?.EventId, answer.Entries?.[1]?.EventId].sort(),
    );
    expect(received.some(({ time }) => time === '2026-01-01T00:00:00Z')).toBe(true);
  });

  it.each([
    ['eleven entries', Array.from({ length: 11 }, () => entry())],
    ['too much in all', [entry({ Detail: JSON.stringify({ a: 'x'.repeat(262_144) }) })]],
  ])('refuses %s', async (_, Entries) => {
    const client = new EventBridgeClient(servicesUnderTest().clientConfig);
    await expect(client.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

it('describes buses and rules', async () => {
  const account = servicesUnderTest();
  await account.deploy(withRule({ Arn: arnOf('Queue') }, { Queue: { Type: 'AWS::SQS::Queue' } }));
  const client = new EventBridgeClient(account.clientConfig);
  const { Rules } = await client.send(new ListRulesCommand({}));
  expect(Rules).toMatchObject([{ State: 'ENABLED', EventPattern: '{"source":["aws.ec2"]}' }]);
  await expect(client.send(new DescribeEventBusCommand({ Name: 'nowhere' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});
