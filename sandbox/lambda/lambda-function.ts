import type { InvocationResult } from './execution-environment.ts';
import type { Lineage } from './lineage.ts';

/** The definition of a function in the template. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** The name in callers, records and reports, without the stack's prefix. */
  readonly label: string;
  /** Path of the bundle's `index.js`. */
  readonly bundle: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly roleLogicalId: string;
  readonly roleArn: string;
  readonly reservedConcurrency?: number;
  /** How Lambda treats a chain of invocations that keeps leading back to the function. */
  readonly recursiveLoop: 'Allow' | 'Terminate';
  readonly logging: LoggingConfig;
  /** Gets asynchronous events that failed in every attempt. */
  readonly deadLetterArn?: string;
}

export interface LoggingConfig {
  readonly group: string;
  readonly format: 'JSON' | 'Text';
  /** The level of Lambda's own lines; JSON only. */
  readonly systemLevel: 'DEBUG' | 'INFO' | 'WARN';
}

/** An execution environment, such as `ExecutionEnvironment`. */
export interface Environment {
  readonly alive: boolean;
  readonly busy: boolean;
  invoke(
    event: unknown,
    options: { readonly requestId: string; readonly timeoutMs: number; readonly lineage?: Lineage },
  ): Promise<InvocationResult>;
  kill(): void;
}

/** Creates an execution environment that calls AWS with `accessKeyId`, and passes on each line it writes. */
export type EnvironmentFactory = (
  definition: FunctionDefinition,
  accessKeyId: string,
  onLine: (line: string) => void,
) => Environment;

/**
 * The end of an invocation. `throttled` means that the concurrency was used up, `recursion` that its chain was too
 * long. Nothing ran in either case.
 */
export type InvocationOutcome = InvocationResult | { readonly ok: false; readonly kind: 'throttled' | 'recursion' };
