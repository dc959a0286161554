import {
  CreateSchedule$,
  type CreateScheduleCommandInput,
  type CreateScheduleCommandOutput,
  DeleteSchedule$,
  type DeleteScheduleCommandInput,
  type DeleteScheduleCommandOutput,
  GetSchedule$,
  type GetScheduleCommandInput,
  type GetScheduleCommandOutput,
  ListSchedules$,
  type ListSchedulesCommandInput,
  type ListSchedulesCommandOutput,
  UpdateSchedule$,
  type UpdateScheduleCommandInput,
  type UpdateScheduleCommandOutput,
} from '@aws-sdk/client-scheduler';
import { AwsError } from '../../wire/aws-error.ts';
import { pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { ScheduleInput } from './schedule.ts';
import type { Scheduler, StoredSchedule } from './scheduler.ts';

const SCHEDULE_MEMBERS = [
  'Name',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'StartDate',
  'EndDate',
  'Description',
  'State',
  'Target',
  'FlexibleTimeWindow',
  'ClientToken',
  'ActionAfterCompletion',
] as const;

/** Amazon EventBridge Scheduler, as clients call it. */
export const schedulerService = (scheduler: Scheduler): Service => ({
  signingName: 'scheduler',
  iamPrefix: 'scheduler',
  protocol: 'rest-json',
  operations: schedulerOperations(scheduler),
});

/** The operations of Amazon EventBridge Scheduler. */
function schedulerOperations(scheduler: Scheduler): Service['operations'] {
  const on = (action: string, name: string | undefined, group: string | undefined): Permission => ({
    action: `scheduler:${action}`,
    resource: scheduler.arnOf(group ?? 'default', name ?? ''),
  });
  /** Whoever makes Scheduler act with a role must be allowed to pass that role. */
  const passing = (action: string, { Name, GroupName, Target }: ScheduleInput): Permission[] => [
    on(action, Name, GroupName),
    {
      action: 'iam:PassRole',
      resource: Target?.RoleArn ?? '*',
      context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    },
  ];
  return {
    CreateSchedule: operation<CreateScheduleCommandInput, CreateScheduleCommandOutput>(
      CreateSchedule$,
      SCHEDULE_MEMBERS,
      (input) => ({ ScheduleArn: scheduler.create(input).arn }),
      (input) => passing('CreateSchedule', input),
    ),
    UpdateSchedule: operation<UpdateScheduleCommandInput, UpdateScheduleCommandOutput>(
      UpdateSchedule$,
      SCHEDULE_MEMBERS,
      (input) => ({ ScheduleArn: scheduler.update(input).arn }),
      (input) => passing('UpdateSchedule', input),
    ),
    GetSchedule: operation<GetScheduleCommandInput, GetScheduleCommandOutput>(
      GetSchedule$,
      ['Name', 'GroupName'],
      ({ Name = '', GroupName = 'default' }) => details(scheduler.get(GroupName, Name)),
      ({ Name, GroupName }) => [on('GetSchedule', Name, GroupName)],
    ),
    DeleteSchedule: operation<DeleteScheduleCommandInput, DeleteScheduleCommandOutput>(
      DeleteSchedule$,
      ['Name', 'GroupName', 'ClientToken'],
      ({ Name = '', GroupName = 'default' }) => {
        scheduler.delete(GroupName, Name);
        return {};
      },
      ({ Name, GroupName }) => [on('DeleteSchedule', Name, GroupName)],
    ),
    ListSchedules: operation<ListSchedulesCommandInput, ListSchedulesCommandOutput>(
      ListSchedules$,
      ['GroupName', 'NamePrefix', 'State', 'NextToken', 'MaxResults'],
      ({ GroupName, NamePrefix = '', State, NextToken, MaxResults = 100 }) => {
        if (MaxResults < 1 || MaxResults > 100) {
          throw new AwsError(
            'ValidationException',
            `1 validation error detected: Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100`,
          );
        }
        const wanted = scheduler.schedules.filter(
          ({ settings }) =>
            (GroupName === undefined || settings.groupName === GroupName) &&
            settings.name.startsWith(NamePrefix) &&
            (State === undefined || stateOf(settings) === State),
        );
        const invalidToken = () => new AwsError('ValidationException', 'Invalid pagination token provided.');
        const page = pageOf(wanted, ({ arn }) => arn, MaxResults, NextToken, invalidToken);
        return { Schedules: page.items.map(summary), NextToken: page.nextToken };
      },
    ),
  };
}

const stateOf = ({ enabled }: StoredSchedule['settings']) => (enabled ? ('ENABLED' as const) : ('DISABLED' as const));

const summary = ({ arn, settings, createdAt, modifiedAt }: StoredSchedule) => ({
  Arn: arn,
  Name: settings.name,
  GroupName: settings.groupName,
  State: stateOf(settings),
  CreationDate: createdAt,
  LastModificationDate: modifiedAt,
  Target: { Arn: settings.target.Arn },
});

const details = (stored: StoredSchedule): Omit<GetScheduleCommandOutput, '$metadata'> => {
  const { settings } = stored;
  return {
    ...summary(stored),
    ScheduleExpression: settings.expression,
    ScheduleExpressionTimezone: settings.timezone,
    StartDate: settings.startDate,
    EndDate: settings.endDate,
    Description: settings.description,
    Target: settings.target,
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: settings.deleteAfterCompletion ? 'DELETE' : 'NONE',
  };
};
