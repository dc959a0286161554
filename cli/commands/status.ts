import { parsePolicy } from '../../functions/policy-document.ts';
import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { LastWord } from '../../functions/review-actions/fleet-status.ts';
import type { Remediation } from '../../functions/shared/declaration/remediation.ts';
import { type InvalidPolicy, isInvalid } from '../../functions/shared/policy/policy.ts';
import { isSettled, needsSomebody, STATE_NAMES, stateOf } from '../../functions/shared/records/current-state.ts';
import { iso } from '../../functions/shared/runtime/clock.ts';
import { counted } from '../../functions/shared/text/counted.ts';
import { OPERATOR_COMMAND } from '../../functions/shared/text/operator-command.ts';
import { jsonLine, visible } from '../../functions/shared/text/visible.ts';
import { spanOf } from '../age.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { type FleetNow, placeOf, readFleetNow, readTheirRecords } from '../fleet.ts';
import { type PolicyInPlace, readPolicyText } from '../policy-parameter.ts';
import { readHeld } from '../quarantines.ts';
import { type Runs, readRuns } from '../runs.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { wrap } from '../wrap.ts';

/** `status`: what needs attention, what is under way, and whether all functions run. */
export const status: Command = {
  name: 'status',
  synopsis: '',
  summary: 'shows what needs you, what is under way, and whether all functions run',
  help: `It shows, in this order:

  the policy           mode, kill switch, whether it is valid
  what needs you       each worker and node group by name, the gravest first
  what is under way    or waits, in the state that the dashboard shows
  the functions        when they ran, and which runs failed

-o wide adds the messages. It ends with 1 when the watcher or the sweep did not run in the last 24 hours, or when a run failed,
timed out, was killed or ran out of memory.`,
  options: {},
  read: ({ positionals }) => {
    if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}": status takes no argument`);
    return tell;
  },
};

const DAY = 86_400_000;

/** The functions that run by schedule, without which nothing starts. The others run on demand. */
const SCHEDULED = ['watch-ami-releases', 'sweep-fleet'];

/** How many lines of waiting work, or work under way, are shown; `plan` and `get` show all. */
const MOST_LINES = 20;

/** What there is to say, in either form. */
interface Status {
  readonly rules: Rules;
  readonly runs: readonly Runs[];
  /** Scheduled functions that did not run. */
  readonly silent: readonly string[];
  readonly isWell: boolean;
  readonly fleet: FleetNow;
  readonly needed: readonly LastWord[];
  readonly proposed: readonly LastWord[];
  /** What waits, or is under way. */
  readonly others: readonly LastWord[];
  readonly held: number;
  /** Exposed workers that wait for room. */
  readonly waiting: number;
}

async function tell(surroundings: Surroundings): Promise<ExitCode> {
  const found = await readStatus(surroundings);
  if (surroundings.json) surroundings.print(jsonLine(inJson(found)));
  else await printStatus(surroundings, found);
  return found.isWell ? 0 : 1;
}

async function readStatus(surroundings: Surroundings): Promise<Status> {
  const { clock, stack } = surroundings;
  const [runs, fleet, { held, waiting }, policy] = await Promise.all([
    readRuns(surroundings, clock.now() - DAY),
    readFleetNow(surroundings),
    readHeld(surroundings),
    readPolicyText(surroundings),
  ]);
  const silent = SCHEDULED.filter((name) => !runs.some((known) => known.name === name));
  const open = fleet.states.filter((word) => !isSettled(word));
  return {
    rules: rulesOf(policy, stack.Mode ?? 'enforce'),
    runs,
    silent,
    isWell: silent.length === 0 && runs.every(({ failed }) => failed === 0),
    fleet,
    needed: open.filter(needsSomebody),
    proposed: fleet.words.filter(({ decision }) => decision === 'would-act'),
    others: open.filter((word) => !needsSomebody(word) && !isLeftAlone(word)),
    held: held.length,
    waiting: waiting.length,
  };
}

function inJson({ rules, runs, silent, isWell, needed, proposed, others, held, waiting }: Status): object {
  const subjects = (words: readonly LastWord[]) =>
    words.map((word) => ({
      subject: placeOf(word),
      state: stateOf(word),
      remediation: word.remediation,
      reason: word.reason,
      since: iso(word.at),
    }));
  return {
    alive: isWell,
    silent,
    ...rules,
    functions: runs.map(({ lastRun, ...counts }) => ({ ...counts, lastRun: iso(lastRun) })),
    needsYou: subjects(needed),
    toApprove: subjects(proposed),
    underWay: subjects(others),
    quarantine: { held, waiting },
  };
}

async function printStatus(surroundings: Surroundings, found: Status): Promise<void> {
  const { clock, stack, print, wide, width } = surroundings;
  const { fleet, needed, proposed, others, held, waiting } = found;
  const now = clock.now();
  print(wrap(`${stack.stackName} in ${stack.region}: ${ruleLine(found.rules)}`, width).join('\n'));
  const records = wide ? await readTheirRecords(surroundings, [...needed, ...others]) : undefined;
  const rows = (words: readonly LastWord[]): string =>
    table(
      words.map((word) => [
        STATE_NAMES[stateOf(word)],
        placeOf(word),
        `${spanOf(now - word.at)} ago`,
        records === undefined ? word.reason : `${word.reason}: ${records.get(word.id)?.message ?? ''}`,
      ]),
      width,
    );
  if (needed.length > 0) print(`Needs you: ${needed.length}\n${rows(needed)}`);
  else print(`Nothing needs you: ${sizeOf(fleet)}.`);
  if (proposed.length > 0) print(`To approve: ${counted(proposed.length, 'proposal')} (${OPERATOR_COMMAND} plan)`);
  if (others.length > 0) {
    const more =
      others.length > MOST_LINES ? `\n  and ${others.length - MOST_LINES} more: ${OPERATOR_COMMAND} plan` : '';
    print(`Waits, or is under way: ${others.length}\n${rows(others.slice(0, MOST_LINES))}${more}`);
  }
  const line = waiting === 0 ? '' : `, ${counted(waiting, 'exposed worker waits', 'exposed workers wait')} for room`;
  print(`In quarantine: ${held}${line}${held === 0 ? '' : ` (${OPERATOR_COMMAND} get quarantines)`}`);
  print('Functions');
  for (const { name, runs: count, failed, lastRun } of found.runs) {
    const trouble = failed > 0 ? `, ${failed} FAILED` : '';
    print(`  ${visible(name).padEnd(20)} ran ${spanOf(now - lastRun)} ago; ${counted(count, 'run')} in 24h${trouble}`);
  }
  for (const name of found.silent) print(`  ${name.padEnd(20)} DID NOT RUN in the last 24h`);
}

function sizeOf({ clusters, workers, more }: FleetNow): string {
  const size = more ? `${workers.size} or more workers` : counted(workers.size, 'worker');
  const groups = clusters.reduce((sum, { groups }) => sum + groups.length, 0);
  return `${size} in ${counted(groups, 'group')}`;
}

/** Whether an operator or a tag has accepted an exposure. */
const isLeftAlone = ({ decision }: { readonly decision: string }): boolean => decision === 'skipped';

interface Rules {
  /** What is wrong with the policy; functions that read the wrong part do not act. */
  readonly policyFault?: string;
  readonly killSwitch?: boolean;
  /** The modes by function name, for functions with a mode. */
  readonly modes: Readonly<Record<string, string>>;
}

function rulesOf({ text, why }: PolicyInPlace, stage: 'enforce' | 'observe' | 'off'): Rules {
  if (text === undefined) return { policyFault: why, modes: {} };
  const policy: object | InvalidPolicy = parsePolicy(text, stage);
  if (isInvalid(policy)) return { policyFault: policy.error, modes: {} };
  const sections: Readonly<Record<string, unknown>> = { ...policy };
  const modes = REMEDIATIONS.flatMap(({ name, policy: declared }: Remediation): Array<[string, string]> => {
    const section = declared?.section === undefined ? undefined : sections[declared.section];
    return typeof section === 'object' && section !== null && 'mode' in section ? [[name, String(section.mode)]] : [];
  });
  return { killSwitch: sections.killSwitch === true, modes: Object.fromEntries(modes) };
}

function ruleLine({ policyFault, killSwitch, modes }: Rules): string {
  if (policyFault !== undefined) return `THE POLICY IS INVALID: ${visible(policyFault)}`;
  const byMode = [...Map.groupBy(Object.entries(modes), ([, mode]) => mode)];
  const [only] = byMode;
  const told =
    only !== undefined && byMode.length === 1
      ? `mode ${only[0]}`
      : byMode.map(([mode, of]) => `${mode}: ${of.map(([name]) => name).join(', ')}`).join('; ');
  return `${told}; kill switch ${killSwitch === true ? 'ON, nothing acts' : 'off'}; the policy is valid`;
}
