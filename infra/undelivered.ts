import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Alarms } from './alarms.ts';
import { runbook } from './runbook.ts';

/** How long EventBridge tries to deliver an event. These are its defaults, stated explicitly. */
export const DELIVERY = { maxEventAge: Duration.hours(24), retryAttempts: 185 };

/**
 * The queue for events that EventBridge could not deliver to a function or its queue, with its alarm. EventBridge
 * supports only standard queues here, even if the target is a FIFO queue.
 */
export const undeliveredQueue = (
  scope: Construct,
  alarms: Alarms,
  target: Pick<Remediation, 'name' | 'start'>,
): Queue => {
  const queue = deadLetterQueue(scope, 'Undelivered', 'an EventBridge target');
  alarms.addForDeadLetters(scope, 'UndeliveredAlarm', runbook('undelivered', target), { name: target.name, queue });
  return queue;
};

/**
 * A standard queue that keeps undeliverable messages for two weeks.
 * @param of what it is the dead-letter queue of
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
