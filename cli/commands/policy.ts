import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Command, ExitCode, Given, Local } from '../command.ts';
import { checkPolicy, type PolicyReport, type WindowOpenings } from '../policy-check.ts';
import { UsageError } from '../usage-error.ts';
import { jsonLine, visible } from '../visible.ts';

/** `policy check`: says what is wrong with a policy document, what is hardly meant, and when its windows open. */
export const policy: Command = {
  name: 'policy',
  synopsis: 'check [FILE]',
  summary: 'checks a policy document: faults, what is hardly meant, the next openings of each window',
  help: `check FILE   a policy document before it is put in place; a dash stands for stdin. It needs no AWS.
check        the document that is in place: the parameter that the stack names.

Each change window is told with its next five openings, in its own time zone. Ends with 1 where something is wrong: then it
names each field, the fix, and the functions that do nothing until it is right. A warning is no fault.`,
  options: {},
  read: (given) => {
    argumentsOf(given);
    return async ({ clients, stack, ...output }) => {
      const { PolicyParameterName: Name } = stack;
      const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name }));
      return tell(output, Name, Parameter?.Value ?? '');
    };
  },
  local: (given) => {
    const file = argumentsOf(given);
    return file === undefined ? undefined : async (local) => tell(local, file, await contentOf(file));
  },
};

function argumentsOf({ positionals: [verb, file, ...rest] }: Given): string | undefined {
  if (verb !== 'check')
    throw new UsageError(`${verb === undefined ? 'VERB: missing' : `"${verb}"`}: policy takes check [FILE]`);
  if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}": policy check takes one file`);
  return file;
}

/** @throws UsageError where there is no such file */
async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file}: cannot be read (${why}); name a file that is there, or - for stdin`);
  }
}

function tell({ print, note, json, clock }: Local, name: string, text: string): ExitCode {
  const report = checkPolicy(text, clock.now());
  const isGood = report.faults.length === 0;
  if (json) print(jsonLine(inJson(report)));
  else for (const line of inLines(report)) print(visible(line));
  note(isGood ? `${name}: a good policy.` : `${name}: not a good policy.`);
  return isGood ? 0 : 1;
}

function inLines({ faults, stopped, warnings, windows }: PolicyReport): string[] {
  return [
    ...faults.map((fault) => `fault: ${fault}`),
    ...(stopped.length === 0 ? [] : [`fault: until that is right, nothing is done by ${stopped.join(', ')}`]),
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
