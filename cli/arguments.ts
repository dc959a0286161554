import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean, nearestOf } from '../functions/shared/text/did-you-mean.ts';
import { OPERATOR_COMMAND } from '../functions/shared/text/operator-command.ts';
import type { Command, Given } from './command.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_STACK = 'eks-host-remediator';

const SHARED_OPTIONS = {
  stack: { type: 'string', default: DEFAULT_STACK },
  region: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

const FORMS = ['table', 'json', 'wide'] as const;
type Form = (typeof FORMS)[number];

const SHARED_HELP = `Options of every command:
  --stack NAME       the stack (default: ${DEFAULT_STACK})
  --region REGION    its region (default: AWS_REGION, AWS_DEFAULT_REGION or that of the profile)
  -o, --output FORM  table (default), wide (all columns) or json (JSON Lines); --json is short for the last
  -h, --help         this
  --version          the version of this command

It finds credentials, profile and endpoint as the AWS CLI does (AWS_PROFILE, AWS_ENDPOINT_URL ...). NO_COLOR switches the
colours off.

Exit codes: 0 done; 1 what was asked for did not happen; 2 a wrong argument.`;

/** The parsed command line: a command with its arguments, or a help text. */
export type Request =
  | { readonly help: string }
  | { readonly version: true }
  | {
      readonly command: Command;
      readonly given: Given;
      readonly stack: string;
      readonly region: string | undefined;
      readonly json: boolean;
      readonly wide: boolean;
    };

/**
 * @throws UsageError that names the wrong argument, and what would be right
 */
export function readArguments(argv: readonly string[], commands: readonly Command[]): Request {
  const { name, rest, help: asksForHelp, version } = nameIn(argv);
  if (name === undefined && version) return { version: true };
  if (name === undefined && (asksForHelp || rest.length === 0)) return { help: overview(commands) };
  if (name === undefined) throw new UsageError(`COMMAND: missing\n\n${overview(commands)}`);
  if (name === 'help') return { help: helpFor(rest, commands) };
  const command = commandNamed(name, commands);
  const { values, positionals } = parse(rest, command);
  const { stack, region, output, json, help, version: _, ...options } = values;
  if (help === true) return { help: helpOf(command) };
  const form = formOf(output, json === true);
  return {
    command,
    given: { positionals, options },
    stack: typeof stack === 'string' ? stack : DEFAULT_STACK,
    region: typeof region === 'string' ? region : undefined,
    json: form === 'json',
    wide: form === 'wide',
  };
}

function helpFor(rest: readonly string[], commands: readonly Command[]): string {
  const [about, ...more] = rest.filter((argument) => !argument.startsWith('-'));
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}": help takes one COMMAND`);
  return about === undefined ? overview(commands) : helpOf(commandNamed(about, commands));
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const names = [...commands.map((known) => known.name), 'help'];
  throw new UsageError(`${name}: no such command.${didYouMean(name, names)}\n\n${overview(commands)}`);
}

function formOf(output: unknown, json: boolean): Form {
  const form = FORMS.find((known) => known === output);
  if (output !== undefined && form === undefined)
    throw new UsageError(`--output: "${output}" is none of ${FORMS.join(', ')}.${didYouMean(String(output), FORMS)}`);
  if (json && form !== undefined && form !== 'json') throw new UsageError(`--json: contradicts --output ${form}`);
  return json ? 'json' : (form ?? 'table');
}

/**
 * Finds the command's name. Options that every command has may precede it.
 * @throws UsageError for another option before it, whose value could not be told from the name
 */
function nameIn(argv: readonly string[]): {
  name: string | undefined;
  rest: string[];
  help: boolean;
  version: boolean;
} {
  const { tokens, values } = parseArgs({ args: [...argv], options: SHARED_OPTIONS, strict: false, tokens: true });
  const at = tokens.find(({ kind }) => kind === 'positional')?.index ?? argv.length;
  for (const token of tokens) {
    if (token.kind !== 'option' || token.index > at || Object.hasOwn(SHARED_OPTIONS, token.name)) continue;
    throw new UsageError(
      `${token.rawName}: only ${SHARED_NAMES} may stand before COMMAND, any other option after it, ` +
        `such as ${OPERATOR_COMMAND} explain shop --since 7d`,
    );
  }
  return {
    name: argv[at],
    rest: argv.filter((_, index) => index !== at),
    help: values.help === true,
    version: values.version === true,
  };
}

const SHARED_NAMES = Object.keys(SHARED_OPTIONS)
  .map((name) => `--${name}`)
  .join(', ');

function parse(args: readonly string[], command: Command) {
  const options: ParseArgsOptionsConfig = { ...command.options, ...SHARED_OPTIONS };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${complaintOf(message, command, Object.keys(options))}\n\n${usageOf(command)}`);
  }
}

/** Options of the AWS CLI that are environment variables here. */
const BY_ENVIRONMENT: Readonly<Record<string, string>> = {
  profile: 'AWS_PROFILE',
  'endpoint-url': 'AWS_ENDPOINT_URL',
};

/** Node.js's error about an option, in the words of this command's other errors. */
function complaintOf(message: string, { name }: Command, options: readonly string[]): string {
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
  if (unknown !== undefined) {
    const wanted = unknown.replace(/^-+/, '');
    const variable = BY_ENVIRONMENT[wanted];
    const nearest = nearestOf(wanted, options);
    const instead =
      variable !== undefined ? ` Set ${variable}.` : nearest !== undefined ? ` Did you mean --${nearest}?` : '';
    return `${unknown}: ${name} has no such option.${instead}`;
  }
  const [, option, fault] = /^Option '(?:-\w, )?(--[^' ]+)[^']*' (.*)/.exec(message) ?? [];
  if (option === undefined) return message;
  if (fault === 'does not take an argument') return `${option}: it takes no value`;
  return `${option}: its value is missing (one that begins with a dash is given as ${option}=VALUE)`;
}

const usageOf = ({ name, synopsis }: Command): string => `Usage: ${OPERATOR_COMMAND} ${name} ${synopsis}`.trimEnd();

const helpOf = (command: Command): string =>
  [usageOf(command), command.summary, command.help, SHARED_HELP].filter((part) => part !== '').join('\n\n');

function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, synopsis, summary }) => ({ left: `${name} ${synopsis}`.trimEnd(), summary }));
  const lines = rows.map(({ left, summary }) =>
    left.length <= LEFT ? `  ${left.padEnd(LEFT)}  ${summary}` : `  ${left}\n  ${' '.repeat(LEFT)}  ${summary}`,
  );
  return [
    `Usage: ${OPERATOR_COMMAND} COMMAND ...`,
    lines.join('\n'),
    SHARED_HELP,
    `More about a command: ${OPERATOR_COMMAND} help COMMAND`,
  ].join('\n\n');
}

/** Width of the list's left column, characters. */
const LEFT = 34;
