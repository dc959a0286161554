import { ANSWERS } from '../../functions/shared/records/status.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { queryLogs } from '../insights.ts';
import { readHeld } from '../quarantines.ts';
import { readRuns } from '../runs.ts';
import { ago, readSince } from '../since.ts';
import { UsageError } from '../usage-error.ts';
import { jsonLine, visible } from '../visible.ts';

/** `status`: whether all is alive, and what is open. */
export const status: Command = {
  name: 'status',
  synopsis: '[--since 7d]',
  summary: 'tells whether all functions are alive, what waits, what failed, what is in quarantine',
  help: `Ends with 1 when the watcher or the sweep did not run in the last 24 hours, or a run failed,
timed out, was killed or ran out of memory.

  --since DURATION   how far back the records are counted (default: 7d)`,
  options: { since: { type: 'string', default: '7d' } },
  read: ({ positionals, options }) => {
    if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}": status takes no argument`);
    const since = readSince(options.since);
    return (surroundings) => tell(surroundings, since, String(options.since));
  },
};

const DAY = 86_400_000;

/** Without these nothing begins; the others run when there is something to look at. */
const SCHEDULED = ['watch-ami-releases', 'sweep-fleet'];

/** By the last word about each subject; an answer to a request is none. */
const OPEN = `filter kind = "record" and reason not in [${ANSWERS.map((reason) => `"${reason}"`).join(', ')}]
| stats latest(decision) as lastWord, latest(reason) as why by remediation, cluster, nodegroup, instance
| filter lastWord in ["waiting", "would-act", "refused", "failed"]`;

async function tell(surroundings: Surroundings, since: number, sinceText: string): Promise<ExitCode> {
  const { clock, stack, json, print } = surroundings;
  const now = clock.now();
  const [runs, open, { held, waiting }] = await Promise.all([
    readRuns(surroundings, now - DAY),
    queryLogs(surroundings, OPEN, ago(now, since)),
    readHeld(surroundings),
  ]);
  const silent = SCHEDULED.filter((name) => !runs.some((known) => known.name === name));
  const functions = runs.map(({ lastRun, ...counts }) => ({ ...counts, lastRun: new Date(lastRun).toISOString() }));
  const counts = countBy(open.map(({ lastWord: decision, why }) => `${decision} ${why}`));
  const isWell = silent.length === 0 && functions.every(({ failed }) => failed === 0);
  if (json) {
    const inQuarantine = { held: held.length, waiting: waiting.length };
    print(jsonLine({ alive: isWell, silent, functions, open: counts, quarantine: inQuarantine }));
    return isWell ? 0 : 1;
  }
  print(`${stack.stackName} in ${stack.region}`);
  for (const { name, runs: count, failed, lastRun } of functions) {
    const trouble = failed > 0 ? `, ${failed} FAILED` : '';
    print(`  ${visible(name).padEnd(20)} ran ${spanOf(now - Date.parse(lastRun))} ago; ${count} runs in 24h${trouble}`);
  }
  for (const name of silent) print(`  ${name.padEnd(20)} DID NOT RUN in the last 24h`);
  print(`Open, by the records of the last ${sinceText}:`);
  const lines = Object.entries(counts).map(([what, count]) => {
    const names = open.filter(({ lastWord: decision, why }) => `${decision} ${why}` === what).map(nameOf);
    return `  ${String(count).padStart(4)} ${visible(what)}: ${listed(names)}`;
  });
  print(lines.length === 0 ? '     nothing' : lines.join('\n'));
  const line = waiting.length === 0 ? '' : `, ${waiting.length} exposed workers wait for room`;
  print(`In quarantine: ${held.length}${line}${held.length === 0 ? '' : ' (npm run -s remediator -- quarantines)'}`);
  return isWell ? 0 : 1;
}

/** Subjects that are named in a line. */
const NAMED = 5;

const nameOf = ({ cluster, nodegroup, instance, remediation = '' }: Readonly<Record<string, string>>): string =>
  [cluster, nodegroup, instance].filter((part) => part !== undefined && part !== '').join('/') || remediation;

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).map(visible).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`;

/** How often each is there, the most frequent first. */
function countBy(values: readonly string[]): Record<string, number> {
  const groups = [...Map.groupBy(values, (value) => value)].map(([value, all]): [string, number] => [
    value,
    all.length,
  ]);
  return Object.fromEntries(groups.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

function spanOf(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
