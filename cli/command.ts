import type { ParseArgsOptionsConfig } from 'node:util';
import type { Clock } from '../functions/shared/runtime/clock.ts';
import type { Clients } from './clients.ts';
import type { StackOutputs } from './stack-outputs.ts';

/** Where a command tells its results. */
export interface Output {
  /** What was asked for, a line or several: stdout. */
  readonly print: (text: string) => void;
  /** What one should know besides: stderr. */
  readonly note: (text: string) => void;
}

/** What a command works with, once its arguments are known to be good. */
export interface Surroundings extends Local {
  readonly clients: Clients;
  readonly stack: StackOutputs;
  /** Waits, ms of this machine. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** What a command works with that asks nothing of AWS. */
export interface Local extends Output {
  readonly clock: Clock;
  /** JSON Lines on stdout instead of text for people. */
  readonly json: boolean;
  /** Tables have all columns. */
  readonly wide: boolean;
  /** Of the terminal, characters; undefined where stdout is none. */
  readonly width: number | undefined;
  /** Asks whoever runs the command to say yes; undefined where nobody is there who could. */
  readonly askBack: (question: string) => Promise<boolean | undefined>;
  /** How the command is called here, for texts that can be pasted. */
  readonly program: string;
}

/** What stands behind a command's name, as `node:util` parsed it. */
export interface Given {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | ReadonlyArray<string | boolean> | undefined>>;
}

/** 0: done; 1: it did not come to what was asked for. Bad arguments are a UsageError (2) and never get here. */
export type ExitCode = 0 | 1;

/** One subcommand: a file of its own in `cli/commands/`. */
export interface Command {
  readonly name: string;
  /** What follows the name, for example `SUBJECT [--since 7d]`. */
  readonly synopsis: string;
  /** A line for the list of all commands. */
  readonly summary: string;
  /** What `--help` tells besides: arguments, options, examples. */
  readonly help: string;
  /** Its own options, besides those that every command has. */
  readonly options: ParseArgsOptionsConfig;
  /**
   * Checks the arguments, before AWS is called, and gives what is to be done.
   * @throws UsageError naming the argument and what would be right
   */
  readonly read: (given: Given) => (surroundings: Surroundings) => Promise<ExitCode>;
  /**
   * Gives what is to be done where these arguments ask nothing of AWS: no region, no credentials, no stack. Undefined
   * where they do.
   * @throws UsageError naming the argument and what would be right
   */
  readonly local?: (given: Given) => ((local: Local) => Promise<ExitCode>) | undefined;
}
