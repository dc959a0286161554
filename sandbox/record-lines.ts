import { type RemediationRecord, recordSchema } from '../functions/shared/record.ts';

/**
 * The record in a log line, or undefined for any other line (Lambda's own ones, metrics, errors).
 * @throws z.ZodError for a line that calls itself a record and is none: a defect of a function
 */
export function recordIn(line: string): RemediationRecord | undefined {
  if (!line.includes('"kind":"record"')) return undefined;
  const json: unknown = JSON.parse(line);
  const isRecord = typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'record';
  return isRecord ? recordSchema.parse(json) : undefined;
}
