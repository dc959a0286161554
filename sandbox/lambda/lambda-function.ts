import type { InvocationResult } from './execution-environment.ts';
import type { Lineage } from './lineage.ts';

/** What the template says of a function. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** The name that callers, records and reports go by: without the stack's prefix. */
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
  /** What becomes of a chain of invocations that leads to the function again and again. */
  readonly recursiveLoop: 'Allow' | 'Terminate';
  readonly logging: LoggingConfig;
  /** Gets asynchronous events that failed for good. */
  readonly deadLetterArn?: string;
}

export interface LoggingConfig {
  readonly group: string;
  readonly format: 'JSON' | 'Text';
  /** Which of Lambda's own lines are written; JSON only. */
  readonly systemLevel: 'DEBUG' | 'INFO' | 'WARN';
}

/** An execution environment, as `ExecutionEnvironment` is one. */
export interface Environment {
  readonly alive: boolean;
  readonly busy: boolean;
  invoke(
    event: unknown,
    options: { readonly requestId: string; readonly timeoutMs: number; readonly lineage?: Lineage },
  ): Promise<InvocationResult>;
  kill(): void;
}

/** Makes an execution environment that calls AWS with `accessKeyId` and hands over each line it writes. */
export type EnvironmentFactory = (
  definition: FunctionDefinition,
  accessKeyId: string,
  onLine: (line: string) => void,
) => Environment;

/**
 * How an invocation ended; throttled: concurrency was used up; recursion: it would have been one too many of its chain.
 * Nothing ran then.
 */
export type InvocationOutcome = InvocationResult | { readonly ok: false; readonly kind: 'throttled' | 'recursion' };
