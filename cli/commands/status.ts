import { parsePolicy } from '../../functions/policy-document.ts';
import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { Remediation } from '../../functions/shared/declaration/remediation.ts';
import { type InvalidPolicy, isInvalid } from '../../functions/shared/policy/policy.ts';
import { isSettled, needsSomebody, STATE_NAMES, stateOf } from '../../functions/shared/records/current-state.ts';
import { counted } from '../../functions/shared/text/counted.ts';
import { OPERATOR_COMMAND } from '../../functions/shared/text/operator-command.ts';
import { jsonLine, visible } from '../../functions/shared/text/visible.ts';
import { spanOf } from '../age.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { type FleetNow, placeOf, readFleetNow, readTheirRecords } from '../fleet.ts';
import { readPolicyText } from '../policy-parameter.ts';
import { readHeld } from '../quarantines.ts';
import { readRuns } from '../runs.ts';
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

async function tell(surroundings: Surroundings): Promise<ExitCode> {
  const { clock, stack, json, print, wide, width } = surroundings;
  const now = clock.now();
  const [runs, fleet, { held, waiting }, text] = await Promise.all([
    readRuns(surroundings, now - DAY),
    readFleetNow(surroundings),
    readHeld(surroundings),
    readPolicyText(surroundings),
  ]);
  const rules = rulesOf(text, stack.Mode ?? 'enforce');
  const silent = SCHEDULED.filter((name) => !runs.some((known) => known.name === name));
  const isWell = silent.length === 0 && runs.every(({ failed }) => failed === 0);
  const open = fleet.states.filter((word) => !isSettled(word));
  const needed = open.filter(needsSomebody);
  const proposed = fleet.words.filter(({ decision }) => decision === 'would-act');
  const others = open.filter((word) => !needsSomebody(word) && !isLeftAlone(word));
  const functions = runs.map(({ lastRun, ...counts }) => ({ ...counts, lastRun: new Date(lastRun).toISOString() }));
  if (json) {
    const subjects = (words: FleetNow['states']) =>
      words.map((word) => ({
        subject: placeOf(word),
        state: stateOf(word),
        remediation: word.remediation,
        reason: word.reason,
        since: new Date(word.at).toISOString(),
      }));
    print(
      jsonLine({
        alive: isWell,
        silent,
        ...rules,
        functions,
        needsYou: subjects(needed),
        toApprove: subjects(proposed),
        underWay: subjects(others),
        quarantine: { held: held.length, waiting: waiting.length },
      }),
    );
    return isWell ? 0 : 1;
  }
  print(wrap(`${stack.stackName} in ${stack.region}: ${ruleLine(rules)}`, width).join('\n'));
  const records = wide ? await readTheirRecords(surroundings, open) : undefined;
  const rows = (words: FleetNow['states']): string =>
    table(
      words.map((word) => [
        STATE_NAMES[stateOf(word)],
        placeOf(word),
        `${spanOf(now - word.at)} ago`,
        records === undefined ? word.reason : `${word.reason}: ${records.get(word.id)?.message ?? ''}`,
      ]),
      width,
    );
  if (needed.length === 0) {
    const groups = fleet.clusters.reduce((sum, { groups }) => sum + groups.length, 0);
    print(
      `Nothing needs you: ${fleet.more ? `${fleet.workers.size} or more workers` : counted(fleet.workers.size, 'worker')} in ${counted(groups, 'group')}.`,
    );
  } else print(`Needs you: ${needed.length}\n${rows(needed)}`);
  if (proposed.length > 0) print(`To approve: ${counted(proposed.length, 'proposal')} (${OPERATOR_COMMAND} plan)`);
  if (others.length > 0) {
    const more =
      others.length > MOST_LINES ? `\n  and ${others.length - MOST_LINES} more: ${OPERATOR_COMMAND} plan` : '';
    print(`Waits, or is under way: ${others.length}\n${rows(others.slice(0, MOST_LINES))}${more}`);
  }
  const line =
    waiting.length === 0 ? '' : `, ${counted(waiting.length, 'exposed worker waits', 'exposed workers wait')} for room`;
  print(`In quarantine: ${held.length}${line}${held.length === 0 ? '' : ` (${OPERATOR_COMMAND} get quarantines)`}`);
  print('Functions');
  for (const { name, runs: count, failed, lastRun } of functions) {
    const trouble = failed > 0 ? `, ${failed} FAILED` : '';
    print(
      `  ${visible(name).padEnd(20)} ran ${spanOf(now - Date.parse(lastRun))} ago; ${counted(count, 'run')} in 24h${trouble}`,
    );
  }
  for (const name of silent) print(`  ${name.padEnd(20)} DID NOT RUN in the last 24h`);
  return isWell ? 0 : 1;
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

function rulesOf(text: string, stage: 'enforce' | 'observe' | 'off'): Rules {
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
