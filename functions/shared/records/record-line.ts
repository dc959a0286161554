import * as z from 'zod';
import { safeParse } from '../runtime/safe-parse.ts';
import { RECORD_VERSION, type RemediationRecord, recordSchema } from './record.ts';

const writtenRecord = recordSchema();

/**
 * The record in a log line, or undefined for any other line (Lambda's own, metrics, errors).
 * @throws SyntaxError or z.ZodError for a line that claims to be a record and is not: a defect of a function
 */
export function recordIn(line: string): RemediationRecord | undefined {
  if (!isCalledRecord(line)) return undefined;
  const json: unknown = JSON.parse(line);
  return isRecord(json) ? writtenRecord.parse(json) : undefined;
}

/**
 * A record for a reader that may be older or newer than its writer. Members, functions and reason codes may be added
 * within a version (docs/records.md).
 */
const readRecord = z.object(writtenRecord.shape);
export type ReadRecord = z.infer<typeof readRecord>;

/**
 * Like {@link recordIn}, for readers. Also returns undefined for a record that this reader cannot understand, and for a
 * line that was cut off because its writer was stopped. One such line must not hide all others.
 */
export function readRecordLine(line: string): ReadRecord | undefined {
  return safeParse(readRecord, recordJson(line)).data;
}

/**
 * Whether a log line is a record of another version than this reader's. Readers report such lines instead of hiding
 * them.
 */
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

/** A cheap test, so that most lines of a log are never parsed. */
const isCalledRecord = (line: string): boolean => line.includes('"kind":"record"');

const isRecord = (json: unknown): json is { kind: 'record' } =>
  typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'record';
