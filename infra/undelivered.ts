import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { arnHere } from '../functions/shared/declaration/right.ts';
import type { Alarms } from './alarms.ts';
import { resolve } from './placeholders.ts';
import { UNDELIVERED } from './runbook.ts';

/** How long EventBridge tries to deliver an event. These are its defaults, stated explicitly. */
export const DELIVERY = { maxEventAge: Duration.hours(24), retryAttempts: 185 };

/**
 * The queue for events that EventBridge could not deliver to a function or its queue, with its alarm. One queue serves
 * all rules, because each message names its rule and its target (EventBridge user guide, "Using dead-letter queues"),
 * and one alarm per function would cost more than it is worth. EventBridge supports only standard queues here, even if
 * the target is a FIFO queue.
 */
export class Undelivered extends Construct {
  /** The queue in the form for rules, which adds nothing to its policy. */
  readonly queue: IQueue;

  constructor(scope: Construct, id: string, alarms: Alarms) {
    super(scope, id);
    const queue = deadLetterQueue(this, 'Queue', 'all EventBridge targets');
    // CDK would add a statement for each rule, and SQS accepts only twenty (SQS developer guide, "Quotas related to
    // policies").
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: { 'aws:SourceArn': resolve(arnHere('events', 'rule/*')) },
        },
      }),
    );
    this.queue = Queue.fromQueueArn(this, 'Imported', queue.queueArn);
    alarms.addForDeadLetters(this, 'Alarm', UNDELIVERED, { queue });
  }
}

/**
 * A standard queue that keeps undeliverable messages for two weeks.
 * @param of the owner of the dead-letter queue, for its description
 */
export function deadLetterQueue(scope: Construct, id: string, of: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: `It is itself the dead-letter queue of ${of}.`,
  });
  return queue;
}
