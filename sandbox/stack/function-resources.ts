import { join } from 'node:path';
import * as z from 'zod';
import { policyDocument } from '../account/iam/policy-evaluation.ts';
import { EventSourceMapping } from '../lambda/event-source-mapping.ts';
import { arn, type ResourceType, resourceType } from './resource-type.ts';

const withoutEffect = z.unknown().optional();

const lambdaFunction = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.string().startsWith('nodejs'),
  Role: z.string(),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  ReservedConcurrentExecutions: z.number().optional(),
  RecursiveLoop: z.enum(['Allow', 'Terminate']).default('Terminate'),
  DeadLetterConfig: z.strictObject({ TargetArn: z.string() }).optional(),
  LoggingConfig: z
    .strictObject({
      LogFormat: z.enum(['JSON', 'Text']).default('Text'),
      LogGroup: z.string().optional(),
      SystemLogLevel: z.enum(['DEBUG', 'INFO', 'WARN']).default('INFO'),
    })
    .optional(),
  Architectures: withoutEffect,
  Description: withoutEffect,
  Tags: withoutEffect,
  TracingConfig: withoutEffect,
});

const permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

const eventSourceMapping = z.strictObject({
  EventSourceArn: z.string().regex(/^arn:aws[\w-]*:sqs:/),
  FunctionName: z.string(),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number() }).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  Enabled: z.literal(true).optional(),
  Tags: withoutEffect,
});

const logGroup = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: z.number().optional(),
  KmsKeyId: withoutEffect,
  LogGroupClass: withoutEffect,
  Tags: withoutEffect,
});

const subscriptionFilter = z.strictObject({
  LogGroupName: z.string(),
  FilterName: z.string().optional(),
  FilterPattern: z.string(),
  DestinationArn: z.string().regex(/^arn:aws[\w-]*:lambda:/),
});

/** The actions of Lambda's poller with the function's role. */
const POLLER_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
/** The actions of Lambda with the function's role that write its log. */
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** Functions, their event sources, and their log groups. */
export const FUNCTION_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::Logs::LogGroup': resourceType(
    logGroup,
    ({ world, given, generated }) => {
      const name = given('LogGroupName') ?? generated(512);
      return { ref: name, attributes: { Arn: `${arn(world, 'logs', `log-group:${name}`)}:*` } };
    },
    ({ RetentionInDays }, { logs, identity }) => logs.ensureGroup(identity.ref, RetentionInDays),
  ),
  'AWS::Lambda::Function': resourceType(
    lambdaFunction,
    ({ world, given, generated }) => {
      const name = given('FunctionName') ?? generated(64);
      return { ref: name, attributes: { Arn: arn(world, 'lambda', `function:${name}`) } };
    },
    (properties, { lambda, logs, authorization, identity, logicalId, assetDirectory }) => {
      const role = authorization.role(properties.Role);
      const environment = properties.Environment?.Variables ?? {};
      const { LogFormat = 'Text', LogGroup, SystemLogLevel = 'INFO' } = properties.LoggingConfig ?? {};
      const group = LogGroup ?? `/aws/lambda/${identity.ref}`;
      const functionArn = identity.attributes.Arn ?? '';
      const sender = { principal: 'lambda.amazonaws.com', sourceArn: functionArn, roleArn: role.arn };
      for (const action of LOG_ACTIONS)
        authorization.authorize(sender, action, `${logs.arnOf(group)}:log-stream:${identity.ref}`);
      lambda.createFunction({
        name: identity.ref,
        arn: functionArn,
        // Logs and metrics use Powertools' service name.
        label: environment.POWERTOOLS_SERVICE_NAME ?? logicalId,
        bundle: join(assetDirectory(properties.Code.S3Key), `${properties.Handler.split('.')[0]}.js`),
        handler: properties.Handler,
        environment,
        timeoutMs: properties.Timeout * 1_000,
        memorySizeMb: properties.MemorySize,
        roleLogicalId: role.logicalId,
        roleArn: role.arn,
        recursiveLoop: properties.RecursiveLoop,
        logging: { group, format: LogFormat, systemLevel: SystemLogLevel },
        ...(properties.ReservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
        ...(properties.DeadLetterConfig === undefined ? {} : { deadLetterArn: properties.DeadLetterConfig.TargetArn }),
      });
    },
  ),
  'AWS::Lambda::Permission': resourceType(
    permission,
    ({ generated }) => ({ ref: generated(100), attributes: {} }),
    ({ Action, FunctionName, Principal, SourceArn, SourceAccount }, { lambda, authorization }) => {
      const functionArn = lambda.function(FunctionName).arn;
      const Condition = {
        ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      };
      const Statement = {
        Effect: 'Allow',
        Principal: { Service: Principal },
        Action,
        Resource: functionArn,
        Condition,
      };
      authorization.addResourcePolicy(functionArn, policyDocument.parse({ Statement }));
    },
  ),
  'AWS::Logs::SubscriptionFilter': resourceType(
    subscriptionFilter,
    ({ given, generated }) => ({ ref: given('FilterName') ?? generated(512), attributes: {} }),
    ({ LogGroupName, FilterPattern, DestinationArn }, { logSubscriptions, identity }) =>
      logSubscriptions.add({
        name: identity.ref,
        group: LogGroupName,
        pattern: FilterPattern,
        destinationArn: DestinationArn,
      }),
  ),
  'AWS::Lambda::EventSourceMapping': resourceType(
    eventSourceMapping,
    ({ generated }) => {
      const id = generated(64);
      return { ref: id, attributes: { Id: id } };
    },
    (properties, { world, lambda, sqs, authorization }) => {
      const { arn: sourceArn, name, roleArn } = lambda.function(properties.FunctionName);
      const queue = sqs.byArn(properties.EventSourceArn);
      for (const action of POLLER_ACTIONS) {
        authorization.authorize({ principal: 'lambda.amazonaws.com', sourceArn, roleArn }, action, queue.arn);
      }
      new EventSourceMapping(
        {
          queue,
          functionName: name,
          batchSize: properties.BatchSize,
          batchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1_000,
          reportBatchItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
          ...(properties.ScalingConfig === undefined
            ? {}
            : { maximumConcurrency: properties.ScalingConfig.MaximumConcurrency }),
        },
        world,
        lambda,
      );
    },
  ),
};
