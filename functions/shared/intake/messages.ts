import type { SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { describeIssue } from '../policy/policy.ts';
import type { Trigger } from '../records/recorder.ts';
import type { Malformed } from './dead-letter.ts';

/** The event that asked for a look, as its message came. */
export interface HintTrigger extends Trigger {
  /** The message has been delivered before: what it led to may or may not have been recorded. */
  readonly redelivered: boolean;
}

/** One message of a batch: what it hints at, and the event that does. */
export interface Hint<Place> {
  readonly place: Place;
  readonly trigger: HintTrigger;
  readonly message: SQSRecord;
}

type Event = { readonly id: string; readonly time: string; readonly detail: object };
type Reading<Place> = { readonly event: Event; readonly place: Place } | { readonly fault: string };

/** Reads one kind of event: what it hints at, or what is wrong with it. */
export type HintReader<Place> = (event: unknown) => Reading<Place>;

/** @param place what an event of this schema hints at */
export const hintReader =
  <Place, Taken extends Event>(schema: z.ZodType<Taken>, place: (event: Taken) => Place): HintReader<Place> =>
  (json) => {
    const parsed = schema.safeParse(json);
    if (!parsed.success) return { fault: parsed.error.issues.map(describeIssue).join('; ') };
    return { event: parsed.data, place: place(parsed.data) };
  };

/**
 * Reads the messages of a batch, each by the reader of its detail type. What is none of these events is told apart, with
 * the field that is wrong, so that it holds nothing up.
 */
export function readMessages<Place>(
  messages: readonly SQSRecord[],
  readers: Readonly<Record<string, HintReader<Place>>>,
): { hints: Array<Hint<Place>>; malformed: Malformed[] } {
  const hints: Array<Hint<Place>> = [];
  const malformed: Malformed[] = [];
  for (const message of messages) {
    const read = readOne(message.body, readers);
    if ('fault' in read) {
      malformed.push({ message, fault: read.fault });
      continue;
    }
    const { event, place, type } = read;
    const redelivered = message.attributes.ApproximateReceiveCount !== '1';
    hints.push({ place, message, trigger: { id: event.id, type, time: Date.parse(event.time), redelivered } });
  }
  return { hints, malformed };
}

function readOne<Place>(
  body: string,
  readers: Readonly<Record<string, HintReader<Place>>>,
): { fault: string } | { event: Event; place: Place; type: string } {
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

/** A hint of the project's own says what it came from: `Upgrade Hint (sweep)`. */
const typeOf = (detailType: string, detail: object): string =>
  'trigger' in detail ? `${detailType} (${detail.trigger})` : detailType;

/** Of ten hints about one place the first is kept. */
export function keepFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
