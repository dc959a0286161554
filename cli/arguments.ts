import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Command, Given } from './command.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_STACK = 'eks-host-remediator';

const SHARED_OPTIONS = {
  stack: { type: 'string', default: DEFAULT_STACK },
  region: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

const SHARED_HELP = `Options of every command:
  --stack NAME       the stack (default: ${DEFAULT_STACK})
  --region REGION    its region (default: AWS_REGION or that of the profile)
  --json             JSON Lines instead of text
  -h, --help         this

Credentials, profile and endpoint are found as the AWS CLI finds them (AWS_PROFILE, AWS_ENDPOINT_URL ...).`;

/** What is asked for: a command with its arguments, or a text that explains. */
export type Request =
  | { readonly help: string }
  | {
      readonly command: Command;
      readonly given: Given;
      readonly stack: string;
      readonly region: string | undefined;
      readonly json: boolean;
    };

/** @throws UsageError naming the argument that is wrong, with what would be right */
export function readArguments(argv: readonly string[], commands: readonly Command[]): Request {
  const { name, rest, help: asksForHelp } = nameIn(argv);
  if (name === undefined && (asksForHelp || rest.length === 0)) return { help: overview(commands) };
  if (name === undefined) throw new UsageError(`COMMAND: missing\n\n${overview(commands)}`);
  const command = commands.find((known) => known.name === name);
  if (command === undefined) throw new UsageError(`${name}: no such command\n\n${overview(commands)}`);
  const { values, positionals } = parse(rest, command);
  const { stack, region, json, help, ...options } = values;
  if (help === true) return { help: helpOf(command) };
  return {
    command,
    given: { positionals, options },
    stack: typeof stack === 'string' ? stack : DEFAULT_STACK,
    region: typeof region === 'string' ? region : undefined,
    json: json === true,
  };
}

/**
 * Finds the command's name: options that every command has may stand before it.
 * @throws UsageError for another option there: what follows it could be its value or the name
 */
function nameIn(argv: readonly string[]): { name: string | undefined; rest: string[]; help: boolean } {
  const { tokens, values } = parseArgs({ args: [...argv], options: SHARED_OPTIONS, strict: false, tokens: true });
  const at = tokens.find(({ kind }) => kind === 'positional')?.index ?? argv.length;
  for (const token of tokens) {
    if (token.kind !== 'option' || token.index > at || Object.hasOwn(SHARED_OPTIONS, token.name)) continue;
    throw new UsageError(
      `${token.rawName}: only ${SHARED_NAMES} may stand before COMMAND, any other option after it, ` +
        `such as npm run -s remediator -- explain shop --since 7d`,
    );
  }
  return { name: argv[at], rest: argv.filter((_, index) => index !== at), help: values.help === true };
}

const SHARED_NAMES = Object.keys(SHARED_OPTIONS)
  .map((name) => `--${name}`)
  .join(', ');

function parse(args: readonly string[], command: Command) {
  try {
    const options: ParseArgsOptionsConfig = { ...command.options, ...SHARED_OPTIONS };
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usageOf(command)}`);
  }
}

const usageOf = ({ name, synopsis }: Command): string => `Usage: npm run -s remediator -- ${name} ${synopsis}`;

const helpOf = (command: Command): string =>
  [usageOf(command), command.summary, command.help, SHARED_HELP].join('\n\n');

function overview(commands: readonly Command[]): string {
  const lines = commands.map(({ name, synopsis, summary }) => `  ${`${name} ${synopsis}`.padEnd(34)}  ${summary}`);
  return [
    'Usage: npm run -s remediator -- COMMAND ...',
    lines.join('\n'),
    SHARED_HELP,
    'More about a command: npm run -s remediator -- COMMAND --help',
  ].join('\n\n');
}
