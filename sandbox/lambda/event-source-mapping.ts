import { type Message, md5 } from '../account/sqs/message.ts';
import type { Queue } from '../account/sqs/queue.ts';
import { systemAttributes } from '../account/sqs/wire.ts';
import type { World } from '../account/world.ts';
import type { Random } from '../time/random.ts';
import type { Cancel } from '../time/virtual-time.ts';
import { AwsError } from '../wire/aws-error.ts';
import { isRecord } from '../wire/json-codec.ts';
import type { Lambda } from './lambda.ts';
import type { InvocationOutcome } from './lambda-function.ts';
import { type Lineage, longestLineage, readLineage } from './lineage.ts';

export interface EventSourceMappingDefinition {
  readonly queue: Queue;
  readonly functionName: string;
  readonly batchSize: number;
  /** Batching window, ms. */
  readonly batchingWindowMs: number;
  /** Undefined: as many as Lambda allows. */
  readonly maximumConcurrency?: number;
  readonly reportBatchItemFailures: boolean;
}

/** SQS's longest poll. */
const LONGEST_POLL_MS = 20_000;

/** Lambda's default limit for an account. */
const ACCOUNT_CONCURRENCY = 1_000;

/**
 * Polls an SQS queue for a function. Messages that the function has handled are deleted; all others return when their
 * visibility timeout has passed.
 */
export class EventSourceMapping {
  readonly #definition: EventSourceMappingDefinition;
  readonly #world: World;
  readonly #lambda: Lambda;
  readonly #random: Random;
  #running = 0;
  /** The next scheduled poll; `gathering`: for a batch that is not full yet. */
  #planned: { readonly cancel: Cancel; readonly gathering: boolean } | undefined;

  /** @throws AwsError `InvalidParameterValueException` for a queue or a batch that Lambda rejects */
  constructor(definition: EventSourceMappingDefinition, world: World, lambda: Lambda) {
    check(definition, lambda);
    this.#definition = definition;
    this.#world = world;
    this.#lambda = lambda;
    this.#random = world.random.fork(`event source ${definition.queue.name}`);
    lambda.pollers.set(definition.queue.arn, definition.functionName);
    definition.queue.onAvailable(() => this.#planPoll());
    this.#planPoll();
  }

  #planPoll(): void {
    const { queue, batchSize, batchingWindowMs } = this.#definition;
    if (queue.available === 0) return;
    const full = queue.available >= batchSize;
    if (this.#planned !== undefined && !(full && this.#planned.gathering)) return;
    this.#planned?.cancel();
    const cancel = this.#world.time.after(full ? 0 : this.#gatheringMs(batchingWindowMs), () => {
      this.#planned = undefined;
      this.#poll();
    });
    this.#planned = { cancel, gathering: !full };
  }

  /**
   * How long a batch that does not get full is gathered. "If you're using a batch window and your SQS queue contains
   * very low traffic, Lambda might wait for up to 20 seconds before invoking your function. This is true even if you
   * set a batch window lower than 20 seconds."
   * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
   */
  #gatheringMs(windowMs: number): number {
    if (windowMs === 0) return this.#random.integer(5, 50);
    return this.#random.integer(windowMs, Math.max(windowMs, LONGEST_POLL_MS));
  }

  /**
   * When throttled, Lambda's poller retries with growing pauses until the messages become visible to others.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html "Backoff strategy for failed
   * invocations"
   */
  async #invokeUntilHidden(functionName: string, event: unknown, lineage: Lineage): Promise<InvocationOutcome> {
    const { time } = this.#world;
    const until = time.now + this.#definition.queue.settings.visibilityTimeoutSeconds * 1_000;
    for (let pauseMs = 1_000; ; pauseMs *= 2) {
      const outcome = await this.#lambda.invoke(functionName, event, lineage);
      if (outcome.ok || outcome.kind !== 'throttled' || time.now + pauseMs >= until) return outcome;
      await new Promise<void>((resolve) => {
        time.after(pauseMs, resolve);
      });
    }
  }

  #poll(): void {
    const { queue, batchSize, maximumConcurrency = ACCOUNT_CONCURRENCY } = this.#definition;
    while (this.#running < maximumConcurrency) {
      const batch = queue.receive(batchSize);
      if (batch.length === 0) return;
      this.#running++;
      void this.#invoke(batch).then(() => {
        this.#running--;
        this.#planPoll();
      });
    }
  }

  async #invoke(batch: readonly Message[]): Promise<void> {
    const { queue, functionName, reportBatchItemFailures } = this.#definition;
    const { region } = this.#world;
    const Records = batch.map((message) => record(message, queue.arn, region));
    const lineage = longestLineage(batch.map(({ traceHeader }) => readLineage(traceHeader)));
    const outcome = await this.#invokeUntilHidden(functionName, { Records }, lineage);
    if (!outcome.ok) return;
    const failed = reportBatchItemFailures ? failedIds(outcome.result, batch) : new Set<string>();
    for (const { id, receiptHandle } of batch) {
      if (!failed.has(id) && receiptHandle !== undefined) queue.delete(receiptHandle);
    }
  }
}

function check(
  { queue, functionName, batchSize, batchingWindowMs, maximumConcurrency = 2 }: EventSourceMappingDefinition,
  lambda: Lambda,
) {
  const timeoutSeconds = lambda.function(functionName).timeoutMs / 1_000;
  const { fifo, visibilityTimeoutSeconds } = queue.settings;
  if (visibilityTimeoutSeconds < timeoutSeconds) {
    throw invalid(
      `Queue visibility timeout: ${visibilityTimeoutSeconds} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
    );
  }
  if (batchSize < 1 || batchSize > (fifo ? 10 : 10_000)) throw invalid('BatchSize is out of range.');
  if (fifo && batchingWindowMs > 0) throw invalid('Batching window is not supported for FIFO queues.');
  if (batchSize > 10 && batchingWindowMs < 1_000) {
    throw invalid('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  }
  if (maximumConcurrency < 2 || maximumConcurrency > 1_000)
    throw invalid('MaximumConcurrency must be between 2 and 1000.');
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);

/** A message in the function's event. */
function record(message: Message, eventSourceARN: string, awsRegion: string) {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  };
}

/**
 * The messages that the function reports as failed. A response that Lambda does not understand fails the whole batch.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failedIds(result: unknown, batch: readonly Message[]): ReadonlySet<string> {
  const all = new Set(batch.map(({ id }) => id));
  if (result === null || (isRecord(result) && (result.batchItemFailures ?? null) === null)) return new Set();
  if (!isRecord(result) || !Array.isArray(result.batchItemFailures)) return all;
  const failed = new Set<string>();
  for (const failure of result.batchItemFailures) {
    const id: unknown = isRecord(failure) ? failure.itemIdentifier : undefined;
    if (typeof id !== 'string' || !all.has(id)) return all;
    failed.add(id);
  }
  return failed;
}
