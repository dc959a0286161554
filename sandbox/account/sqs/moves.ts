import {
  ListMessageMoveTasks$,
  type ListMessageMoveTasksCommandInput,
  type ListMessageMoveTasksCommandOutput,
  StartMessageMoveTask$,
  type StartMessageMoveTaskCommandInput,
  type StartMessageMoveTaskCommandOutput,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';
import type { Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

interface MoveTask {
  readonly handle: string;
  readonly sourceArn: string;
  readonly destinationArn: string | undefined;
  readonly perSecond: number | undefined;
  readonly startedAt: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'FAILED';
  failureReason?: string;
}

/** Default rate. SQS optimizes it by itself, up to this limit. */
const MOST_PER_SECOND = 500;

const MOST_TASKS = 10;

/**
 * Moves dead letters back to their source queues, or to another queue. Each becomes a new message there, with a new id
 * and a new time. Source: SQS API reference, StartMessageMoveTask and ListMessageMoveTasks; developer guide, "Learn how
 * to configure a dead-letter queue redrive".
 */
export function moveOperations(world: World, sqs: Sqs): Record<string, Operation> {
  const tasks: MoveTask[] = [];
  const random = world.random.fork('sqs-moves');

  const sourceOf = (arn: string): Queue => {
    const source = sqs.queues.find((queue) => queue.arn === arn);
    if (source !== undefined) return source;
    const message = "The resource that you specified for the SourceArn parameter doesn't exist.";
    throw new AwsError('ResourceNotFoundException', message, 404);
  };

  const step = (task: MoveTask, source: Queue): void => {
    for (let count = 0; count < (task.perSecond ?? MOST_PER_SECOND); count += 1) {
      const letter = task.moved < task.toMove ? source.next : undefined;
      if (letter === undefined) {
        task.status = 'COMPLETED';
        return;
      }
      const { body, attributes, groupId, deadLetterSourceArn } = letter;
      const destination = task.destinationArn ?? deadLetterSourceArn;
      if (destination === undefined) {
        // The message was sent here directly, as functions do with malformed messages, so it has no source queue.
        // Source: SQS developer guide, "Troubleshoot dead-letter queue and DLQ redrive issues".
        task.status = 'FAILED';
        task.failureReason = 'CouldNotDetermineMessageSource';
        return;
      }
      source.take(letter);
      sqs.byArn(destination).send({
        body,
        attributes,
        // Nobody has sent it a second time, so it is no duplicate.
        ...(groupId === undefined ? {} : { groupId, deduplicationId: random.uuid() }),
      });
      task.moved += 1;
    }
    world.time.after(1000, () => step(task, source));
  };

  const permissions =
    (action: string) =>
    ({ SourceArn = '' }: { readonly SourceArn: string | undefined }): Permission[] =>
      [action, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((each) => ({
        action: `sqs:${each}`,
        resource: SourceArn,
      }));

  return {
    StartMessageMoveTask: operation<StartMessageMoveTaskCommandInput, StartMessageMoveTaskCommandOutput>(
      StartMessageMoveTask$,
      ['SourceArn', 'DestinationArn', 'MaxNumberOfMessagesPerSecond'],
      ({ SourceArn = '', DestinationArn, MaxNumberOfMessagesPerSecond: perSecond }) => {
        const source = sourceOf(SourceArn);
        if (sqs.sourcesOf(source).length === 0) {
          // A dead-letter queue of a function, a topic or a rule does not qualify either.
          throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
        }
        if (perSecond !== undefined && (perSecond < 1 || perSecond > MOST_PER_SECOND)) {
          const message = `Value ${perSecond} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and ${MOST_PER_SECOND}, if provided.`;
          throw new AwsError('InvalidParameterValue', message);
        }
        const destination =
          DestinationArn === undefined ? undefined : sqs.queues.find(({ arn }) => arn === DestinationArn);
        if (DestinationArn !== undefined && destination === undefined) {
          const message = "The resource that you specified for the DestinationArn parameter doesn't exist.";
          throw new AwsError('ResourceNotFoundException', message, 404);
        }
        if (destination !== undefined && destination.settings.fifo !== source.settings.fifo) {
          throw new AwsError('InvalidParameterValue', 'Source queue and destination queue must be of the same type.');
        }
        if (tasks.some(({ sourceArn, status }) => sourceArn === SourceArn && status === 'RUNNING')) {
          const message =
            'There is already a task running. Only one active task is allowed for a source queue arn at a given time.';
          throw new AwsError('UnsupportedOperation', message);
        }
        const handle = Buffer.from(JSON.stringify({ taskId: random.uuid(), sourceArn: SourceArn })).toString('base64');
        const started = { handle, sourceArn: SourceArn, destinationArn: DestinationArn, perSecond };
        const toMove = source.counts().visible;
        const task: MoveTask = { ...started, startedAt: world.time.now, toMove, moved: 0, status: 'RUNNING' };
        tasks.unshift(task);
        world.time.after(1000, () => step(task, source));
        return { TaskHandle: handle };
      },
      permissions('StartMessageMoveTask'),
    ),
    ListMessageMoveTasks: operation<ListMessageMoveTasksCommandInput, ListMessageMoveTasksCommandOutput>(
      ListMessageMoveTasks$,
      ['SourceArn', 'MaxResults'],
      ({ SourceArn = '', MaxResults = 1 }) => {
        sourceOf(SourceArn);
        if (MaxResults < 1 || MaxResults > MOST_TASKS) {
          const message = `Value ${MaxResults} for parameter MaxResults is invalid. Reason: Must be between 1 and ${MOST_TASKS}, if provided.`;
          throw new AwsError('InvalidParameterValue', message);
        }
        const found = tasks.filter(({ sourceArn }) => sourceArn === SourceArn).slice(0, MaxResults);
        return {
          Results: found.map(({ handle, status, failureReason, sourceArn, destinationArn, perSecond, ...task }) => ({
            // Only a running task can be cancelled, and so has a handle.
            ...(status === 'RUNNING' && { TaskHandle: handle }),
            Status: status,
            SourceArn: sourceArn,
            DestinationArn: destinationArn,
            MaxNumberOfMessagesPerSecond: perSecond,
            ApproximateNumberOfMessagesMoved: task.moved,
            ApproximateNumberOfMessagesToMove: task.toMove,
            FailureReason: failureReason,
            StartedTimestamp: task.startedAt,
          })),
        };
      },
      permissions('ListMessageMoveTasks'),
    ),
  };
}
