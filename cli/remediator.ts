import type { Clock } from '../functions/shared/runtime/clock.ts';
import { visible } from '../functions/shared/text/visible.ts';
import manifest from '../package.json' with { type: 'json' };
import { adviceOn, type Whereabouts } from './advice.ts';
import { readArguments } from './arguments.ts';
import type { ClientConfig, Clients } from './clients.ts';
import type { Command, ExitCode, Local } from './command.ts';
import { createServerClock, hearFrom } from './server-clock.ts';
import { regionFrom, withRegion } from './settings.ts';
import { readStackOutputs } from './stack-outputs.ts';
import { UsageError } from './usage-error.ts';

/** What the process provides for its one run. */
export interface Process extends Pick<Local, 'print' | 'note' | 'width' | 'askBack'> {
  readonly commands: readonly Command[];
  readonly createClients: (choice: ClientConfig) => Clients;
  /** The machine's clock, replaced by AWS's time after the first response. */
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** The process's environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs one command line. Errors are printed to stderr as a sentence without a stack trace, which an operator could not
 * use.
 *
 * @returns the exit code: 0 done, 1 the request was not fulfilled, 2 a wrong argument
 */
export async function remediator(argv: readonly string[], process: Process): Promise<ExitCode | 2> {
  const { commands, createClients, print, note, width, askBack, env } = process;
  let whereabouts: Whereabouts = { stack: '', region: undefined, env };
  try {
    const request = readArguments(argv, commands);
    if ('version' in request) {
      print(manifest.version);
      return 0;
    }
    if ('help' in request) {
      print(request.help);
      return 0;
    }
    const { command, given, stack, region = regionFrom(env), json, wide } = request;
    const output = { print, note, json, wide, width, askBack };
    const local = command.local?.(given);
    if (local !== undefined) return await local({ ...output, clock: process.clock });
    const run = command.read(given);
    whereabouts = { stack, region, env };
    const clients = await withRegion(() => createClients(region === undefined ? {} : { region }));
    const clock = createServerClock(process.clock);
    hearFrom(clients, clock);
    const { sleep } = process;
    return await run({ ...output, clients, clock, sleep, stack: await readStackOutputs(clients, stack) });
  } catch (error) {
    if (error instanceof UsageError) {
      note(error.message);
      return 2;
    }
    if (!(error instanceof Error)) throw error;
    const message = visible(error.message);
    const advice = adviceOn(error, whereabouts);
    note(advice === undefined ? `${error.name}: ${message}` : `${advice} (${message})`);
    return 1;
  }
}
