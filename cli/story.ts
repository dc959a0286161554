import type { ReadRecord } from '../functions/shared/record-line.ts';
import type { Surroundings } from './command.ts';
import { byTime, quoted, readRecords } from './records.ts';
import { conditionOf, isAbout, type Subject } from './subject.ts';

const PLACE = ['cluster', 'nodegroup', 'instance'] as const;

/**
 * All that is recorded about a subject since a time, in order: its own records, and those that share a correlation id
 * with them and are about the same or something wider (the release that an upgrade came of names no node group).
 *
 * @param since epoch milliseconds
 */
export async function readStory(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  subject: Subject,
  since: number,
): Promise<ReadRecord[]> {
  const found = await readRecords(surroundings, [conditionOf(subject)], since);
  const own = found.filter((record) => isAbout(record, subject));
  const wanted = own.map(({ correlationId }) => `$.correlationId = ${quoted(correlationId)}`);
  const correlated = await readRecords(surroundings, wanted, since);
  const known = new Set(own.map(({ id }) => id));
  const others = correlated.filter((record) => !known.has(record.id) && own.some((mine) => concerns(record, mine)));
  return [...own, ...others].sort(byTime);
}

/** Whether a record belongs to the same hint as another one, and is about what that one is about or lies in. */
const concerns = (record: ReadRecord, own: ReadRecord): boolean =>
  record.correlationId === own.correlationId &&
  PLACE.every((part) => record[part] === undefined || record[part] === own[part]);
