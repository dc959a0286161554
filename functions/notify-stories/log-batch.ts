import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { type ReadRecord, readRecordLine } from '../shared/records/record-line.ts';
import { findingSubject } from './finding.ts';
import { subjectOf } from './subject-words.ts';

/** The event by which a subscription filter of CloudWatch Logs invokes a function. */
const invocation = z.object({ awslogs: z.object({ data: z.base64() }) });

/** The payload: base64 of gzipped JSON. */
const batch = z.object({
  /** CloudWatch Logs sends a `CONTROL_MESSAGE` only to test whether the function can be reached. */
  messageType: z.enum(['DATA_MESSAGE', 'CONTROL_MESSAGE']),
  logEvents: z.array(z.object({ message: z.string() })),
});

/** Limit for the unpacked payload, bytes. CloudWatch Logs never sends this much (1 MiB per batch). */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Limit for a sort key, bytes; a key has at least one. DynamoDB refuses another one, and with it all that is read in
 * the same call. Source: DynamoDB developer guide, "Quotas in Amazon DynamoDB".
 */
const MOST_KEY_BYTES = 1_024;

/** Whether the ledger has room for the keys of a record's subject. No function writes another subject. */
const isKeepable = (record: ReadRecord): boolean =>
  [subjectOf(record), findingSubject(record)].every(
    (key) => key === undefined || (key !== '' && Buffer.byteLength(key) <= MOST_KEY_BYTES),
  );

/**
 * Reads the distinct records of one delivery, by time. Lines that are not records, or that this version does not
 * understand, are left out, and so are records about a subject that the ledger cannot keep; they remain in the log
 * group.
 *
 * @throws Error when the event is not a delivery of CloudWatch Logs
 */
export function readBatch(event: unknown): ReadRecord[] {
  const { data } = invocation.parse(event).awslogs;
  const json = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MOST_BYTES }).toString('utf8');
  const { messageType, logEvents } = batch.parse(JSON.parse(json));
  if (messageType === 'CONTROL_MESSAGE') return [];
  const records = logEvents
    .map(({ message }) => readRecordLine(message))
    .filter((record) => record !== undefined)
    .filter(isKeepable);
  const once = new Map(records.map((record) => [record.id, record]));
  return [...once.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}
