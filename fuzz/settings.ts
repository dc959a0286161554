import { readOptions, wholeNumber } from '../cli/script-options.ts';
import { UsageError } from '../cli/usage-error.ts';

/** What is fuzzed. */
export interface Settings {
  /** For all targets together. */
  readonly seconds: number;
  readonly seed: number;
  /** Undefined: all. */
  readonly target: string | undefined;
  /** A file with the one input to try. */
  readonly input: string | undefined;
  /** Whether inputs with a new outcome are written into the corpus. */
  readonly keep: boolean;
}

export const USAGE = `Usage: npm run fuzz [-- --seconds N --target NAME --seed N --keep | --target NAME --input FILE]

Gives inputs that nobody meant to whatever takes some from outside: every function's handler, the dashboard's widget, the parsers
of policy, fleet and settings files, reports of hosts, and the arguments of the operators' command. They descend from samples
and from fuzz/corpus/.

  --seconds N    how long, all targets together (default 60)
  --target NAME  only this one, such as quarantine-workers, policy or arguments
  --seed N       draws other inputs (default 1)
  --keep         writes inputs with a new outcome into fuzz/corpus/
  --input FILE   tries the one input of a file (- for standard input), as the command below a failure says it
  -h, --help     this

Exit codes: 0 nothing failed; 1 an input made something fail; 2 a wrong argument.`;

/**
 * @param targets the names of all targets
 * @throws UsageError that names the option
 */
export function readSettings(argv: readonly string[], targets: readonly string[]): Settings {
  const { keep, target, input, ...numbers } = readOptions(
    argv,
    {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      target: { type: 'string' },
      input: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
    USAGE,
  );
  if (target !== undefined && !targets.includes(target))
    throw new UsageError(`--target: "${target}" is none of ${targets.join(', ')}`);
  if (input !== undefined && target === undefined) throw new UsageError('--input: give --target, too, that takes it');
  return {
    seconds: wholeNumber('seconds', numbers.seconds, 1),
    seed: wholeNumber('seed', numbers.seed, 0),
    target,
    input,
    keep,
  };
}
