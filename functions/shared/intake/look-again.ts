import { ownEvent } from '../../../events/envelope.ts';
import { chunks } from '../runtime/chunks.ts';
import type { MessageTrigger } from './messages.ts';
import { type Outgoing, type ReconcileQueue, sendRequests } from './reconcile-queue.ts';
import type { Wake } from './wake.ts';

export interface LookAgainDeps {
  readonly queue: ReconcileQueue;
  /** Wakes the function for what is due later than a message can be delayed. */
  readonly wake?: Wake;
  readonly account: string;
  readonly region: string;
  /** Names this reconcile, uniquely. */
  readonly caller: string;
}

/** A worker that is to be reconciled again. */
export interface WorkerAgain {
  readonly instanceId: string;
  /** When, epoch milliseconds. */
  readonly at: number;
  /** The operator's request that was answered: the reconcile that follows goes by the answer, and tells how the worker stands. */
  readonly answers?: string;
}

/** An SQS message can be delayed by at most 15 minutes; what is due later is woken by a schedule of the worker's own. */
const LONGEST_DELAY = 15 * 60_000;
/** How many workers one request names. */
const WORKERS_PER_REQUEST = 100;

/**
 * Asks for the next reconcile of workers. Those that are due in the same second share a request.
 *
 * @param detailType of the function's own reconcile requests, whose detail is that of `workersReconcileRequest`
 * @param now epoch milliseconds
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
  const others = workers.filter(({ answers }) => answers === undefined);
  for (const { instanceId, at: wanted } of others) {
    if (!isLater(wanted, now)) continue;
    // Scheduler takes whole seconds.
    const at = Math.ceil(wanted / 1000) * 1000;
    const id = `wake-up ${instanceId} ${new Date(at).toISOString()}`;
    if (wake === undefined) throw new Error('Only a function that declares wakesUp can look again so late.');
    await wake(instanceId, at, requestFor(id, at, 'wake-up', [instanceId]));
  }
  const soon = others.filter(({ at }) => !isLater(at, now));
  for (const [delaySeconds, due] of Map.groupBy(soon, ({ at }) => secondsUntil(at, now)))
    for (const [index, batch] of chunks(due, WORKERS_PER_REQUEST).entries()) {
      const instanceIds = batch.map(({ instanceId }) => instanceId);
      const id = `look-again ${caller} ${delaySeconds} ${index}`;
      outgoing.push({ request: requestFor(id, now + delaySeconds * 1000, 'wake-up', instanceIds), delaySeconds });
    }
  await sendRequests(queue, outgoing);
}

/** How young an event must be for what it names to be unknown yet, ms. */
const YOUNG = 60_000;
/** When what EC2 does not show as a worker yet is looked at again, ms from now: it shows the new within half a minute. */
const UNTIL_SHOWN = [10_000, 35_000];

/**
 * Instances that a fresh event names and that are no workers by what EC2 shows: it may not show them yet, or not their tags.
 * Each is looked at twice more. A look that was asked for by the function itself asks for no further one.
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

/** Requests to itself have such detail types, with what asked for them behind. */
const isReconcileRequest = (type: string): boolean => type.includes('Reconcile Request');

const isLater = (at: number, now: number): boolean => at - now > LONGEST_DELAY;

const secondsUntil = (at: number, now: number): number => Math.max(0, Math.ceil((at - now) / 1000));

/** Has operators' requests delivered again, as they are. @param seconds until then */
export const comeBack = (
  queue: ReconcileQueue,
  requests: ReadonlyArray<{ readonly event: object }>,
  seconds: number,
): Promise<void> =>
  sendRequests(
    queue,
    requests.map(({ event }) => ({ request: event, delaySeconds: seconds })),
  );
