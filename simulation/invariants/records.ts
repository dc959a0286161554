import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { Message } from '../../sandbox/account/sqs/message.ts';
import type { Queue } from '../../sandbox/account/sqs/queue.ts';
import type { Day, Invariant } from './invariant.ts';

/** Functions that nothing but a schedule starts: the next run does what a lost one should have done. */
const REPEATED: ReadonlySet<string> = new Set(
  REMEDIATIONS.filter(({ start, events }) => start.by === 'schedule' && Object.keys(events).length === 0).map(
    ({ name }) => name,
  ),
);

/**
 * How often Lambda tries an asynchronous event, and the time in which it does, ms: pauses of one and two minutes, and
 * the invocations. Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous
 * invocation".
 */
const ASYNCHRONOUS = { attempts: 3, withinMs: 10 * 60_000 };
/** Functions are invoked for up to this long, ms, beside the time for which a queue hides their messages. */
const INVOCATION_MS = 60_000;

/** An outcome that is told twice is told in the same words, and nothing is lost on its way. */
export function records(day: Day): Invariant {
  const { run } = day;
  const { lambda } = run.account;
  /** Who tried what lies in a dead-letter queue, how often, and within which time, ms. */
  const triesOf = ({ arn }: Queue) => {
    const source = run.account.sqs.queues.find(({ settings }) => settings.redrive?.deadLetterTargetArn === arn);
    if (source?.settings.redrive === undefined) {
      const label = lambda.functions.find(({ deadLetterArn }) => deadLetterArn === arn)?.label;
      return { label, ...ASYNCHRONOUS };
    }
    const attempts = source.settings.redrive.maxReceiveCount;
    const poller = lambda.pollers.get(source.arn);
    const label = poller === undefined ? undefined : lambda.function(poller).label;
    return { label, attempts, withinMs: attempts * (source.settings.visibilityTimeoutSeconds * 1_000 + INVOCATION_MS) };
  };
  /**
   * Whether each attempt at a dead letter's event may have been a drawn crash. No code survives that; an alarm tells
   * people, who may have the event delivered again. A standard queue's dead letter keeps the time at which it was first
   * sent, any other one has that of its burial. Source: SQS developer guide, "Using dead-letter queues".
   */
  const isOfCrashes = (queue: Queue, { sentAt, deadLetterSourceArn }: Message): boolean => {
    const { label, attempts, withinMs } = triesOf(queue);
    const keepsTime = deadLetterSourceArn !== undefined && !queue.settings.fifo;
    const from = keepsTime ? sentAt : sentAt - withinMs;
    const crashes = run.calls.filter(
      ({ function: caller, outcome, at }) =>
        caller === label && outcome === 'caller crashed' && Date.parse(at) > from && Date.parse(at) <= from + withinMs,
    );
    return crashes.length >= attempts;
  };
  return {
    onEnd() {
      const told = new Map<string, string>();
      for (const record of run.records) {
        const words = saidIn(record);
        // A batch that comes again is counted as what it is then: what has led to a reconcile is known by now.
        if (record.reason !== 'findings-counted' && (told.get(record.id) ?? words) !== words)
          day.breach('one record an outcome', `${told.get(record.id)} / ${words}`);
        told.set(record.id, words);
      }
      for (const { targetArn, code } of run.account.deliveries.lost.map(({ delivery, code }) => ({
        ...delivery,
        code,
      }))) {
        day.breach('nothing is lost', `a delivery to ${targetArn}: ${code}`);
      }
      for (const { functionName, reason } of lambda.dropped) {
        if (REPEATED.has(lambda.function(functionName).label)) continue;
        day.breach('nothing is lost', `an event of ${functionName}: ${reason}`);
      }
      for (const queue of run.account.sqs.queues.filter(({ settings }) => settings.redrive === undefined)) {
        const { visible } = queue.counts();
        const left = queue.receive(visible, 0).filter((message) => !isOfCrashes(queue, message));
        if (left.length > 0) day.breach('nothing is lost', `${left.length} messages are in ${queue.name}`);
      }
    },
  };
}

/**
 * What a record says. What was told, but not remembered, is told again at the next look: which findings Inspector has by
 * then, and on how many workers, is part of what was seen, not of the outcome.
 */
const saidIn = ({ remediation, decision, reason, cluster, nodegroup, instance, message }: RemediationRecord): string =>
  [
    remediation,
    decision,
    reason,
    cluster,
    nodegroup,
    instance,
    message.replace(FINDINGS, 'workers have findings'),
  ].join(' ');

const FINDINGS = /^\d+ workers? ha(?:s|ve) open findings: [^.]*(?=\.)/;
