import { type IncidentTarget, isAbout, nameOf } from '../../functions/shared/records/record-subject.ts';
import { jsonLine } from '../../functions/shared/text/visible.ts';
import type { Command, Surroundings } from '../command.ts';
import { readRecords } from '../records.ts';
import { readSpan, type SpanOption } from '../since.ts';
import { conditionOf, readSubject } from '../subject.ts';
import { createTimeline } from '../timeline.ts';
import { UsageError } from '../usage-error.ts';

const FOR: SpanOption = { name: 'for', example: '10m' };

/** `watch`: prints records as they appear. */
export const watch: Command = {
  name: 'watch',
  synopsis: '[RESOURCE] [--for 10m]',
  summary: 'shows records as they come, of all resources or of one, until you interrupt it',
  help: `RESOURCE is an instance id (i-0abc...), a node group (CLUSTER/NODEGROUP), a cluster (CLUSTER) or the id of an event.

  --for DURATION     how long to watch, such as 10m (default: until Ctrl-C)`,
  options: { for: { type: 'string' } },
  read: ({ positionals: [text, ...more], options }) => {
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one RESOURCE at a time`);
    const subject = text === undefined ? undefined : readSubject(text);
    const span = options.for === undefined ? Number.POSITIVE_INFINITY : readSpan(options.for, FOR);
    return (surroundings) => tell(surroundings, subject, span);
  },
};

/** Pause between two reads, ms. */
const POLL_MS = 5_000;

/**
 * CloudWatch Logs shows lines some time after they were written, and not always in order. Each read therefore overlaps
 * the last one by this much, ms.
 */
const OVERLAP_MS = 60_000;

async function tell(surroundings: Surroundings, subject: IncidentTarget | undefined, span: number): Promise<0> {
  const { clock, sleep, print, note, json, width } = surroundings;
  const begin = clock.now();
  note(`Watching ${subject === undefined ? 'all records' : nameOf(subject)} ...`);
  const timeline = createTimeline(print, { width });
  // Remembers only records that may be read again, so that memory does not grow while this runs.
  let told = new Map<string, number>();
  for (let from = begin; ; ) {
    const readAt = clock.now();
    const found = await readRecords(surroundings, [subject === undefined ? EVERY : conditionOf(subject)], from);
    for (const record of found) {
      const isMeant = subject === undefined || isAbout(record, subject);
      if (!isMeant || told.has(record.id)) continue;
      told.set(record.id, Date.parse(record.time));
      if (json) print(jsonLine(record));
      else timeline.add(record);
    }
    timeline.flush();
    if (readAt - begin >= span) return 0;
    from = Math.max(begin, readAt - OVERLAP_MS);
    const oldest = from - OVERLAP_MS;
    told = new Map([...told].filter(([, at]) => at >= oldest));
    await sleep(Math.min(POLL_MS, begin + span - readAt));
  }
}

/** Matches every record. */
const EVERY = '$.remediation = "*"';
