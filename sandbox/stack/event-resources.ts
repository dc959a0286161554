import * as z from 'zod';
import { DEFAULT_BUS, type RuleTarget } from '../account/event-bridge/event-bridge.ts';
import { arn, type ResourceType, resourceType } from './resource-type.ts';

const withoutEffect = z.unknown().optional();

const retryPolicy = z.strictObject({
  MaximumEventAgeInSeconds: z.number().optional(),
  MaximumRetryAttempts: z.number().optional(),
});

const target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  SqsParameters: z.strictObject({ MessageGroupId: z.string() }).optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  RetryPolicy: retryPolicy.optional(),
});

const rule = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  EventBusName: z.string().default(DEFAULT_BUS),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(target).default([]),
});

const bus = z.strictObject({ Name: z.string(), Description: withoutEffect, Tags: withoutEffect });

const schedule = z.strictObject({
  Name: z.string().optional(),
  GroupName: z.string().optional(),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).optional(),
  FlexibleTimeWindow: z.strictObject({
    Mode: z.enum(['OFF', 'FLEXIBLE']),
    MaximumWindowInMinutes: z.number().optional(),
  }),
  Target: target.omit({ Id: true }).extend({ RoleArn: z.string() }),
});

/** Event buses, rules, and EventBridge Scheduler. */
export const EVENT_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::Events::EventBus': resourceType(
    bus,
    ({ world, given }) => {
      const name = given('Name') ?? '';
      return { ref: name, attributes: { Name: name, Arn: arn(world, 'events', `event-bus/${name}`) } };
    },
    ({ Name }, { eventBridge }) => eventBridge.createBus(Name),
  ),
  'AWS::Events::Rule': resourceType(
    rule,
    ({ world, given, generated }) => {
      const name = given('Name') ?? generated(64);
      const busName = given('EventBusName')?.split('event-bus/').at(-1) ?? DEFAULT_BUS;
      const onDefault = busName === DEFAULT_BUS;
      return {
        ref: onDefault ? name : `${busName}|${name}`,
        attributes: { Arn: arn(world, 'events', `rule/${onDefault ? name : `${busName}/${name}`}`) },
      };
    },
    (properties, { eventBridge, identity }) => {
      const { Description, EventPattern, ScheduleExpression } = properties;
      eventBridge.createRule({
        name: identity.ref.split('|').at(-1) ?? '',
        busName: eventBridge.busNameOf(properties.EventBusName),
        enabled: properties.State === 'ENABLED',
        targets: properties.Targets.map(ruleTarget),
        ...(Description === undefined ? {} : { description: Description }),
        ...(EventPattern === undefined ? {} : { eventPattern: EventPattern }),
        ...(ScheduleExpression === undefined ? {} : { scheduleExpression: ScheduleExpression }),
      });
    },
  ),
  'AWS::Scheduler::ScheduleGroup': resourceType(
    z.strictObject({ Name: z.string().optional(), Tags: withoutEffect }),
    ({ world, given, generated }) => {
      const name = given('Name') ?? generated(64);
      return { ref: name, attributes: { Arn: arn(world, 'scheduler', `schedule-group/${name}`) } };
    },
    (_, { scheduler, identity }) => scheduler.createGroup(identity.ref),
  ),
  'AWS::Scheduler::Schedule': resourceType(
    schedule,
    ({ world, given, generated }) => {
      const name = given('Name') ?? generated(64);
      const group = given('GroupName') ?? 'default';
      return { ref: name, attributes: { Arn: arn(world, 'scheduler', `schedule/${group}/${name}`) } };
    },
    (properties, { scheduler, identity }) => {
      scheduler.create({ ...properties, Name: identity.ref });
    },
  ),
};

function ruleTarget({
  Arn,
  RoleArn,
  Input,
  SqsParameters,
  DeadLetterConfig,
  RetryPolicy = {},
}: z.output<typeof target>): RuleTarget {
  const { MaximumEventAgeInSeconds, MaximumRetryAttempts } = RetryPolicy;
  return {
    arn: Arn,
    ...(RoleArn === undefined ? {} : { roleArn: RoleArn }),
    ...(Input === undefined ? {} : { input: Input }),
    ...(SqsParameters === undefined ? {} : { messageGroupId: SqsParameters.MessageGroupId }),
    retryPolicy: {
      ...(MaximumEventAgeInSeconds === undefined ? {} : { maximumAgeMs: MaximumEventAgeInSeconds * 1_000 }),
      ...(MaximumRetryAttempts === undefined ? {} : { maximumAttempts: MaximumRetryAttempts }),
      ...(DeadLetterConfig === undefined ? {} : { deadLetterArn: DeadLetterConfig.Arn }),
    },
  };
}
