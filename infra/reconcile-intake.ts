import { Duration } from 'aws-cdk-lib';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { eventPatternOf, type WrittenPattern } from './event-pattern.ts';
import type { Foundation } from './foundation.ts';
import type { Right } from './right.ts';
import { runbook } from './runbook.ts';
import { DELIVERY, undeliveredQueue } from './undelivered.ts';

export interface ReconcileIntakeProps {
  /** The function that the reconcile requests are for. */
  readonly name: string;
  /** How long it may run. */
  readonly timeout: Duration;
  /** Makes the queue a FIFO one, with this as the message group of what EventBridge delivers. */
  readonly messageGroupId?: string;
  readonly deliveryDelay?: Duration;
}

/** So long a reconcile request waits only where a function fails, hangs or is not invoked: failing alone, it has had three tries or more. */
const LONGEST_WAIT = Duration.hours(1);

/** How a function comes by its reconcile requests: their queue, what fills it, and where what it cannot use is laid. */
export class ReconcileIntake {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  /** To take messages out of the queue. */
  readonly receive: Right;
  private readonly scope: Construct;
  private readonly target: SqsQueue;

  /** @param scope the function's own construct, which owns all that is made here */
  constructor(scope: Construct, { alarms }: Foundation, props: ReconcileIntakeProps) {
    const { name, timeout, messageGroupId, deliveryDelay } = props;
    const kind: QueueProps = {
      ...(messageGroupId !== undefined && { fifo: true, contentBasedDeduplication: true }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    this.scope = scope;
    this.deadLetters = new Queue(scope, 'DeadLetters', { ...kind, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(scope, 'Queue', {
      ...kind,
      ...(deliveryDelay !== undefined && { deliveryDelay }),
      // Six times the function's time is Lambda's advice: then a throttled invocation does not cost a message its tries.
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
    alarms.addForDeadLetters(scope, 'DeadLettersAlarm', this.deadLetters, runbook('dead-letters', name));
    // Nothing else tells that nobody takes reconcile requests out any more: a function that is not invoked has no errors.
    alarms.add(
      scope,
      'WaitingAlarm',
      this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5) }),
      runbook('waiting-requests', name),
      { threshold: LONGEST_WAIT.toSeconds() },
    );
    this.target = new SqsQueue(this.queue, {
      ...DELIVERY,
      ...(messageGroupId !== undefined && { messageGroupId }),
      deadLetterQueue: undeliveredQueue(scope, alarms, `the queue of ${name}`),
    });
    this.receive = {
      sid: 'EventSource',
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [this.queue.queueArn],
    };
  }

  /**
   * Lets events in, by a rule for each pattern.
   * @param rules by construct id: what the rule says of itself, and its pattern
   * @param eventBus where the events are; absent: the default bus, where AWS puts its own
   */
  take(rules: Readonly<Record<string, readonly [string, WrittenPattern]>>, eventBus?: EventBus): void {
    for (const [ruleId, [description, pattern]] of Object.entries(rules)) {
      new Rule(this.scope, ruleId, {
        description,
        ...(eventBus !== undefined && { eventBus }),
        eventPattern: eventPatternOf(pattern),
        targets: [this.target],
      });
    }
  }
}
