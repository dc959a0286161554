import type { RecordSubject } from '../../shared/records/record.ts';
import type { ReadRecord } from '../../shared/records/record-line.ts';

/** The subject of a record, as buttons carry it. */
export const subjectOfRecord = ({ cluster, nodegroup, instance }: ReadRecord): RecordSubject => ({
  ...(cluster !== undefined && { cluster }),
  ...(nodegroup !== undefined && { nodegroup }),
  ...(instance !== undefined && { instance }),
});
