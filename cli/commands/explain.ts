import { type IncidentTarget, isAbout, nameOf } from '../../functions/shared/records/record-subject.ts';
import { standingLines } from '../../functions/shared/records/standing.ts';
import type { Command, Surroundings } from '../command.ts';
import { readIncident } from '../incident.ts';
import { ago, readSince } from '../since.ts';
import { readSubject } from '../subject.ts';
import { createTimeline } from '../timeline.ts';
import { UsageError } from '../usage-error.ts';
import { jsonLine, visible } from '../visible.ts';
import { wrap } from '../wrap.ts';

/** `explain`: the whole incident of a worker, a node group, a cluster or an event, from the records. */
export const explain: Command = {
  name: 'explain',
  synopsis: 'SUBJECT [--since 7d]',
  summary: 'tells what was done about a worker or node group, or deliberately not, and why',
  help: `SUBJECT is an instance id (i-0abc...), a node group (CLUSTER/NODEGROUP), a cluster (CLUSTER) or the id of an event.

  --since DURATION   how far to look back, such as 30m, 24h or 7d (default: 7d)`,
  options: { since: { type: 'string', default: '7d' } },
  read: ({ positionals, options }) => {
    const [text, ...more] = positionals;
    const subject = readSubject(text);
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one SUBJECT at a time`);
    const since = readSince(options.since);
    return (surroundings) => tell(subject, since, String(options.since), surroundings);
  },
};

async function tell(
  subject: IncidentTarget,
  since: number,
  sinceText: string,
  surroundings: Surroundings,
): Promise<0 | 1> {
  const { clock, print, note, json, stack, width } = surroundings;
  const records = await readIncident(surroundings, subject, ago(clock.now(), since));
  if (records.length === 0) {
    note(`${stack.LogGroupName} has no record about ${nameOf(subject)} of the last ${sinceText}; see --since.`);
    return 1;
  }
  if (json) {
    for (const record of records) print(jsonLine(record));
    return 0;
  }
  print(`${nameOf(subject)}: the last ${sinceText}, by ${stack.stackName} in ${stack.region} (times in UTC)`);
  const timeline = createTimeline(print, { origins: true, width });
  for (const record of records) timeline.add(record);
  timeline.flush();
  const standing = standingLines(records.filter((record) => isAbout(record, subject)));
  print(`\n${standing.flatMap((line) => wrap(visible(line), width)).join('\n')}`);
  return 0;
}
