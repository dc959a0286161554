import { type IncidentTarget, isAbout, nameOf } from '../../functions/shared/records/record-subject.ts';
import { standingLines } from '../../functions/shared/records/standing.ts';
import { OPERATOR_COMMAND } from '../../functions/shared/text/operator-command.ts';
import { jsonLine, visible } from '../../functions/shared/text/visible.ts';
import type { Command, Surroundings } from '../command.ts';
import { readIncident } from '../incident.ts';
import { readRecords } from '../records.ts';
import { ago, readSince } from '../since.ts';
import { readSubject } from '../subject.ts';
import { createTimeline, isCount } from '../timeline.ts';
import { unknownHint } from '../unknown-subject.ts';
import { UsageError } from '../usage-error.ts';
import { wrap } from '../wrap.ts';

/** `explain`: prints the whole incident of a worker, a node group, a cluster or an event, from the records. */
export const explain: Command = {
  name: 'explain',
  synopsis: 'RESOURCE [--since 7d]',
  summary: 'shows what was done about a worker or node group, what was deliberately not done, and why',
  help: `RESOURCE is an instance id (i-0abc...), a node group (CLUSTER/NODEGROUP), a cluster (CLUSTER) or the id of an event.

  --since DURATION   how far to look back, such as 30m, 24h or 7d (default: 7d)`,
  options: { since: { type: 'string', default: '7d' } },
  read: ({ positionals, options }) => {
    const [text, ...more] = positionals;
    const subject = readSubject(text);
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one RESOURCE at a time`);
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
    const none = `${stack.LogGroupName} has no record about ${nameOf(subject)} of the last ${sinceText}; see --since.`;
    note(`${none}${await whyNone(subject, surroundings)}`);
    return 1;
  }
  if (json) {
    for (const record of records) print(jsonLine(record));
    return 0;
  }
  print(`${nameOf(subject)}: the last ${sinceText}, by ${stack.stackName} in ${stack.region} (times in UTC)`);
  const timeline = createTimeline(print, { origins: true, width, counts: 'event' in subject });
  for (const record of records) timeline.add(record);
  timeline.flush();
  const standing = standingLines(records.filter((record) => isAbout(record, subject)));
  print(`\n${standing.flatMap((line) => wrap(visible(line), width)).join('\n')}`);
  if ('event' in subject && records.every(isCount)) note((await whyNone(subject, surroundings)).trimStart());
  return 0;
}

/** Possible reasons why nothing is recorded: a misspelt name, or another event that reached the same resource first. */
async function whyNone(subject: IncidentTarget, surroundings: Surroundings): Promise<string> {
  if (!('event' in subject)) return visible(await unknownHint(surroundings, subject));
  const since = ago(surroundings.clock.now(), SWEPT_WITHIN);
  const sweep = (await readRecords(surroundings, ['$.reason = "sweep-finished"'], since)).at(-1);
  const swept =
    sweep === undefined
      ? ''
      : `\nThe last sweep ended at ${sweep.time.slice(0, 16).replace('T', ' ')} UTC: ${OPERATOR_COMMAND} explain ${visible(sweep.trigger.id)} shows what it came to.`;
  return (
    '\nAn event leaves no record about a resource where a sweep or another event reached its resource first, or where nothing had ' +
    `changed. The record of the resource then answers it, and names its trigger: ${OPERATOR_COMMAND} explain CLUSTER/NODEGROUP.${swept}`
  );
}

/** How far back to look for the last sweep, ms. Sweeps run each hour. */
const SWEPT_WITHIN = 3 * 3_600_000;
