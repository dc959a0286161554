import type { ReadRecord } from './record-line.ts';
import { recordSubject } from './record-subject.ts';

/** Decisions after which nothing is open. */
const SETTLED: readonly string[] = ['done', 'skipped'];

/**
 * How things stand at the end of a subject's records: of one subject alone, the last word of each function; of several, the
 * last word on each about which something is still open, and on the node group if there is but one; the others are counted.
 */
export function standingOf(records: readonly ReadRecord[]): string[] {
  const lastWords = new Map<string, ReadRecord>();
  for (const record of records) {
    if (record.cluster !== undefined) lastWords.set(`${record.remediation} ${recordSubject(record)}`, record);
  }
  const all = lastWords.size > 0 ? [...lastWords.values()] : records.slice(-1);
  const alone = new Set(all.map(recordSubject)).size === 1;
  const groups = all.filter(({ instance }) => instance === undefined);
  const told = all.filter(
    (record) => alone || !SETTLED.includes(record.decision) || (groups.length === 1 && record === groups[0]),
  );
  const others = all.length - told.length;
  return [
    ...told.map(lastWord),
    ...(others > 0 ? [`Now: ${others}${told.length > 0 ? ' more' : ''} done or skipped.`] : []),
  ];
}

function lastWord(record: ReadRecord): string {
  const { time, decision, reason, message, hint } = record;
  const since = time.slice(0, 16).replace('T', ' ');
  const what = [recordSubject(record), decision, reason].filter((part) => part !== '').join(' ');
  return `Now: ${what} since ${since}: ${message}${hint === undefined ? '' : ` → ${hint}`}`;
}
