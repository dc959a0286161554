import type { RecordSubject } from './record.ts';
import type { ReadRecord } from './record-line.ts';

/** The target of an incident query: a worker, a node group, a cluster, or an event with its consequences. */
export type IncidentTarget =
  | { readonly instance: string }
  | { readonly cluster: string; readonly nodegroup?: string }
  | { readonly event: string };

export function isAbout(record: ReadRecord, subject: IncidentTarget): boolean {
  if ('instance' in subject) return record.instance === subject.instance;
  if ('event' in subject) return [record.trigger.id, record.correlationId].some((id) => id.startsWith(subject.event));
  return record.cluster === subject.cluster && [undefined, record.nodegroup].includes(subject.nodegroup);
}

/**
 * Whether a record is about exactly this subject. A node group's records do not include those of its workers. A
 * worker's records may lack its node group, but never its instance id.
 */
export const isJustAbout = (record: ReadRecord, { cluster, nodegroup, instance }: RecordSubject): boolean =>
  instance === undefined
    ? record.instance === undefined && record.cluster === cluster && record.nodegroup === nodegroup
    : record.instance === instance;

export const nameOf = (subject: IncidentTarget): string =>
  'instance' in subject
    ? subject.instance
    : 'event' in subject
      ? subject.event
      : [subject.cluster, subject.nodegroup].filter((part) => part !== undefined).join('/');

/** A worker as the subject of a record. */
export const workerSubject = (
  instance: string,
  { cluster, nodegroup }: { readonly cluster?: string | undefined; readonly nodegroup?: string | undefined },
): RecordSubject => ({
  ...(cluster !== undefined && { cluster }),
  ...(nodegroup !== undefined && { nodegroup }),
  instance,
});

/** The subject of a record as text, with only the names that the record has. */
export const recordSubject = ({
  cluster,
  nodegroup,
  instance,
}: Partial<Pick<ReadRecord, 'cluster' | 'nodegroup' | 'instance'>>): string =>
  [cluster, nodegroup, instance].filter((part) => part !== undefined).join('/');

const PLACE = ['cluster', 'nodegroup', 'instance'] as const;

/** Whether a record belongs to the incident of another one, and is about the same subject or one that contains it. */
export const concerns = (record: ReadRecord, own: ReadRecord): boolean =>
  record.correlationId === own.correlationId &&
  PLACE.every((part) => record[part] === undefined || record[part] === own[part]);

export const byTime = (a: ReadRecord, b: ReadRecord): number => Date.parse(a.time) - Date.parse(b.time);
