import type { ParseArgsOptionsConfig } from 'node:util';
import type { Clock } from '../functions/shared/runtime/clock.ts';
import type { Clients } from './clients.ts';
import type { StackOutputs } from './stack-outputs.ts';

/** The output of a command. */
export interface Output {
  /** Prints the result, one or several lines, to stdout. */
  readonly print: (text: string) => void;
  /** Prints further information to stderr. */
  readonly note: (text: string) => void;
}

/** The dependencies of a command, available once its arguments are valid. */
export interface Surroundings extends Local {
  readonly clients: Clients;
  readonly stack: StackOutputs;
  /** Waits, ms of this machine. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The dependencies of a command that does not call AWS. */
export interface Local extends Output {
  readonly clock: Clock;
  /** Whether to print JSON Lines instead of text for people. */
  readonly json: boolean;
  /** Whether tables have all columns. */
  readonly wide: boolean;
  /** Width of the terminal, characters; undefined where stdout is not a terminal. */
  readonly width: number | undefined;
  /** Asks the user for confirmation; undefined where nobody can answer. */
  readonly askBack: (question: string) => Promise<boolean | undefined>;
}

/** The arguments after a command's name, as parsed by `node:util`. */
export interface Given {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | ReadonlyArray<string | boolean> | undefined>>;
}

/** 0 means done, 1 that the request was not fulfilled. Wrong arguments raise a UsageError (2) before. */
export type ExitCode = 0 | 1;

/** One subcommand, in a file of its own in `cli/commands/`. */
export interface Command {
  readonly name: string;
  /** The arguments after the name, such as `RESOURCE [--since 7d]`. */
  readonly synopsis: string;
  /** A line for the list of all commands. */
  readonly summary: string;
  /** Further text of `--help`: arguments, options, examples. */
  readonly help: string;
  /** The command's own options, in addition to those of every command. */
  readonly options: ParseArgsOptionsConfig;
  /**
   * Validates the arguments before any call to AWS, and returns the action.
   * @throws UsageError that names the wrong argument, and what would be right
   */
  readonly read: (given: Given) => (surroundings: Surroundings) => Promise<ExitCode>;
  /**
   * Returns the action if these arguments need nothing from AWS: no region, no credentials, no stack. Otherwise
   * undefined.
   * @throws UsageError that names the wrong argument, and what would be right
   */
  readonly local?: (given: Given) => ((local: Local) => Promise<ExitCode>) | undefined;
}
