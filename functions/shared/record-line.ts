import * as z from 'zod';
import { RECORD_VERSION, type RemediationRecord, recordSchema } from './record.ts';

/**
 * The record in a log line, or undefined for any other line (Lambda's own ones, metrics, errors).
 * @throws z.ZodError for a line that calls itself a record and is none: a defect of a function
 */
export function recordIn(line: string): RemediationRecord | undefined {
  const json = recordJson(line);
  return json === undefined ? undefined : recordSchema.parse(json);
}

/**
 * A record as a reader takes it that may be older or newer than its writer: within a version, members, functions and
 * reason codes may be added (docs/records.md).
 */
const readRecord = z.object({ ...recordSchema.shape, remediation: z.string(), reason: z.string() });
export type ReadRecord = z.infer<typeof readRecord>;

/** As {@link recordIn}, for readers. Undefined also for a record that this reader cannot understand. */
export function readRecordLine(line: string): ReadRecord | undefined {
  return readRecord.safeParse(recordJson(line)).data;
}

/** Whether a log line is a record of another version than this reader's: to be told, not to be hidden. */
export function isOtherVersion(line: string): boolean {
  const json = recordJson(line);
  return json !== undefined && json.version !== RECORD_VERSION;
}

function recordJson(line: string): { kind: 'record'; version?: unknown } | undefined {
  if (!line.includes('"kind":"record"')) return undefined;
  const json: unknown = JSON.parse(line);
  return isRecord(json) ? json : undefined;
}

const isRecord = (json: unknown): json is { kind: 'record' } =>
  typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'record';
