import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface RecordedEvent {
  readonly time?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'shared', 'events');

/**
 * Events recorded in public repositories, by file name. They are beside the checkout, not in it. Where they are
 * missing, tests about them are skipped.
 */
export const RECORDED_EVENTS: ReadonlyMap<string, RecordedEvent> = new Map(
  existsSync(FOLDER)
    ? globSync('*.json', { cwd: FOLDER }).map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))])
    : [],
);

/** @throws Error when this file is missing */
export function recordedEvent(file: string): RecordedEvent {
  const event = RECORDED_EVENTS.get(file);
  if (event === undefined) throw new Error(`${FOLDER} has no ${file}.`);
  return event;
}
