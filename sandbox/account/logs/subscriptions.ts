import { gzipSync } from 'node:zlib';
import { AwsError } from '../../wire/aws-error.ts';
import { DEFAULT_RETRY_POLICY, type Deliveries } from '../event-bridge/delivery.ts';
import type { World } from '../world.ts';
import { compileFilterPattern } from './filter-pattern.ts';
import type { LogEvent } from './log-event.ts';
import type { Logs } from './logs.ts';

/** A subscription filter: matching lines go to a function. */
export interface SubscriptionFilter {
  readonly name: string;
  readonly group: string;
  readonly pattern: string;
  readonly destinationArn: string;
}

/** CloudWatch Logs allows two subscription filters per log group. */
const MOST_FILTERS = 2;

/** How long lines of a stream are gathered into one delivery, ms. */
const GATHERED_FOR = 2_000;

/** Delivers log lines to functions like CloudWatch Logs: matching lines, in batches by stream, gzipped. */
export class LogSubscriptions {
  readonly #filters = new Map<string, Array<SubscriptionFilter & { readonly matches: (message: string) => boolean }>>();
  readonly #gathered = new Map<string, LogEvent[]>();
  readonly #world: World;
  readonly #logs: Logs;
  readonly #deliveries: Deliveries;
  readonly #groupOf: (functionArn: string) => string | undefined;

  /** @param groupOf returns the log group of a function, by its ARN */
  constructor(world: World, logs: Logs, deliveries: Deliveries, groupOf: (functionArn: string) => string | undefined) {
    this.#groupOf = groupOf;
    this.#world = world;
    this.#logs = logs;
    this.#deliveries = deliveries;
    logs.onEvent((group, event) => {
      for (const filter of this.#filters.get(group) ?? []) {
        if (filter.matches(event.message)) this.#gather(filter, event);
      }
    });
  }

  /**
   * @throws AwsError `LimitExceededException`; `InvalidParameterException` for a function that logs into the group
   *   itself
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions-recursion-prevention.html
   */
  add(filter: SubscriptionFilter): void {
    this.#logs.group(filter.group);
    // The reference of PutSubscriptionFilter does not mention this, but the page above says that it may be refused, and
    // would loop.
    if (this.#groupOf(filter.destinationArn) === filter.group) {
      const message = `The function ${filter.destinationArn} logs into ${filter.group}: it would be fed with its own lines.`;
      throw new AwsError('InvalidParameterException', message);
    }
    const filters = this.#filters.get(filter.group) ?? [];
    if (filters.length >= MOST_FILTERS) throw new AwsError('LimitExceededException', 'Resource limit exceeded.');
    this.#filters.set(filter.group, [...filters, { ...filter, matches: compileFilterPattern(filter.pattern) }]);
  }

  #gather(filter: SubscriptionFilter, event: LogEvent): void {
    const key = JSON.stringify([filter.group, filter.name, event.stream]);
    const gathered = this.#gathered.get(key);
    if (gathered !== undefined) {
      gathered.push(event);
      return;
    }
    const events = [event];
    this.#gathered.set(key, events);
    this.#world.time.after(GATHERED_FOR, () => {
      this.#gathered.delete(key);
      this.#deliver(filter, event.stream, events);
    });
  }

  #deliver({ name, group, destinationArn }: SubscriptionFilter, stream: string, events: readonly LogEvent[]): void {
    const message = {
      messageType: 'DATA_MESSAGE',
      owner: this.#world.accountId,
      logGroup: group,
      logStream: stream,
      subscriptionFilters: [name],
      logEvents: events.map(({ index, timestamp, message: line }) => ({
        id: String(index).padStart(56, '0'),
        timestamp,
        message: line,
      })),
    };
    const data = gzipSync(JSON.stringify(message)).toString('base64');
    this.#deliveries.deliverWithRetries(
      {
        targetArn: destinationArn,
        body: JSON.stringify({ awslogs: { data } }),
        sender: { principal: 'logs.amazonaws.com', sourceArn: `${this.#logs.arnOf(group)}:*` },
      },
      DEFAULT_RETRY_POLICY,
    );
  }
}
