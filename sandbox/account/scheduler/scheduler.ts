import { AwsError } from '../../wire/aws-error.ts';
import { DEFAULT_RETRY_POLICY, type Deliveries } from '../event-bridge/delivery.ts';
import type { World } from '../world.ts';
import { checkName, checkSchedule, type ScheduleInput, type ScheduleSettings } from './schedule.ts';

/** A schedule as stored in the account. */
export interface StoredSchedule {
  readonly arn: string;
  readonly settings: ScheduleSettings;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
}

/**
 * How far back a new schedule's first firing may be: a rate without a start date fires at once, and a time within the
 * current minute is still to come.
 */
const GRACE_MS = { rate: 1, cron: 0, at: 60_000 };

/** Amazon EventBridge Scheduler: schedules by group and name, and their firing. */
export class Scheduler {
  readonly #world: World;
  readonly #deliveries: Deliveries;
  readonly #random;
  readonly #groups = new Map<string, Map<string, StoredSchedule>>([['default', new Map()]]);

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.#random = world.random.fork('scheduler');
  }

  createGroup(name: string): void {
    checkName('name', name);
    if (this.#groups.has(name)) throw conflict(`Schedule group ${name} already exists.`);
    this.#groups.set(name, new Map());
  }

  /** ARN of a schedule; without a name, of its group. */
  arnOf(groupName: string, name?: string): string {
    const { partition, region, accountId } = this.#world;
    const resource = name === undefined ? `schedule-group/${groupName}` : `schedule/${groupName}/${name}`;
    return `arn:${partition}:scheduler:${region}:${accountId}:${resource}`;
  }

  /** All schedules, by group and name. */
  get schedules(): readonly StoredSchedule[] {
    const all = [...this.#groups.values()].flatMap((group) => [...group.values()]);
    return all.sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  /** @throws AwsError `ConflictException` when the name is taken, unless by a repetition of the same request */
  create(input: ScheduleInput): StoredSchedule {
    const settings = checkSchedule(input, this.#world.time.now);
    const { name, groupName, clientToken } = settings;
    const existing = this.#group(groupName).get(name);
    if (existing !== undefined) {
      if (clientToken !== undefined && clientToken === existing.settings.clientToken) return existing;
      throw conflict(`Schedule ${name} already exists.`);
    }
    return this.#store(settings, new Date(this.#world.time.now));
  }

  /** Replaces all settings. Omitted ones get their defaults. */
  update(input: ScheduleInput): StoredSchedule {
    const settings = checkSchedule(input, this.#world.time.now);
    return this.#store(settings, this.get(settings.groupName, settings.name).createdAt);
  }

  /** @throws AwsError `ResourceNotFoundException` */
  get(groupName: string, name: string): StoredSchedule {
    const found = this.#group(groupName).get(checkName('name', name));
    if (found === undefined) throw notFound(`Schedule ${name} does not exist.`);
    return found;
  }

  /** @throws AwsError `ResourceNotFoundException` */
  delete(groupName: string, name: string): void {
    this.get(groupName, name);
    this.#group(groupName).delete(name);
  }

  #group(name: string): Map<string, StoredSchedule> {
    const group = this.#groups.get(checkName('groupName', name));
    if (group === undefined) throw notFound(`Schedule group ${name} does not exist.`);
    return group;
  }

  #store(settings: ScheduleSettings, createdAt: Date): StoredSchedule {
    const stored: StoredSchedule = {
      arn: this.arnOf(settings.groupName, settings.name),
      settings,
      createdAt,
      modifiedAt: new Date(this.#world.time.now),
    };
    this.#group(settings.groupName).set(settings.name, stored);
    if (settings.enabled) this.#plan(stored, this.#world.time.now - GRACE_MS[settings.schedule.kind]);
    return stored;
  }

  #isCurrent(stored: StoredSchedule): boolean {
    return this.#groups.get(stored.settings.groupName)?.get(stored.settings.name) === stored;
  }

  /**
   * Schedules the first firing after `after`, and from there the next. A replaced or deleted schedule no longer fires.
   */
  #plan(stored: StoredSchedule, after: number): void {
    const { schedule, startDate, endDate } = stored.settings;
    const next = schedule.next(Math.max(after, (startDate?.getTime() ?? 0) - 1));
    const over = next === undefined || (endDate !== undefined && next > endDate.getTime());
    if (over) {
      this.#complete(stored);
      return;
    }
    this.#world.time.at(next + this.#withinTheMinute(next), () => {
      if (!this.#isCurrent(stored)) return;
      this.#fire(stored, next);
      this.#plan(stored, next);
    });
  }

  /** Scheduler guarantees the minute, not the second. */
  #withinTheMinute(at: number): number {
    return this.#random.integer(0, 59_999 - (at % 60_000));
  }

  /**
   * Deletes the schedule shortly after the invocation, not with it. An invoked function that immediately recreates the
   * schedule may meet the old one, as in AWS. A schedule that was changed in the meantime stays.
   */
  #complete(stored: StoredSchedule): void {
    if (!stored.settings.deleteAfterCompletion) return;
    this.#world.time.after(this.#random.integer(0, 3_000), () => {
      if (this.#isCurrent(stored)) this.delete(stored.settings.groupName, stored.settings.name);
    });
  }

  #fire({ arn, settings }: StoredSchedule, scheduledAt: number): void {
    const { target } = settings;
    const scheduledTime = `${new Date(scheduledAt).toISOString().slice(0, 19)}Z`;
    const executionId = this.#random.hex(16);
    const body = target.Input ?? this.#defaultInput(arn, scheduledTime);
    const groupId = target.SqsParameters?.MessageGroupId;
    const deadLetterArn = target.DeadLetterConfig?.Arn;
    const { MaximumEventAgeInSeconds, MaximumRetryAttempts } = target.RetryPolicy ?? {};
    this.#deliveries.deliverWithRetries(
      {
        targetArn: target.Arn,
        // Scheduler's context attributes.
        body: body
          .replaceAll('<aws.scheduler.schedule-arn>', arn)
          .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
          .replaceAll('<aws.scheduler.execution-id>', executionId),
        sender: { principal: 'scheduler.amazonaws.com', sourceArn: arn, roleArn: target.RoleArn },
        ...(groupId === undefined ? {} : { messageGroupId: groupId }),
      },
      {
        maximumAttempts: MaximumRetryAttempts ?? DEFAULT_RETRY_POLICY.maximumAttempts,
        maximumAgeMs:
          MaximumEventAgeInSeconds === undefined ? DEFAULT_RETRY_POLICY.maximumAgeMs : MaximumEventAgeInSeconds * 1_000,
        ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
      },
    );
  }

  #defaultInput(arn: string, scheduledTime: string): string {
    return JSON.stringify({
      version: '0',
      id: this.#random.uuid(),
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: this.#world.accountId,
      time: scheduledTime,
      region: this.#world.region,
      resources: [arn],
      detail: '{}',
    });
  }
}

const conflict = (message: string): AwsError => new AwsError('ConflictException', message, 409);
const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, 404);
