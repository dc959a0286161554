import { AwsError } from '../../wire/aws-error.ts';
import type { Deliveries, Delivery } from '../event-bridge/delivery.ts';
import type { Faults } from '../faults.ts';
import { urlSuffixOf } from '../partition.ts';
import type { World } from '../world.ts';
import { Queue, type QueueSurroundings } from './queue.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from './queue-settings.ts';

/** The input for a new queue. */
export interface QueueDefinition {
  readonly name: string;
  readonly settings?: Partial<QueueSettings>;
  /**
   * Attributes that have no effect here, but are shown: encryption, policies. In the format of `GetQueueAttributes`.
   */
  readonly shownAttributes?: Readonly<Record<string, string>>;
}

/** Amazon SQS: the account's queues. */
export class Sqs {
  readonly #world: World;
  readonly #surroundings: QueueSurroundings;
  readonly #queues = new Map<string, Queue>();
  readonly #shown = new Map<string, Readonly<Record<string, string>>>();
  readonly #watchers: Array<(queue: Queue) => void> = [];

  constructor(world: World, faults: Faults, deliveries: Deliveries) {
    this.#world = world;
    this.#surroundings = {
      time: world.time,
      random: world.random.fork('sqs'),
      faults,
      deadLetterQueue: (arn) => this.byArn(arn),
    };
    deliveries.register('sqs', { action: 'sqs:SendMessage', accept: (delivery) => this.#accept(delivery) });
  }

  createQueue({ name, settings = {}, shownAttributes = {} }: QueueDefinition): Queue {
    const merged = { ...DEFAULT_QUEUE_SETTINGS, ...settings };
    if (name.endsWith('.fifo') !== merged.fifo || name.length > 80 || !/^[\w-]+(\.fifo)?$/.test(name)) {
      throw new AwsError('InvalidParameterValue', `The queue name ${name} does not fit its type, or is ill-formed.`);
    }
    if (this.#queues.has(name)) throw new AwsError('QueueNameExists', `A queue named ${name} exists already.`);
    const queue = new Queue(name, this.arnOf(name), merged, this.#surroundings);
    this.#queues.set(name, queue);
    this.#shown.set(name, shownAttributes);
    for (const watcher of this.#watchers) watcher(queue);
    return queue;
  }

  /** Calls the listener for each new queue. */
  onQueue(listener: (queue: Queue) => void): void {
    this.#watchers.push(listener);
  }

  arnOf(name: string): string {
    return `arn:${this.#world.partition}:sqs:${this.#world.region}:${this.#world.accountId}:${name}`;
  }

  urlOf(name: string): string {
    return `https://sqs.${this.#world.region}.${urlSuffixOf(this.#world.region)}/${this.#world.accountId}/${name}`;
  }

  get queues(): readonly Queue[] {
    return [...this.#queues.values()];
  }

  /** @throws AwsError `QueueDoesNotExist` */
  byName(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  byArn(arn: string): Queue {
    return this.byName(arn.split(':').at(-1) ?? '');
  }

  /** Accepts any host: the last part of the path names the queue. */
  byUrl(url: string | undefined): Queue {
    return this.byName(url?.split('/').at(-1) ?? '');
  }

  /** The queues that use this one as their dead-letter queue. */
  sourcesOf(deadLetters: Queue): Queue[] {
    return this.queues.filter(({ settings }) => settings.redrive?.deadLetterTargetArn === deadLetters.arn);
  }

  /** All attributes of a queue, in the format of `GetQueueAttributes`. */
  attributesOf(queue: Queue): Record<string, string> {
    const { settings, createdAt } = queue;
    const counts = queue.counts();
    const createdSeconds = String(Math.floor(createdAt / 1_000));
    const { redrive } = settings;
    return {
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: String(counts.visible),
      ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
      ApproximateNumberOfMessagesDelayed: String(counts.delayed),
      CreatedTimestamp: createdSeconds,
      LastModifiedTimestamp: createdSeconds,
      VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
      MaximumMessageSize: String(settings.maximumMessageBytes),
      MessageRetentionPeriod: String(settings.retentionSeconds),
      DelaySeconds: String(settings.delaySeconds),
      ReceiveMessageWaitTimeSeconds: '0',
      ...(settings.fifo
        ? {
            FifoQueue: 'true',
            ContentBasedDeduplication: String(settings.contentBasedDeduplication),
            DeduplicationScope: 'queue',
            FifoThroughputLimit: 'perQueue',
          }
        : {}),
      ...(redrive === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
      ...this.#shown.get(queue.name),
    };
  }

  #accept({ targetArn, body, messageGroupId, attributes = {} }: Delivery): void {
    const texts = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
    this.byArn(targetArn).send({
      body,
      attributes: Object.fromEntries(texts),
      ...(messageGroupId === undefined ? {} : { groupId: messageGroupId }),
    });
  }
}
