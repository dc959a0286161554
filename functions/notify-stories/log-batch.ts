import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { type ReadRecord, readRecordLine } from '../shared/records/record-line.ts';

/** What a subscription filter of CloudWatch Logs invokes a function with. */
const invocation = z.object({ awslogs: z.object({ data: z.base64() }) });

/** What is in it: base64 of gzipped JSON. */
const batch = z.object({
  /** A `CONTROL_MESSAGE` only tries whether the function can be reached. */
  messageType: z.enum(['DATA_MESSAGE', 'CONTROL_MESSAGE']),
  logEvents: z.array(z.object({ message: z.string() })),
});

/** More than CloudWatch Logs ever sends (1 MiB a batch): a bound for what is unpacked, bytes. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * The records in one delivery, by time, each once. A line that is none, or none that this version understands, is left
 * out: it is still in the log group.
 *
 * @throws Error when the delivery is not one of CloudWatch Logs
 */
export function readBatch(event: unknown): ReadRecord[] {
  const { data } = invocation.parse(event).awslogs;
  const json = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MOST_BYTES }).toString('utf8');
  const { messageType, logEvents } = batch.parse(JSON.parse(json));
  if (messageType === 'CONTROL_MESSAGE') return [];
  const records = logEvents.map(({ message }) => readRecordLine(message)).filter((record) => record !== undefined);
  const once = new Map(records.map((record) => [record.id, record]));
  return [...once.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}
