import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { byTime, concerns, type IncidentTarget, isAbout } from '../functions/shared/records/record-subject.ts';
import type { Surroundings } from './command.ts';
import { quoted, readRecords } from './records.ts';
import { conditionOf } from './subject.ts';

/**
 * Reads all records about a subject since a time, in order. It includes records with the same correlation id about the
 * same or a wider subject, such as the release behind an upgrade, whose record names no node group.
 *
 * @param since epoch milliseconds
 */
export async function readIncident(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  subject: IncidentTarget,
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
