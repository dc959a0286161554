import * as z from 'zod';
import { RECORD_VERSION, type RemediationRecord, recordSchema } from './record.ts';

/**
 * The record in a log line, or undefined for any other line (Lambda's own ones, metrics, errors).
 * @throws SyntaxError or z.ZodError for a line that calls itself a record and is none: a defect of a function
 */
export function recordIn(line: string): RemediationRecord | undefined {
  if (!isCalledRecord(line)) return undefined;
  const json: unknown = JSON.parse(line);
  return isRecord(json) ? recordSchema.parse(json) : undefined;
}

/**
 * A record as a reader takes it that may be older or newer than its writer: within a version, members, functions and
 * reason codes may be added (docs/records.md).
 */
const readRecord = z.object(recordSchema.shape);
export type ReadRecord = z.infer<typeof readRecord>;

/**
 * As {@link recordIn}, for readers. Undefined also for a record that this reader cannot understand, and for what is left of
 * a line whose writer was stopped in the middle of it: one such line must not keep a reader from all others.
 */
export function readRecordLine(line: string): ReadRecord | undefined {
  return readRecord.safeParse(recordJson(line)).data;
}

/** Whether a log line is a record of another version than this reader's: to be told, not to be hidden. */
export function isOtherVersion(line: string): boolean {
  const json = recordJson(line);
  return json !== undefined && json.version !== RECORD_VERSION;
}

function recordJson(line: string): { kind: 'record'; version?: unknown } | undefined {
  if (!isCalledRecord(line)) return undefined;
  try {
    const json: unknown = JSON.parse(line);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Cheap, so that most lines of a log are never parsed. */
const isCalledRecord = (line: string): boolean => line.includes('"kind":"record"');

const isRecord = (json: unknown): json is { kind: 'record' } =>
  typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'record';
