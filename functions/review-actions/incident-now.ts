import type { Requestable } from '../../events/remediation-request.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { byTime, isJustAbout } from '../shared/records/record-subject.ts';
import { offersFor } from './offers.ts';
import type { Incident } from './view.ts';

/** What several queries returned about one subject. Logs Insights may show a record to one of them before another. */
export interface FoundRecords {
  /** Records of the time range about the subject, and of a group also about its workers. */
  readonly inRange: readonly ReadRecord[];
  /** The newest record of each function and reason about just the subject, whatever the time range. */
  readonly latest: readonly ReadRecord[];
  /** The records of a request that the viewer has just made. */
  readonly answer: readonly ReadRecord[];
}

/**
 * The current state of a subject and the actions on offer; a pure function. Both go by every record that any query has
 * shown, so that no older state is left with its buttons once a newer record is on the page.
 */
export function incidentNow(
  subject: RecordSubject,
  { inRange, latest, answer }: FoundRecords,
  requestable: readonly Requestable[],
): Pick<Incident, 'standing' | 'stale' | 'offers'> {
  const shown = new Set([...inRange, ...answer].map(({ id }) => id));
  const ofSubject = [...latest, ...answer].filter((record) => isJustAbout(record, subject));
  const standing = [...new Map([...inRange, ...ofSubject].map((record) => [record.id, record])).values()].sort(byTime);
  const newest = standing.at(-1);
  return {
    standing,
    stale: newest !== undefined && !shown.has(newest.id),
    offers: offersFor(
      standing.filter((record) => isJustAbout(record, subject)),
      requestable,
    ),
  };
}
