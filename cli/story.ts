import type { ReadRecord } from '../functions/shared/record-line.ts';
import type { Surroundings } from './command.ts';
import { byTime, quoted, readRecords } from './records.ts';
import { conditionOf, type Subject } from './subject.ts';

const PLACE = ['cluster', 'nodegroup', 'instance'] as const;

/**
 * All that is recorded about a subject since a time, in order: its own records, and those that share a correlation id
 * with them and are not about something else (the release that an upgrade came of names no node group).
 *
 * @param since epoch milliseconds
 */
export async function readStory(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  subject: Subject,
  since: number,
): Promise<ReadRecord[]> {
  const own = await readRecords(surroundings, [conditionOf(subject)], since);
  const wanted = own.map(({ correlationId }) => `$.correlationId = ${quoted(correlationId)}`);
  const correlated = await readRecords(surroundings, wanted, since);
  const known = new Set(own.map(({ id }) => id));
  const others = correlated.filter((record) => !known.has(record.id) && own.some((mine) => concerns(record, mine)));
  return [...own, ...others].sort(byTime);
}

/** Whether a record belongs to the same hint and says nothing that contradicts what another one is about. */
const concerns = (record: ReadRecord, own: ReadRecord): boolean =>
  record.correlationId === own.correlationId &&
  PLACE.every((part) => record[part] === undefined || own[part] === undefined || record[part] === own[part]);
