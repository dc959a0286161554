import * as z from 'zod';
import { policyDocument } from '../account/iam/policy-evaluation.ts';
import { arn, type ResourceType, resourceType } from './resource-type.ts';

const withoutEffect = z.unknown().optional();

const queue = z.strictObject({
  QueueName: z.string().optional(),
  FifoQueue: z.boolean().default(false),
  ContentBasedDeduplication: z.boolean().default(false),
  VisibilityTimeout: z.number().default(30),
  DelaySeconds: z.number().default(0),
  MessageRetentionPeriod: z.number().default(345_600),
  MaximumMessageSize: z.number().default(1_048_576),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  RedriveAllowPolicy: withoutEffect,
  SqsManagedSseEnabled: z.boolean().default(true),
  KmsMasterKeyId: z.string().optional(),
  KmsDataKeyReusePeriodSeconds: withoutEffect,
  Tags: withoutEffect,
});

const queuePolicy = z.strictObject({ Queues: z.array(z.string()), PolicyDocument: policyDocument });

const topic = z.strictObject({
  TopicName: z.string().optional(),
  DisplayName: withoutEffect,
  KmsMasterKeyId: z.string().optional(),
  Tags: withoutEffect,
});

const topicPolicy = z.strictObject({ Topics: z.array(z.string()), PolicyDocument: policyDocument });

const subscription = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.enum(['sqs', 'email']),
  Endpoint: z.string(),
  RawMessageDelivery: z.boolean().default(false),
});

/** Queues, topics, and their policies. */
export const MESSAGING_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::SQS::Queue': resourceType(
    queue,
    ({ world, given, generated }) => {
      const suffix = given('FifoQueue') === 'true' ? '.fifo' : '';
      const name = given('QueueName') ?? generated(80 - suffix.length) + suffix;
      const url = `https://sqs.${world.region}.amazonaws.com/${world.accountId}/${name}`;
      return { ref: url, attributes: { Arn: arn(world, 'sqs', name), QueueName: name, QueueUrl: url } };
    },
    (properties, { sqs, identity }) => {
      const { RedrivePolicy, KmsMasterKeyId, SqsManagedSseEnabled } = properties;
      sqs.createQueue({
        name: identity.attributes.QueueName ?? '',
        settings: {
          fifo: properties.FifoQueue,
          contentBasedDeduplication: properties.ContentBasedDeduplication,
          visibilityTimeoutSeconds: properties.VisibilityTimeout,
          delaySeconds: properties.DelaySeconds,
          retentionSeconds: properties.MessageRetentionPeriod,
          maximumMessageBytes: properties.MaximumMessageSize,
          ...(RedrivePolicy === undefined ? {} : { redrive: RedrivePolicy }),
        },
        shownAttributes:
          KmsMasterKeyId === undefined ? { SqsManagedSseEnabled: String(SqsManagedSseEnabled) } : { KmsMasterKeyId },
      });
    },
  ),
  'AWS::SQS::QueuePolicy': resourceType(
    queuePolicy,
    ({ generated }) => ({ ref: generated(80), attributes: {} }),
    ({ Queues, PolicyDocument }, { sqs, authorization }) => {
      for (const url of Queues) authorization.addResourcePolicy(sqs.byUrl(url).arn, PolicyDocument);
    },
  ),
  'AWS::SNS::Topic': resourceType(
    topic,
    ({ world, given, generated }) => {
      const name = given('TopicName') ?? generated(256);
      const topicArn = arn(world, 'sns', name);
      return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
    },
    ({ KmsMasterKeyId }, { sns, world, identity }) => {
      const key =
        KmsMasterKeyId?.startsWith('arn:') === false ? arn(world, 'kms', `key/${KmsMasterKeyId}`) : KmsMasterKeyId;
      sns.createTopic(identity.attributes.TopicName ?? '', key);
    },
  ),
  'AWS::SNS::TopicPolicy': resourceType(
    topicPolicy,
    ({ generated }) => ({ ref: generated(80), attributes: {} }),
    ({ Topics, PolicyDocument }, { authorization }) => {
      for (const topicArn of Topics) authorization.addResourcePolicy(topicArn, PolicyDocument);
    },
  ),
  'AWS::SNS::Subscription': resourceType(
    subscription,
    ({ generated }) => ({ ref: generated(80), attributes: {} }),
    ({ TopicArn, Protocol, Endpoint, RawMessageDelivery }, { sns }) => {
      sns.subscribe({
        topicArn: TopicArn,
        protocol: Protocol,
        endpoint: Endpoint,
        rawMessageDelivery: RawMessageDelivery,
      });
    },
  ),
};
