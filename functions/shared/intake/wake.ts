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
  /** The queue that gets the message, and the message group if it is a FIFO one. */
  readonly queueArn: string;
  readonly messageGroupId?: string;
}

export type Wake = ReturnType<typeof createWake>;

/**
 * Asks EventBridge Scheduler to put `request` into the queue at `at` (epoch milliseconds), by a one-time schedule named after
 * subject and minute: asking twice is asking once. It deletes itself after it has fired. It is never moved: Scheduler
 * deletes a schedule some time after its end, and one moved in that moment would be gone without having fired. A
 * wake-up that is no longer needed costs a reconcile that finds nothing to do.
 */
export function createWake({ scheduler, group, roleArn, queueArn, messageGroupId }: WakeOptions) {
  return async (subject: string, at: number, request: object): Promise<void> => {
    const schedule: CreateScheduleCommandInput = {
      Name: `${createHash('sha256').update(subject).digest('hex').slice(0, 40)}-${Math.floor(at / 60_000)}`,
      GroupName: group,
      // At most 512 characters.
      Description: subject.slice(0, 512),
      // Scheduler takes whole seconds, without a zone: UTC is its default.
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
      // The same wake-up is there already: a reconcile before this one died after it had asked.
      if (!(error instanceof ConflictException)) throw error;
    }
  };
}
