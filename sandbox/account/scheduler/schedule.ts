import type { ActionAfterCompletion, FlexibleTimeWindow, ScheduleState, Target } from '@aws-sdk/client-scheduler';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { InvalidScheduleExpression, parseScheduleExpression, type Schedule } from './schedule-expression.ts';

/** The input of `CreateSchedule` and `UpdateSchedule`. */
export interface ScheduleInput {
  readonly Name: string | undefined;
  readonly GroupName?: string | undefined;
  readonly ScheduleExpression: string | undefined;
  readonly ScheduleExpressionTimezone?: string | undefined;
  readonly StartDate?: Date | undefined;
  readonly EndDate?: Date | undefined;
  readonly Description?: string | undefined;
  readonly State?: ScheduleState | undefined;
  readonly Target: Target | undefined;
  readonly FlexibleTimeWindow: FlexibleTimeWindow | undefined;
  readonly ClientToken?: string | undefined;
  readonly ActionAfterCompletion?: ActionAfterCompletion | undefined;
}

/** A schedule's validated settings, with defaults. */
export interface ScheduleSettings {
  readonly name: string;
  readonly groupName: string;
  readonly expression: string;
  readonly timezone: string;
  readonly startDate: Date | undefined;
  readonly endDate: Date | undefined;
  readonly description: string | undefined;
  readonly enabled: boolean;
  readonly target: Target & { readonly Arn: string; readonly RoleArn: string };
  readonly clientToken: string | undefined;
  readonly deleteAfterCompletion: boolean;
  readonly schedule: Schedule;
}

const TARGET_MEMBERS: readonly string[] = [
  'Arn',
  'RoleArn',
  'Input',
  'SqsParameters',
  'DeadLetterConfig',
  'RetryPolicy',
];

/**
 * @param now epoch milliseconds
 * @throws AwsError `ValidationException` for what Scheduler rejects
 */
export function checkSchedule(input: ScheduleInput, now: number): ScheduleSettings {
  const name = checkName('name', input.Name ?? '');
  const groupName = checkName('groupName', input.GroupName ?? 'default');
  const { StartDate, EndDate } = input;
  if (StartDate !== undefined && StartDate.getTime() < now - 5 * 60_000) {
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.');
  }
  if (EndDate !== undefined && EndDate.getTime() <= (StartDate?.getTime() ?? now)) {
    throw invalid('The EndDate you specify must come after the StartDate, and cannot be in the past.');
  }
  if (input.FlexibleTimeWindow?.Mode !== 'OFF') throw new NotImplemented('a flexible time window');
  const expression = input.ScheduleExpression ?? '';
  const timezone = input.ScheduleExpressionTimezone ?? 'UTC';
  return {
    name,
    groupName,
    expression,
    timezone,
    startDate: StartDate,
    endDate: EndDate,
    description: input.Description,
    enabled: input.State !== 'DISABLED',
    target: checkTarget(input.Target),
    clientToken: input.ClientToken,
    deleteAfterCompletion: input.ActionAfterCompletion === 'DELETE',
    schedule: checkExpression(expression, timezone, StartDate?.getTime() ?? now, now),
  };
}

function checkExpression(expression: string, timezone: string, startsAt: number, now: number): Schedule {
  let schedule: Schedule;
  try {
    schedule = parseScheduleExpression(expression, timezone, startsAt);
  } catch (error) {
    if (!(error instanceof InvalidScheduleExpression)) throw error;
    throw invalid(`Invalid Schedule Expression ${expression}${timezone === 'UTC' ? '' : ` in ${timezone}`}.`);
  }
  // Strict on purpose: a wake-up scheduled in the past would otherwise never fire. The current minute does not count as
  // past.
  if (schedule.kind === 'at' && schedule.next(now - 60_000) === undefined) {
    throw invalid(`Invalid Schedule Expression ${expression}: the time is in the past.`);
  }
  return schedule;
}

function checkTarget(target: Target | undefined): ScheduleSettings['target'] {
  const { Arn = '', RoleArn = '', RetryPolicy, Input } = target ?? {};
  for (const [member, value] of Object.entries(target ?? {})) {
    if (value !== undefined && !TARGET_MEMBERS.includes(member))
      throw new NotImplemented(`a schedule target's ${member}`);
  }
  if (!/^arn:aws[\w-]*:(sqs|lambda):/.test(Arn)) {
    if (/^arn:aws[\w-]*:[\w-]+:/.test(Arn)) throw new NotImplemented(`the schedule target ${Arn}`);
    throw invalid(`Provided Arn is not in correct format.`);
  }
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(RoleArn)) throw invalid('Provided RoleArn is not in correct format.');
  if (Arn.endsWith('.fifo') && target?.SqsParameters?.MessageGroupId === undefined) {
    throw invalid('SqsParameters must be set for a FIFO queue target.');
  }
  if (/^arn:aws[\w-]*:lambda:/.test(Arn) && Input !== undefined && !isJson(Input)) {
    throw invalid('Input must be a valid JSON for a Lambda target.');
  }
  checkRange('maximumEventAgeInSeconds', RetryPolicy?.MaximumEventAgeInSeconds, 60, 86_400);
  checkRange('maximumRetryAttempts', RetryPolicy?.MaximumRetryAttempts, 0, 185);
  return { ...target, Arn, RoleArn };
}

/** @throws AwsError unless `name` is a valid name for a schedule or a group */
export function checkName(member: string, name: string): string {
  if (/^[0-9a-zA-Z\-_.]{1,64}$/.test(name)) return name;
  throw invalid(
    `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: ` +
      (name.length > 64
        ? 'Member must have length less than or equal to 64'
        : 'Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$'),
  );
}

function checkRange(member: string, value: number | undefined, low: number, high: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return;
  throw invalid(
    `1 validation error detected: Value '${value}' at 'target.retryPolicy.${member}' failed to satisfy constraint: ` +
      `Member must have value between ${low} and ${high}`,
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
