import { Aws, Duration } from 'aws-cdk-lib';
import { type EventPattern as CdkEventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { SOURCE } from '../events/envelope.ts';
import { isRequestedAction, patternFor } from '../events/remediation-request.ts';
import {
  type EventModule,
  type EventPattern,
  LONGEST_WAIT,
  type QueueSpec,
  type Remediation,
} from '../functions/shared/declaration/remediation.ts';
import type { Right } from '../functions/shared/declaration/right.ts';
import { MOST_RECEIVES } from '../functions/shared/intake/most-receives.ts';
import { MESSAGE_GROUP } from '../functions/shared/intake/reconcile-queue.ts';
import type { Foundation } from './foundation.ts';
import type { RemediatorFunction } from './remediator-function.ts';
import { runbook } from './runbook.ts';
import { DELIVERY } from './undelivered.ts';

/** The requests of a function: their queue, the rules that fill it, and its dead-letter queue. */
export class QueueIntake {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  private readonly spec: QueueSpec;

  /** @param scope the function's own construct, which owns everything created here */
  constructor(scope: Construct, foundation: Foundation, declared: Remediation, spec: QueueSpec) {
    const { alarms } = foundation;
    const { name, timeoutSeconds } = declared;
    const { fifo, delaySeconds, urgent } = spec;
    const kind: QueueProps = {
      ...(fifo && { fifo, contentBasedDeduplication: true }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    this.spec = spec;
    this.deadLetters = new Queue(scope, 'DeadLetters', { ...kind, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(scope, 'Queue', {
      ...kind,
      ...(delaySeconds !== undefined && { deliveryDelay: Duration.seconds(delaySeconds) }),
      // AWS advises six times the function's timeout, so that throttled invocations do not use up a message's attempts.
      // A message of a failed batch returns sooner (`take-batch.ts`). A FIFO queue delivers nothing else until then, so
      // its timeout is shorter, for functions that die or hang.
      visibilityTimeout: Duration.seconds((fifo ? 2 : 6) * timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: fifo ? MOST_RECEIVES.fifo : MOST_RECEIVES.standard },
    });
    // Each sweep looks at all queues and dead-letter queues, so that they have one alarm together, but for requests that
    // must not wait for a sweep. A function that is not invoked has no errors.
    const { queue } = this;
    if (urgent) {
      alarms.add(
        scope,
        'WaitingAlarm',
        queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5) }),
        runbook('waiting-requests', declared),
        { name, queue },
        { threshold: LONGEST_WAIT },
      );
    }
    const target = new SqsQueue(queue, {
      ...DELIVERY,
      ...(fifo && { messageGroupId: MESSAGE_GROUP }),
      deadLetterQueue: foundation.undelivered.queue,
    });
    for (const [ruleId, description, pattern] of rulesOf(declared, foundation)) {
      // AWS publishes its own events on the default bus.
      const own = pattern.source.includes(SOURCE) && { eventBus: foundation.eventBus };
      new Rule(scope, ruleId, { description, ...own, eventPattern: eventPatternOf(pattern), targets: [target] });
    }
  }

  /** @param again whether the function puts messages into its own queue */
  rights(again: boolean): Right[] {
    return [
      {
        sid: 'EventSource',
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
        resources: [this.queue.queueArn],
      },
      {
        sid: 'ReconcileAgainAndPutAside',
        actions: ['sqs:SendMessage'],
        resources: [...(again ? [this.queue.queueArn] : []), this.deadLetters.queueArn],
      },
    ];
  }

  environment(): Record<string, string> {
    const { queue, deadLetters } = this;
    return { QUEUE_URL: queue.queueUrl, QUEUE_ARN: queue.queueArn, DEAD_LETTER_QUEUE_URL: deadLetters.queueUrl };
  }

  /** Makes the queue invoke the function. */
  feed({ function: fed }: RemediatorFunction): void {
    const { batch, gatherSeconds, concurrency } = this.spec;
    fed.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: batch,
        ...(gatherSeconds !== undefined && { maxBatchingWindow: Duration.seconds(gatherSeconds) }),
        ...(concurrency !== undefined && { maxConcurrency: concurrency }),
      }),
    );
  }
}

type NamedRule = readonly [ruleId: string, description: string, pattern: EventPattern];

function rulesOf({ name, events, requests }: Remediation, { settings }: Foundation): NamedRule[] {
  const patternOf = ({ pattern, patternFrom }: EventModule) => patternFrom?.(settings.findingSeverity) ?? pattern;
  const declared = Object.entries(events).map(
    ([ruleId, { description, event }]): NamedRule => [ruleId, description, patternOf(event)],
  );
  const actions = requests.filter(isRequestedAction);
  if (actions.length === 0) return declared;
  const description = `Whoever may put events on the bus can ask ${name} to ${actions.join(', ')}`;
  return [...declared, ['RequestRule', description, patternFor(name)]];
}

/**
 * Converts the pattern to CDK's names. Of AWS's own events it takes those of this account and region: other accounts and
 * regions may forward theirs to the default bus, about hosts of the same names. Requests on the own bus are taken from
 * whoever its policy lets put them there.
 *
 * Source: EventBridge user guide, "Sending and receiving events between AWS accounts"; AWS Health user guide, event schema
 * (`account` and `region` say where an event is delivered, in a backup region, too).
 */
export const eventPatternOf = ({ source, 'detail-type': detailType, detail }: EventPattern): CdkEventPattern => ({
  source: [...source],
  detailType: [...detailType],
  ...(!source.includes(SOURCE) && { account: [Aws.ACCOUNT_ID], region: [Aws.REGION] }),
  ...(detail && { detail }),
});
