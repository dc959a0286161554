import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { isRecord } from '../../wire/json-codec.ts';
import type { Deliveries } from '../event-bridge/delivery.ts';
import { compileFilterPattern } from '../logs/filter-pattern.ts';
import type { LogEvent } from '../logs/log-event.ts';
import type { Logs } from '../logs/logs.ts';
import type { Sqs } from '../sqs/sqs.ts';
import type { World } from '../world.ts';
import { Alarms } from './alarms.ts';
import { publishInvocation, watchQueue } from './aws-metrics.ts';
import { isEmbedded, readEmbedded } from './emf.ts';
import type { Usage } from './metric-data.ts';
import { type MetricId, type MetricSeries, Metrics } from './metrics.ts';

export interface Dashboard {
  readonly name: string;
  /** The body as JSON. */
  readonly body: string;
  readonly modifiedAt: number;
}

/** A metric filter: each matching line of the log group adds to a metric. */
export interface MetricFilter {
  readonly group: string;
  readonly pattern: string;
  readonly metric: MetricId;
  readonly value: number;
}

/** CloudWatch Logs allows a hundred metric filters per log group (API reference, PutMetricFilter). */
const MOST_METRIC_FILTERS = 100;

/** Amazon CloudWatch: metrics from log lines, functions and queues; alarms on them; dashboards. */
export class CloudWatch {
  readonly metrics = new Metrics();
  readonly alarms: Alarms;
  /** The account's services set it; without them AWS tells no usage. */
  usage: Usage = { at: () => undefined, quotaOf: () => undefined };
  readonly #world: World;
  readonly #dashboards = new Map<string, Dashboard>();
  readonly #incoming = new Map<string, MetricSeries>();
  readonly #filters = new Map<string, Array<(event: LogEvent) => void>>();
  readonly #logs: Logs;

  constructor(world: World, deliveries: Deliveries, sources: { readonly logs: Logs; readonly sqs: Sqs }) {
    this.#world = world;
    this.#logs = sources.logs;
    this.alarms = new Alarms(world, this.metrics, deliveries);
    sources.logs.onEvent((group, event) => {
      const { message, timestamp } = event;
      for (const filter of this.#filters.get(group) ?? []) filter(event);
      // CloudWatch Logs counts and bills 26 additional bytes per event.
      this.#incomingBytes(group).add(timestamp, [Buffer.byteLength(message) + 26]);
      if (!isEmbedded(message)) return;
      for (const { at, values, ...metric } of readEmbedded(message)) this.metrics.series(metric).add(at, values);
    });
    sources.sqs.onQueue((queue) => watchQueue(world, this.metrics, queue));
  }

  /**
   * @throws AwsError `ResourceNotFoundException` for a group that does not exist; `InvalidParameterException` for a
   *   pattern that is none; `LimitExceededException`
   */
  addMetricFilter({ group, pattern, metric, value }: MetricFilter): void {
    this.#logs.group(group);
    const filters = this.#filters.get(group) ?? [];
    if (filters.length >= MOST_METRIC_FILTERS) throw new AwsError('LimitExceededException', 'Resource limit exceeded.');
    const matches = compileFilterPattern(pattern);
    const series = this.metrics.series(metric);
    const filter = ({ message, timestamp }: LogEvent): void => {
      if (matches(message)) series.add(timestamp, [value]);
    };
    this.#filters.set(group, [...filters, filter]);
  }

  /** Returns the metric of a group's incoming bytes, cached because every line needs it. */
  #incomingBytes(group: string): MetricSeries {
    const known = this.#incoming.get(group);
    if (known !== undefined) return known;
    const dimensions = { LogGroupName: group };
    const series = this.metrics.series({ namespace: 'AWS/Logs', name: 'IncomingBytes', dimensions });
    this.#incoming.set(group, series);
    return series;
  }

  /** Publishes the metrics of an invocation that Lambda reports. */
  readonly hearInvocation = (report: Parameters<typeof publishInvocation>[1]): void =>
    publishInvocation(this.metrics, report);

  /** @throws AwsError `InvalidParameterInput` for a body that is not a dashboard */
  putDashboard(name: string, body: string): void {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null || !('widgets' in json) || !Array.isArray(json.widgets)) {
      throw new AwsError('InvalidParameterInput', 'The field DashboardBody must be a JSON object with widgets.');
    }
    for (const widget of json.widgets) refuseComment(widget);
    this.#dashboards.set(name, { name, body, modifiedAt: this.#world.time.now });
  }

  /** All dashboards by name. */
  get dashboards(): readonly Dashboard[] {
    return [...this.#dashboards.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AwsError `ResourceNotFound` */
  dashboard(name: string): Dashboard {
    const dashboard = this.#dashboards.get(name);
    if (dashboard === undefined) throw new AwsError('ResourceNotFound', `Dashboard ${name} does not exist`, 404);
    return dashboard;
  }
}

/**
 * A dashboard's query is one line of commands separated by bars, the first of which is its SOURCE. A comment right
 * after that bar would be parsed as a command, and hide what follows it.
 */
function refuseComment(widget: unknown): void {
  if (!isRecord(widget) || !isRecord(widget.properties)) return;
  const { query, title } = widget.properties;
  if (typeof query !== 'string' || !/^\s*(SOURCE [^|]*\|\s*)?#/.test(query)) return;
  throw new NotImplemented(`the comment that the query of the widget "${title}" begins with`);
}
