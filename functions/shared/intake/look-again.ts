import { ownEvent } from '../../../events/envelope.ts';
import { chunks } from '../runtime/chunks.ts';
import type { MessageTrigger } from './messages.ts';
import { type Outgoing, type ReconcileQueue, sendRequests } from './reconcile-queue.ts';
import type { Wake } from './wake.ts';

export interface LookAgainDeps {
  readonly queue: ReconcileQueue;
  /** Schedules a wake-up for what is due later than the longest delay of a message. */
  readonly wake?: Wake;
  readonly account: string;
  readonly region: string;
  /** Unique name of this reconcile. */
  readonly caller: string;
}

/** A worker that is to be reconciled again. */
export interface WorkerAgain {
  readonly instanceId: string;
  /** When, epoch milliseconds. */
  readonly at: number;
  /**
   * Id of an answered operator's request. The following reconcile acts on the answer, and records the state of the
   * worker.
   */
  readonly answers?: string;
}

/** SQS delays a message by at most 15 minutes. Reconciles due later get a schedule per worker. */
const LONGEST_DELAY = 15 * 60_000;
/** How many workers one request names. */
const WORKERS_PER_REQUEST = 100;

/**
 * Requests the next reconcile of workers. Workers that are due in the same second share a request. A wake-up that
 * cannot be scheduled stops no other.
 *
 * @param detailType of the function's own reconcile requests, whose detail is that of `workersReconcileRequest`
 * @param now epoch milliseconds
 * @throws AggregateError of what could not be scheduled, after everything else was requested
 */
export async function lookAgain(
  deps: LookAgainDeps,
  detailType: string,
  workers: readonly WorkerAgain[],
  now: number,
): Promise<void> {
  const { queue, wake, account, region, caller } = deps;
  const requestFor = (id: string, at: number, trigger: 'wake-up' | 'operator', instanceIds: readonly string[]) =>
    ownEvent(detailType, { account, region, time: new Date(at).toISOString() }, id, { trigger, instanceIds });
  const outgoing: Outgoing[] = [];
  for (const { instanceId, at, answers } of workers) {
    if (answers === undefined) continue;
    const request = requestFor(`${answers} answered`, at, 'operator', [instanceId]);
    outgoing.push({ request, delaySeconds: secondsUntil(at, now) });
  }
  const troubles: unknown[] = [];
  const others = workers.filter(({ answers }) => answers === undefined);
  for (const { instanceId, at: wanted } of others) {
    if (!isLater(wanted, now)) continue;
    // EventBridge Scheduler takes whole seconds.
    const at = Math.ceil(wanted / 1000) * 1000;
    const id = `wake-up ${instanceId} ${new Date(at).toISOString()}`;
    if (wake === undefined) throw new Error('Only a function that declares wakesUp can look again so late.');
    await wake(instanceId, at, requestFor(id, at, 'wake-up', [instanceId])).catch(
      (error: unknown) => void troubles.push(error),
    );
  }
  const soon = others.filter(({ at }) => !isLater(at, now));
  for (const [delaySeconds, due] of Map.groupBy(soon, ({ at }) => secondsUntil(at, now)))
    for (const [index, batch] of chunks(due, WORKERS_PER_REQUEST).entries()) {
      const instanceIds = batch.map(({ instanceId }) => instanceId);
      const id = `look-again ${caller} ${delaySeconds} ${index}`;
      outgoing.push({ request: requestFor(id, now + delaySeconds * 1000, 'wake-up', instanceIds), delaySeconds });
    }
  await sendRequests(queue, outgoing);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every wake-up could be scheduled.');
}

/** How recent an event must be for its instance to be possibly invisible in EC2 still, ms. */
const YOUNG = 60_000;
/**
 * When to reconcile instances again that EC2 does not show as workers yet, ms from now. EC2 shows new data within half
 * a minute.
 */
const UNTIL_SHOWN = [10_000, 35_000];

/**
 * Schedules the instances that a recent event names but that are not workers by what EC2 shows: EC2 may not show them,
 * or their tags, yet. Each is reconciled twice more. A reconcile that the function itself requested schedules no
 * further one.
 *
 * Source: EC2 API reference, "Eventual consistency".
 *
 * @param named by the messages of the batch
 * @param workers those that were found, by instance id
 * @param now epoch milliseconds
 */
export const untilShown = (
  named: ReadonlyMap<string, MessageTrigger>,
  workers: ReadonlySet<string>,
  now: number,
): WorkerAgain[] =>
  [...named].flatMap(([instanceId, { type, time }]) =>
    workers.has(instanceId) || isReconcileRequest(type) || now - time > YOUNG
      ? []
      : UNTIL_SHOWN.map((after) => ({ instanceId, at: now + after })),
  );

/** Detail types of a function's requests to itself contain this, followed by what triggered them. */
const isReconcileRequest = (type: string): boolean => type.includes('Reconcile Request');

const isLater = (at: number, now: number): boolean => at - now > LONGEST_DELAY;

const secondsUntil = (at: number, now: number): number => Math.max(0, Math.ceil((at - now) / 1000));

/**
 * Returns operators' requests to the queue unchanged.
 * @param seconds until they are delivered again
 */
export const comeBack = (
  queue: ReconcileQueue,
  requests: ReadonlyArray<{ readonly event: object }>,
  seconds: number,
): Promise<void> =>
  sendRequests(
    queue,
    requests.map(({ event }) => ({ request: event, delaySeconds: seconds })),
  );
