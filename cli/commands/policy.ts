import { parsePolicy } from '../../functions/policy-document.ts';
import { policyJsonSchema } from '../../functions/policy-json-schema.ts';
import { isInvalid } from '../../functions/shared/policy/policy.ts';
import { didYouMean } from '../../functions/shared/text/did-you-mean.ts';
import { jsonLine, visible } from '../../functions/shared/text/visible.ts';
import { accountOf } from '../account.ts';
import type { Command, ExitCode, Given, Local, Surroundings } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { contentOf } from '../input-file.ts';
import { checkPolicy, type PolicyReport, standstill, type WindowOpenings } from '../policy-check.ts';
import { type FleetReport, fleetInLines, fleetReport, readPlaces } from '../policy-fleet.ts';
import { isChangedSince, objectIn, readPolicyText, writePolicyText } from '../policy-parameter.ts';
import { rightsIn } from '../policy-rights.ts';
import { UsageError } from '../usage-error.ts';

/** `policy`: shows, checks and replaces the policy document, and gives its JSON Schema. */
export const policy: Command = {
  name: 'policy',
  synopsis: 'show | check [FILE] [--fleet] | put FILE | schema',
  summary: 'shows, checks or replaces the policy document; gives its JSON Schema',
  help: `show         prints the policy in force: the parameter that the stack names
check FILE   checks a policy document before you put it in place; - is standard input. It needs no AWS.
check        checks the policy in force
--fleet      with check: reads clusters and node groups. It shows which of them each override matches, and what would act
             differently from the policy in force.
put FILE     puts a document in place, after a confirmation (--yes skips it). A document with a fault is refused, and one that
             would turn a kill switch off that is on: only go does that.
schema       prints the JSON Schema of the document, for editors. It needs no AWS.

check shows the next five openings of each change window, in the window's own time zone. It ends with 1 where something is
wrong: it then names each field, the fix, and the functions that do nothing until it is right. A warning is no fault.`,
  options: { yes: { type: 'boolean', short: 'y' }, fleet: { type: 'boolean' } },
  read: (given) => {
    const { verb, file } = argumentsOf(given);
    const yes = given.options.yes === true;
    if (given.options.fleet === true) return (surroundings) => checkFleet(surroundings, file);
    if (verb === 'put' && file !== undefined) return (surroundings) => put(surroundings, file, yes);
    return async (surroundings) => {
      const { stack, print } = surroundings;
      const { text, why } = await readPolicyText(surroundings);
      if (text === undefined) return missed(surroundings, why);
      if (verb === 'check') return tell(surroundings, stack.PolicyParameterName, text);
      print(shown(text));
      return 0;
    };
  },
  local: (given) => {
    const { verb, file } = argumentsOf(given);
    if (verb === 'schema')
      return async ({ print }) => {
        print(JSON.stringify(policyJsonSchema(), null, 2));
        return 0;
      };
    return verb === 'check' && file !== undefined && given.options.fleet !== true
      ? async (local) => tell(local, file, await contentOf(file))
      : undefined;
  },
};

const VERBS = ['show', 'check', 'put', 'schema'] as const;

function argumentsOf({ positionals: [given, file, ...rest], options }: Given): {
  verb: (typeof VERBS)[number];
  file: string | undefined;
} {
  const verb = VERBS.find((each) => each === given);
  if (verb === undefined) {
    const what = given === undefined ? 'VERB: missing' : `"${given}"`;
    const meant = given === undefined ? '' : didYouMean(given, VERBS);
    throw new UsageError(`${what}: policy takes show, check [FILE], put FILE or schema.${meant}`);
  }
  if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}": policy ${verb} takes one file`);
  if (verb === 'put' && file === undefined) throw new UsageError('FILE: missing; name a file, or - for stdin');
  if ((verb === 'show' || verb === 'schema') && file !== undefined)
    throw new UsageError(`"${file}": policy ${verb} takes no file`);
  if (options.yes === true && verb !== 'put') throw new UsageError('--yes: belongs to policy put');
  if (options.fleet === true && verb !== 'check') throw new UsageError('--fleet: belongs to policy check');
  return { verb, file };
}

/** Formats the document where it is JSON; otherwise returns it unchanged, with terminal control characters escaped. */
function shown(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n').map(visibleIndented).join('\n');
  } catch {
    return visible(text);
  }
}

/** Escapes a line, but keeps its leading blanks. */
const visibleIndented = (line: string): string => {
  const [indent = ''] = /^ */.exec(line) ?? [];
  return indent + visible(line.slice(indent.length));
};

async function put(surroundings: Surroundings, file: string, yes: boolean): Promise<ExitCode> {
  const { note, stack } = surroundings;
  const text = (await contentOf(file)).trim();
  if (tell(surroundings, file, text) !== 0) {
    note('Nothing was put in place.');
    return 1;
  }
  const before = await readPolicyText(surroundings);
  if (before.text === undefined && !before.isMissing) {
    note(`${before.why} Nothing was put in place.`);
    return 1;
  }
  if (before.text === text) {
    note(`${stack.PolicyParameterName} is the same already.`);
    return 0;
  }
  if (isStopped(before.text) && !isStopped(text)) {
    note(
      'The kill switch is on, and this document would turn it off. Give it "killSwitch": true, or turn the switch off first (go). Nothing was put in place.',
    );
    return 1;
  }
  const question = `Put ${file} into ${stack.PolicyParameterName} of ${stack.stackName} in ${stack.region}?`;
  if (!yes && !(await confirmed(surroundings, question))) {
    note('Nothing was put in place.');
    return 1;
  }
  if (!yes && (await isChangedSince(surroundings, before))) return 1;
  const version = await writePolicyText(surroundings, text, before);
  note(`It is in place, as version ${version}: functions go by it within 30 seconds, at their next reconcile.`);
  return 0;
}

const isStopped = (text = ''): boolean => objectIn(text)?.killSwitch === true;

/** Tells why there is no document to show or check. */
function missed({ note }: Pick<Local, 'note'>, why: string): ExitCode {
  note(`${why} Nothing acts while that is so.`);
  return 1;
}

/** Checks a document, and what it changes for the fleet where it is valid. */
async function checkFleet(surroundings: Surroundings, file: string | undefined): Promise<ExitCode> {
  const { clients, stack, note } = surroundings;
  const { text: inPlace, why } = await readPolicyText(surroundings);
  if (file === undefined && inPlace === undefined) return missed(surroundings, why);
  const text = file === undefined ? (inPlace ?? '') : await contentOf(file);
  // Where a document names no mode, the mode of the deployed stack applies. It is the same for both documents.
  const [proposed, inForce] = [parsePolicy(text, 'enforce'), parsePolicy(inPlace ?? '', 'enforce')];
  const name = file ?? stack.PolicyParameterName;
  if (isInvalid(proposed)) return tell(surroundings, name, text);
  const compared = isInvalid(inForce) ? undefined : inForce;
  const fleet = fleetReport(proposed, compared, await accountOf(clients), await readPlaces(clients.eks));
  const code = tell(surroundings, name, text, fleet);
  if (compared === undefined)
    note('The document in place is not a good one: nothing acts by it, and nothing was compared.');
  else if (fleet.changes.length === 0) note('Nothing would hold otherwise than by the document in place.');
  return code;
}

function tell(
  { print, note, json, clock, stack }: Local & Partial<Pick<Surroundings, 'stack'>>,
  name: string,
  text: string,
  fleet?: FleetReport,
): ExitCode {
  const report = checkPolicy(text, clock.now(), rightsIn(stack?.Rights));
  const isGood = report.faults.length === 0;
  if (json) print(jsonLine({ ...inJson(report), ...(fleet !== undefined && { fleet }) }));
  else
    for (const line of [...inLines(report), ...(fleet === undefined ? [] : fleetInLines(fleet))]) print(visible(line));
  note(isGood ? `${name}: a good policy.` : `${name}: not a good policy.`);
  return isGood ? 0 : 1;
}

function inLines({ faults, stopped, warnings, windows }: PolicyReport): string[] {
  return [
    ...faults.map((fault) => `fault: ${fault}`),
    ...(stopped.length === 0 ? [] : [`fault: until that is right, ${standstill(stopped)}`]),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...windows.flatMap((window) => [
      `${window.path}: "${window.cron}" in ${window.timeZone}, next:`,
      ...window.openings.map((opens) => `- ${opening(window, opens)}`),
      ...(window.openings.length === 0 ? ['- never'] : []),
    ]),
  ];
}

/** `Sat 2026-07-04 02:00 to 06:00 (GMT+2)`, on the clocks of the window's time zone. */
function opening({ timeZone, duration }: WindowOpenings, opens: number): string {
  const [from, to] = [localTime(opens, timeZone), localTime(opens + duration, timeZone)];
  const until = from.day === to.day ? to.time : `${to.day} ${to.time}`;
  const zone = from.zone === to.zone ? from.zone : `${from.zone}, then ${to.zone}`;
  return `${from.day} ${from.time} to ${until} (${zone})`;
}

function localTime(at: number, timeZone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: `${part.weekday} ${part.year}-${part.month}-${part.day}`,
    time: `${part.hour}:${part.minute}`,
    zone: part.timeZoneName ?? timeZone,
  };
}

const inJson = ({ windows, ...report }: PolicyReport) => ({
  isGood: report.faults.length === 0,
  ...report,
  windows: windows.map(({ openings, duration, ...window }) => ({
    ...window,
    openings: openings.map((opens) => ({
      from: new Date(opens).toISOString(),
      to: new Date(opens + duration).toISOString(),
    })),
  })),
});
