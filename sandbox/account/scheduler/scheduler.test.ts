import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, servicesUnderTest } from '../../stack/services-under-test.ts';

/** A queue, and a role that may send to it and that Scheduler may assume for the group `wake-ups`. */
const RESOURCES = {
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work' } },
  Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
  Closed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'closed' } },
  Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'wake-ups' } },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'sender',
      AssumeRolePolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Group', 'Arn'] } } },
        },
      },
      Policies: [
        {
          PolicyName: 'send',
          PolicyDocument: {
            Statement: {
              Effect: 'Allow',
              Action: 'sqs:SendMessage',
              Resource: [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, { 'Fn::GetAtt': ['Dead', 'Arn'] }],
            },
          },
        },
      ],
    },
  },
};

async function schedulerUnderTest() {
  const account = servicesUnderTest();
  await account.deploy(RESOURCES);
  const client = new SchedulerClient(account.clientConfig);
  const input = (more: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput => ({
    Name: 'one',
    GroupName: 'wake-ups',
    ScheduleExpression: 'at(2026-07-14T10:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: account.sqs.arnOf('work'), RoleArn: 'arn:aws:iam::111122223333:role/sender', Input: 'wake' },
    ...more,
  });
  return {
    account,
    client,
    input,
    create: (more: Partial<CreateScheduleCommandInput> = {}) => client.send(new CreateScheduleCommand(input(more))),
    update: (more: Partial<CreateScheduleCommandInput> = {}) => client.send(new UpdateScheduleCommand(input(more))),
    get: (Name = 'one') => client.send(new GetScheduleCommand({ Name, GroupName: 'wake-ups' })),
    /** Number of messages in the queue. */
    waiting: (name = 'work') => account.sqs.byName(name).counts().visible,
  };
}

describe('a one-time schedule', () => {
  it('sends its input within the minute, once', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create();
    await scheduler.account.play(HOUR);
    expect(scheduler.waiting()).toBe(0);
    await scheduler.account.play(MINUTE + 1_000);
    expect(
      scheduler.account.sqs
        .byName('work')
        .receive(10)
        .map(({ body }) => body),
    ).toEqual(['wake']);
    await scheduler.account.play(24 * HOUR);
    expect(scheduler.waiting()).toBe(1);
    expect((await scheduler.get()).State).toBe('ENABLED');
  });

  it('is deleted after its completion where it says so', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ ActionAfterCompletion: 'DELETE' });
    await scheduler.account.play(HOUR + 2 * MINUTE);
    await expect(scheduler.get()).rejects.toThrow(ResourceNotFoundException);
  });

  it('is read in its own time zone', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({
      ScheduleExpressionTimezone: 'Europe/Berlin',
      ScheduleExpression: 'at(2026-07-14T12:00:00)',
    });
    await scheduler.account.play(HOUR + MINUTE + 1_000);
    expect(scheduler.waiting()).toBe(1);
  });

  it('fires at its new time only, when it is moved', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create();
    await scheduler.update({ ScheduleExpression: 'at(2026-07-14T12:00:00)' });
    await scheduler.account.play(2 * HOUR);
    expect(scheduler.waiting()).toBe(0);
    await scheduler.account.play(HOUR + 2 * MINUTE);
    expect(scheduler.waiting()).toBe(1);
  });

  it('never fires when it is deleted or disabled', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create();
    await scheduler.create({ Name: 'two', State: 'DISABLED' });
    await scheduler.client.send(new DeleteScheduleCommand({ Name: 'one', GroupName: 'wake-ups' }));
    await scheduler.account.play(24 * HOUR);
    expect(scheduler.waiting()).toBe(0);
  });

  it('lives on when it is moved right after it has fired', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ ActionAfterCompletion: 'DELETE' });
    await scheduler.account.play(HOUR);
    while (scheduler.waiting() === 0) await scheduler.account.play(100);
    await scheduler
      .update({ ActionAfterCompletion: 'DELETE', ScheduleExpression: 'at(2026-07-14T11:00:00)' })
      .catch(() =>
        scheduler.create({ ActionAfterCompletion: 'DELETE', ScheduleExpression: 'at(2026-07-14T11:00:00)' }),
      );
    await scheduler.account.play(30 * MINUTE);
    expect((await scheduler.get()).ScheduleExpression).toBe('at(2026-07-14T11:00:00)');
    await scheduler.account.play(HOUR);
    expect(scheduler.waiting()).toBe(2);
  });
});

describe('a recurring schedule', () => {
  it('fires until its end', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ ScheduleExpression: 'cron(0 * * * ? *)', EndDate: new Date('2026-07-14T11:30:00Z') });
    await scheduler.account.play(24 * HOUR);
    expect(scheduler.waiting()).toBe(2);
  });

  it('of a rate starts at once, and with a start date then', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ ScheduleExpression: 'rate(1 hour)' });
    await scheduler.account.play(MINUTE + 1_000);
    expect(scheduler.waiting()).toBe(1);
    await scheduler.create({
      Name: 'two',
      ScheduleExpression: 'rate(1 day)',
      StartDate: new Date('2026-07-14T09:30:00Z'),
    });
    await scheduler.account.play(30 * MINUTE);
    expect(scheduler.waiting()).toBe(2);
  });
});

describe('delivery', () => {
  it('goes to the dead-letter queue when the role may not send', async () => {
    const scheduler = await schedulerUnderTest();
    const Target = {
      ...scheduler.input().Target,
      Arn: scheduler.account.sqs.arnOf('closed'),
      RoleArn: 'arn:aws:iam::111122223333:role/sender',
      DeadLetterConfig: { Arn: scheduler.account.sqs.arnOf('dead') },
    };
    await scheduler.create({ Target });
    await scheduler.account.play(HOUR + 2 * MINUTE);
    const [dead] = scheduler.account.sqs.byName('dead').receive(1);
    expect(dead?.attributes.ERROR_CODE?.StringValue).toBe('AccessDeniedException');
    expect(dead?.attributes.SCHEDULE_ARN?.StringValue).toContain(':schedule/wake-ups/one');
  });

  it('fails for a group that the role does not trust', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ GroupName: 'default' });
    await scheduler.account.play(HOUR + 2 * MINUTE);
    expect(scheduler.account.deliveries.lost).toMatchObject([{ code: 'AccessDeniedException' }]);
  });
});

describe('CreateSchedule', () => {
  it('refuses a name that is taken, but not the same request sent again', async () => {
    const scheduler = await schedulerUnderTest();
    await scheduler.create({ ClientToken: 'token' });
    expect((await scheduler.create({ ClientToken: 'token' })).ScheduleArn).toContain(':schedule/wake-ups/one');
    await expect(scheduler.create()).rejects.toThrow(ConflictException);
  });

  it('needs its group', async () => {
    const scheduler = await schedulerUnderTest();
    await expect(scheduler.create({ GroupName: 'nowhere' })).rejects.toThrow(ResourceNotFoundException);
  });

  it.each<[string, Partial<CreateScheduleCommandInput>]>([
    ['a name with a slash', { Name: 'a/b' }],
    ['too long a name', { Name: 'x'.repeat(65) }],
    ['an ill-formed expression', { ScheduleExpression: 'at(tomorrow)' }],
    ['a time in the past', { ScheduleExpression: 'at(2026-07-14T08:58:00)' }],
    ['an unknown time zone', { ScheduleExpressionTimezone: 'Europe/Utopia' }],
    ['a start long ago', { ScheduleExpression: 'rate(1 hour)', StartDate: new Date('2026-07-14T08:00:00Z') }],
    ['an end in the past', { ScheduleExpression: 'rate(1 hour)', EndDate: new Date('2026-07-14T08:00:00Z') }],
    ['no role', { Target: { Arn: 'arn:aws:sqs:eu-central-1:111122223333:work', RoleArn: 'sender' } }],
    [
      'a FIFO queue without a message group',
      {
        Target: {
          Arn: 'arn:aws:sqs:eu-central-1:111122223333:a.fifo',
          RoleArn: 'arn:aws:iam::111122223333:role/sender',
        },
      },
    ],
  ])('refuses %s', async (_, more) => {
    const scheduler = await schedulerUnderTest();
    await expect(scheduler.create(more)).rejects.toThrow(ValidationException);
  });

  it('says loudly what the sandbox does not do', async () => {
    const scheduler = await schedulerUnderTest();
    const flexible = { FlexibleTimeWindow: { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: 5 } };
    await expect(scheduler.create(flexible)).rejects.toMatchObject({ name: 'NotImplementedBySandbox' });
  });
});

it('ListSchedules gives pages', async () => {
  const scheduler = await schedulerUnderTest();
  for (const Name of ['c', 'a', 'b', 'other']) await scheduler.create({ Name });
  const list = (NextToken?: string) =>
    scheduler.client.send(new ListSchedulesCommand({ GroupName: 'wake-ups', MaxResults: 2, NextToken }));
  const first = await list();
  const second = await list(first.NextToken);
  expect([first, second].map(({ Schedules }) => Schedules?.map(({ Name }) => Name))).toEqual([
    ['a', 'b'],
    ['c', 'other'],
  ]);
  expect(second.NextToken).toBeUndefined();
});
