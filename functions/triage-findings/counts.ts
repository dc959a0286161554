import { createHash } from 'node:crypto';
import type { MetricOf } from '../shared/declaration/remediation.ts';
import { counted } from '../shared/text/counted.ts';
import type { Batch, Claim } from './batch.ts';
import type { Counts } from './narrow.ts';
import type { Recorder, triageFindings } from './remediation.ts';

/** The metric of each count, and its wording in the record. */
const NAMES: Readonly<Record<keyof Counts, readonly [metric: MetricOf<typeof triageFindings>, words: string]>> = {
  examined: ['FindingsExamined', 'led to a reconcile'],
  known: ['FindingsKnown', 'added nothing to what is known'],
  duplicate: ['FindingsDuplicate', 'received twice'],
  belowFloor: ['FindingsBelowFloor', 'below the severity floor'],
  withoutFix: ['FindingsWithoutFix', 'without a fix'],
  notOnWorker: ['FindingsNotOnWorker', 'not on workers'],
  ignored: ['FindingsIgnored', 'ignored'],
};

const kinds = Object.keys(NAMES) as Array<keyof Counts>;

export interface CountsContext {
  /** Why findings were ignored; absent where they were not. */
  readonly why?: string | undefined;
  /** The claims about instances that are not workers. */
  readonly nonWorkers?: readonly Claim[];
}

/**
 * Counts the findings that messages named, and records one line per batch. Findings on instances that are not workers
 * get a second line.
 */
export function recordCounts(
  recorder: Recorder,
  { claims, received, duplicates }: Batch,
  outcomes: Partial<Counts>,
  { why, nonWorkers = [] }: CountsContext,
): void {
  const [first] = claims;
  if (first === undefined) return;
  const counts = { ...outcomes, duplicate: duplicates };
  const byKind = kinds
    .map((kind): [keyof Counts, number] => [kind, counts[kind] ?? 0])
    .filter(([, count]) => count > 0);
  recorder.count('FindingsReceived', received);
  for (const [kind, count] of byKind) recorder.count(NAMES[kind][0], count);
  // A redelivered batch gets the same record id.
  const fingerprint = digest(claims);
  const about = { subject: {}, trigger: first.trigger, correlationId: first.trigger.id };
  const sentence = byKind.map(([kind, count]) => `${count} ${NAMES[kind][1]}`).join(', ');
  recorder.record({
    ...about,
    decision: 'done',
    reason: 'findings-counted',
    message: `Of ${counted(received, 'finding')}: ${sentence}.${why === undefined ? '' : ` ${why}`}`,
    fingerprint: `findings-counted ${fingerprint}`,
    details: { received, ...Object.fromEntries(byKind) },
  });
  if (nonWorkers.length === 0) return;
  const instances = [...new Set(nonWorkers.map(({ instanceId }) => instanceId))];
  recorder.record({
    ...about,
    decision: 'skipped',
    reason: 'not-a-worker',
    message: `${counted(nonWorkers.length, 'finding is', 'findings are')} on instances that are no workers: ${instances.slice(0, 3).join(', ')}${instances.length > 3 ? ' …' : ''}.`,
    fingerprint: `not-a-worker ${fingerprint}`,
    details: { instances: instances.slice(0, 10) },
  });
}

const digest = (claims: readonly Claim[]): string =>
  createHash('sha256')
    .update(claims.map(({ trigger }) => trigger.id).join(' '))
    .digest('hex')
    .slice(0, 32);
