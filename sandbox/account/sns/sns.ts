import {
  ListSubscriptionsByTopic$,
  type ListSubscriptionsByTopicCommandInput,
  type ListSubscriptionsByTopicCommandOutput,
  ListTopics$,
  type ListTopicsCommandInput,
  type ListTopicsCommandOutput,
  Publish$,
  type PublishCommandInput,
  type PublishCommandOutput,
} from '@aws-sdk/client-sns';
import * as z from 'zod';
import { AwsError } from '../../wire/aws-error.ts';
import { DEFAULT_RETRY_POLICY, type Deliveries } from '../event-bridge/delivery.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: 'sqs' | 'email';
  readonly endpoint: string;
  readonly rawMessageDelivery: boolean;
}

/** A published message, in order of publication. Mail is not sent anywhere. */
export interface Published {
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject: string | undefined;
  /** The default message, for subscribers without a format of their own. */
  readonly message: string;
  /** Messages by protocol, where the message was published in several formats. */
  readonly forms?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

const MOST_BYTES = 262_144;

/** Amazon SNS: topics, and subscriptions of queues and mail addresses. */
export class Sns {
  readonly service: Service;
  readonly published: Published[] = [];
  readonly #world: World;
  readonly #deliveries: Deliveries;
  readonly #random;
  readonly #subscriptions = new Map<string, Subscription[]>();
  /** ARNs of the KMS keys that encrypt topics. */
  readonly #keys = new Map<string, string>();

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.#random = world.random.fork('sns');
    this.service = {
      signingName: 'sns',
      iamPrefix: 'sns',
      protocol: 'query',
      xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
      operations: this.#operations(),
    };
    deliveries.register('sns', {
      action: 'sns:Publish',
      // Publishing to an encrypted topic uses its key.
      alsoNeeds: (topicArn) => {
        const key = this.#keys.get(topicArn);
        const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
        return key === undefined ? [] : actions.map((action) => ({ action, resource: key }));
      },
      accept: ({ targetArn, body, subject }) => void this.publish(targetArn, body, subject),
    });
  }

  /** @param keyArn of the key that encrypts the topic */
  createTopic(name: string, keyArn?: string): string {
    const arn = this.arnOf(name);
    if (!this.#subscriptions.has(arn)) this.#subscriptions.set(arn, []);
    if (keyArn !== undefined) this.#keys.set(arn, keyArn);
    return arn;
  }

  arnOf(name: string): string {
    return `arn:${this.#world.partition}:sns:${this.#world.region}:${this.#world.accountId}:${name}`;
  }

  subscribe(subscription: Omit<Subscription, 'arn'>): string {
    const arn = `${subscription.topicArn}:${this.#random.uuid()}`;
    this.#topic(subscription.topicArn).push({ ...subscription, arn });
    return arn;
  }

  /**
   * @param forms of the message by protocol, for subscribers that get another than the default
   * @returns the message id
   */
  publish(topicArn: string, message: string, subject?: string, forms?: Readonly<Record<string, string>>): string {
    const subscriptions = this.#topic(topicArn);
    if (message === '') throw invalid('Empty message');
    if (subject !== undefined && !/^[ -~]{1,100}$/.test(subject)) throw invalid('Subject');
    if (Buffer.byteLength(message) > MOST_BYTES) throw invalid('Message too long');
    const messageId = this.#random.uuid();
    const several = forms === undefined ? {} : { forms };
    this.published.push({ topicArn, messageId, subject, message, ...several, at: this.#world.time.now });
    for (const subscription of subscriptions) {
      if (subscription.protocol === 'sqs') this.#deliver(subscription, messageId, forms?.sqs ?? message, subject);
    }
    return messageId;
  }

  #deliver(
    { topicArn, endpoint, rawMessageDelivery }: Subscription,
    messageId: string,
    message: string,
    subject?: string,
  ): void {
    const envelope = {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topicArn,
      Subject: subject,
      Message: message,
      Timestamp: new Date(this.#world.time.now).toISOString(),
    };
    this.#deliveries.deliverWithRetries(
      {
        targetArn: endpoint,
        body: rawMessageDelivery ? message : JSON.stringify(envelope),
        sender: { principal: 'sns.amazonaws.com', sourceArn: topicArn },
      },
      DEFAULT_RETRY_POLICY,
    );
  }

  #topic(arn: string): Subscription[] {
    const subscriptions = this.#subscriptions.get(arn);
    if (subscriptions === undefined) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return subscriptions;
  }

  #operations(): Service['operations'] {
    return {
      Publish: operation<PublishCommandInput, PublishCommandOutput>(
        Publish$,
        ['TopicArn', 'TargetArn', 'Message', 'Subject', 'MessageStructure'],
        ({ TopicArn, TargetArn, Message = '', Subject, MessageStructure }) => {
          if (MessageStructure !== undefined && MessageStructure !== 'json') throw invalid('MessageStructure');
          const { default: message, ...forms } =
            MessageStructure === undefined ? { default: Message } : formsIn(Message);
          const several = MessageStructure === undefined ? undefined : forms;
          return { MessageId: this.publish(TopicArn ?? TargetArn ?? '', message, Subject, several) };
        },
        ({ TopicArn, TargetArn }) => [{ action: 'sns:Publish', resource: TopicArn ?? TargetArn ?? '*' }],
      ),
      ListTopics: operation<ListTopicsCommandInput, ListTopicsCommandOutput>(ListTopics$, [], () => ({
        Topics: [...this.#subscriptions.keys()].map((TopicArn) => ({ TopicArn })),
      })),
      ListSubscriptionsByTopic: operation<ListSubscriptionsByTopicCommandInput, ListSubscriptionsByTopicCommandOutput>(
        ListSubscriptionsByTopic$,
        ['TopicArn'],
        ({ TopicArn = '' }) => ({
          Subscriptions: this.#topic(TopicArn).map(({ arn, protocol, endpoint }) => ({
            SubscriptionArn: arn,
            Owner: this.#world.accountId,
            Protocol: protocol,
            Endpoint: endpoint,
            TopicArn,
          })),
        }),
        ({ TopicArn }) => [{ action: 'sns:ListSubscriptionsByTopic', resource: TopicArn ?? '*' }],
      ),
    };
  }
}

/** A message in several formats is JSON: a default, and others by protocol. */
function formsIn(message: string): { readonly default: string } & Readonly<Record<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const parsed = z.object({ default: z.string() }).catchall(z.string()).safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid('Message Structure - No default entry in JSON message body');
}

const invalid = (reason: string): AwsError => new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);
