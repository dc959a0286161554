import { print } from './output.ts';
import { UsageError } from './usage-error.ts';

const HELP: readonly string[] = ['--help', '-h'];

/** Whether a script is called only for its help text. */
export const asksForHelp = (argv: readonly string[]): boolean => argv.some((argument) => HELP.includes(argument));

/**
 * Runs a script of `npm run`. Prints its usage where that is requested, and reports a wrong argument in a sentence,
 * with exit code 2.
 *
 * @param run gets the arguments
 * @throws UsageError for a wrong argument
 */
export async function enter(
  argv: readonly string[],
  usage: string,
  run: (argv: readonly string[]) => Promise<void>,
): Promise<void> {
  if (asksForHelp(argv)) {
    print(usage);
    return;
  }
  try {
    await run(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

/** @throws UsageError when a script without arguments is given one */
export function takeNone(argv: readonly string[], usage: string): void {
  if (argv.length > 0) throw new UsageError(`"${argv.join(' ')}": no argument is taken\n\n${usage}`);
}
