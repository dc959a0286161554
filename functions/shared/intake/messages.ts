import type { SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import type { Trigger } from '../records/recorder.ts';
import { describeIssue } from '../runtime/issue.ts';
import { safeParse } from '../runtime/safe-parse.ts';
import type { Malformed } from './dead-letter.ts';
import { MOST_RECEIVES } from './most-receives.ts';
import { MESSAGE_GROUP } from './reconcile-queue.ts';

/** The event that triggered a reconcile, from its message. */
export interface MessageTrigger extends Trigger {
  /** Whether the message was delivered before. Its outcome may or may not have been recorded then. */
  readonly redelivered: boolean;
  /** Set where the message becomes a dead letter if it fails once more. */
  readonly isLastTry?: true;
}

/** One message of a batch, with the target of its event. */
export interface ReadRequest<Target> {
  readonly target: Target;
  readonly trigger: MessageTrigger;
  readonly message: SQSRecord;
}

type Event = { readonly id: string; readonly time: string; readonly detail: object };
type Reading<Target> = { readonly event: Event; readonly target: Target } | { readonly fault: string };

/** Reads one kind of event: its target, or what is wrong with it. */
export type MessageReader<Target> = (event: unknown) => Reading<Target>;

/** @param targetOf returns the target of an event of this schema */
export const messageReader =
  <Target, Taken extends Event>(schema: z.ZodType<Taken>, targetOf: (event: Taken) => Target): MessageReader<Target> =>
  (json) => {
    const parsed = safeParse(schema, json);
    if (!parsed.success) return { fault: parsed.error.issues.map((issue) => describeIssue(issue)).join('; ') };
    return { event: parsed.data, target: targetOf(parsed.data) };
  };

/**
 * Reads the messages of a batch, each with the reader of its detail type. Malformed messages are returned separately,
 * with the wrong field, so that they block nothing.
 */
export function readMessages<Target>(
  messages: readonly SQSRecord[],
  readers: Readonly<Record<string, MessageReader<Target>>>,
): { requests: Array<ReadRequest<Target>>; malformed: Malformed[] } {
  const requests: Array<ReadRequest<Target>> = [];
  const malformed: Malformed[] = [];
  for (const message of messages) {
    const read = isOfOtherGroup(message) ? OTHER_GROUP : readOne(message.body, readers);
    if ('fault' in read) {
      malformed.push({ message, fault: read.fault });
      continue;
    }
    const { event, target, type } = read;
    const trigger = { id: event.id, type, time: timeOf(event, message), ...triesOf(message) };
    requests.push({ target, message, trigger });
  }
  return { requests, malformed };
}

function triesOf({ attributes, eventSourceARN }: SQSRecord): Pick<MessageTrigger, 'redelivered' | 'isLastTry'> {
  const tries = Number(attributes.ApproximateReceiveCount);
  const most = eventSourceARN.endsWith('.fifo') ? MOST_RECEIVES.fifo : MOST_RECEIVES.standard;
  return { redelivered: tries !== 1, ...(tries >= most && { isLastTry: true }) };
}

const OTHER_GROUP = { fault: `its message group must be "${MESSAGE_GROUP}"` };

/**
 * Whether a message of a FIFO queue was sent to another message group than that of all requests. Whoever may send to the
 * queue chooses it, and SQS hands out the groups side by side: two reconciles would count the same limits at once.
 */
const isOfOtherGroup = ({ attributes: { MessageGroupId: group } }: SQSRecord): boolean =>
  group !== undefined && group !== MESSAGE_GROUP;

/**
 * The time of an event, epoch milliseconds, which is never after its message was sent. Whoever puts an event on a bus
 * chooses its time (EventBridge API reference, PutEventsRequestEntry). A request from the year 2099 would outrank each
 * later one, and lift a breaker for all failures until then.
 */
function timeOf({ time }: Event, { attributes }: SQSRecord): number {
  const told = Date.parse(time);
  return Math.min(told, Number(attributes.SentTimestamp) || told);
}

function readOne<Target>(
  body: string,
  readers: Readonly<Record<string, MessageReader<Target>>>,
): { fault: string } | { event: Event; target: Target; type: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { fault: 'the body is not JSON' };
  }
  const type = typeof json === 'object' && json !== null && 'detail-type' in json ? json['detail-type'] : undefined;
  const reader = typeof type === 'string' && Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined || typeof type !== 'string') {
    return { fault: `detail-type: must be one of ${Object.keys(readers).join(', ')}` };
  }
  const reading = reader(json);
  return 'fault' in reading ? reading : { ...reading, type: typeOf(type, reading.event.detail) };
}

/**
 * The type of a trigger. The project's own reconcile requests carry their origin: `Upgrade Reconcile Request (sweep)`.
 */
const typeOf = (detailType: string, detail: object): string =>
  'trigger' in detail ? `${detailType} (${detail.trigger})` : detailType;

/** Keeps the first of several requests for one target. */
export function keepFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
