import { REASONS } from '../remediations.ts';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';

/** A record, this many minutes after the first one of an incident. */
export const recordAt = (
  minute: number,
  decision: ReadRecord['decision'],
  more: Partial<ReadRecord> = {},
): ReadRecord => ({
  ...exampleRecord,
  id: `${minute} ${decision}`,
  time: new Date(Date.parse('2026-07-15T17:00:00.000Z') + minute * 60_000).toISOString(),
  decision,
  ...severityGiven(more.reason),
  ...more,
});

/** The severity that the recorder writes for a reason. */
function severityGiven(reason = ''): Pick<ReadRecord, 'severity'> {
  const { severity } = REASONS[reason] ?? {};
  return severity === undefined ? {} : { severity };
}
