import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';

export interface WakeOptions {
  readonly scheduler: SchedulerClient;
  /** The stack's schedule group. */
  readonly group: string;
  /** The role with which EventBridge Scheduler sends the message. */
  readonly roleArn: string;
  /** The queue that the message goes to, and the message group if it is a FIFO queue. */
  readonly queueArn: string;
  readonly messageGroupId?: string;
}

/** The soonest wake-up, ms from now: EventBridge Scheduler is precise to a minute. */
export const SOONEST_WAKE = 60_000;

/**
 * The time of a wake-up that is wanted at some time, epoch milliseconds: not before {@link SOONEST_WAKE}, and in whole
 * seconds, as Scheduler fires.
 */
export const wakeTime = (wanted: number, now: number): number =>
  Math.ceil(Math.max(wanted, now + SOONEST_WAKE) / 1000) * 1000;

export type Wake = ReturnType<typeof createWake>;

/**
 * Schedules `request` to be put into the queue at `at` (epoch milliseconds). The one-time schedule is named after
 * subject and minute, so scheduling twice has no further effect, and it deletes itself after it has fired. A schedule
 * is never moved: Scheduler deletes one some time after its end, so a schedule moved at that moment would vanish
 * without firing. An unneeded wake-up costs a reconcile that finds nothing to do.
 */
export function createWake({ scheduler, group, roleArn, queueArn, messageGroupId }: WakeOptions) {
  return async (subject: string, at: number, request: object): Promise<void> => {
    const schedule: CreateScheduleCommandInput = {
      Name: `${createHash('sha256').update(subject).digest('hex').slice(0, 40)}-${Math.floor(at / 60_000)}`,
      GroupName: group,
      // A description has at most 512 characters.
      Description: subject.slice(0, 512),
      // EventBridge Scheduler takes whole seconds, without a zone: UTC is its default.
      ScheduleExpression: `at(${new Date(at).toISOString().slice(0, 19)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: queueArn,
        RoleArn: roleArn,
        Input: JSON.stringify(request),
        ...(messageGroupId !== undefined && { SqsParameters: { MessageGroupId: messageGroupId } }),
      },
    };
    try {
      await scheduler.send(new CreateScheduleCommand(schedule));
    } catch (error) {
      // The schedule exists already: an earlier reconcile died after creating it.
      if (!(error instanceof ConflictException)) throw error;
    }
  };
}
