import { AwsError } from '../../wire/aws-error.ts';
import type { World } from '../world.ts';
import { compileQuery } from './insights.ts';
import type { LogEvent } from './log-event.ts';

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly firstAt: number;
  lastAt: number;
}

export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  /** Undefined: kept for ever. */
  readonly retentionDays: number | undefined;
  readonly streams: Map<string, LogStream>;
  /** By time. */
  events: LogEvent[];
  nextIndex: number;
}

/** A saved Logs Insights query. */
export interface SavedQuery {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly groups: readonly string[];
  readonly modifiedAt: number;
}

const DAY_MS = 86_400_000;

/** Amazon CloudWatch Logs: log groups, their streams and events. */
export class Logs {
  readonly #world: World;
  readonly #groups = new Map<string, LogGroup>();
  readonly #listeners: Array<(group: string, event: LogEvent) => void> = [];
  readonly #queries = new Map<string, SavedQuery>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Creates the group unless it exists already. */
  ensureGroup(name: string, retentionDays?: number): void {
    if (this.#groups.has(name)) return;
    const arn = this.arnOf(name);
    const createdAt = this.#world.time.now;
    this.#groups.set(name, { name, arn, createdAt, retentionDays, streams: new Map(), events: [], nextIndex: 0 });
  }

  arnOf(name: string): string {
    return `arn:${this.#world.partition}:logs:${this.#world.region}:${this.#world.accountId}:log-group:${name}`;
  }

  /** By name. */
  get groups(): readonly LogGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AwsError `ResourceNotFoundException` */
  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (group === undefined) {
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return group;
  }

  /** Writes one line with the current time. */
  append(groupName: string, streamName: string, message: string): void {
    const group = this.group(groupName);
    const now = this.#world.time.now;
    const stream = group.streams.get(streamName);
    if (stream === undefined) {
      group.streams.set(streamName, { name: streamName, createdAt: now, firstAt: now, lastAt: now });
    } else stream.lastAt = now;
    const event = { index: group.nextIndex++, stream: streamName, timestamp: now, message };
    group.events.push(event);
    this.#expire(group, now);
    for (const listener of this.#listeners) listener(groupName, event);
  }

  /** @throws AwsError for a query that Logs Insights would reject */
  saveQuery(query: Omit<SavedQuery, 'modifiedAt'>): void {
    compileQuery(query.text);
    this.#queries.set(query.id, { ...query, modifiedAt: this.#world.time.now });
  }

  /** By name. */
  get savedQueries(): readonly SavedQuery[] {
    return [...this.#queries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls the listener for every line as it is written. */
  onEvent(listener: (group: string, event: LogEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Runs once a day, which is enough: AWS takes up to three days to delete expired events. */
  #expire(group: LogGroup, now: number): void {
    const oldest = group.events[0];
    if (group.retentionDays === undefined || oldest === undefined) return;
    const keepFrom = now - group.retentionDays * DAY_MS;
    if (oldest.timestamp < keepFrom - DAY_MS)
      group.events = group.events.filter(({ timestamp }) => timestamp >= keepFrom);
  }
}
