import { detailType, schema } from '../../../events/scheduled.ts';
import type { Trigger } from '../records/recorder.ts';
import { safeParse } from '../runtime/safe-parse.ts';

/** @throws z.ZodError that names the field, when the event is not a scheduled one */
export function parseScheduled(event: unknown): Trigger {
  const { data, error } = safeParse(schema, event);
  if (error !== undefined) throw error;
  return { id: data.id, type: detailType, time: Date.parse(data.time) };
}
