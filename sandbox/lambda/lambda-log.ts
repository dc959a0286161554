import type { InvocationResult } from './execution-environment.ts';
import type { LoggingConfig } from './lambda-function.ts';

/** One invocation in Lambda's report. Durations in virtual ms. */
export interface InvocationReport {
  readonly requestId: string;
  readonly durationMs: number;
  /** Present for the first invocation of an execution environment. */
  readonly initDurationMs?: number;
  readonly memorySizeMb: number;
  readonly result: InvocationResult;
}

/**
 * The lines that Lambda itself writes into a function's log.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export class LambdaLog {
  readonly #config: LoggingConfig;
  readonly #now: () => number;
  readonly #write: (line: string) => void;

  constructor(config: LoggingConfig, now: () => number, write: (line: string) => void) {
    this.#config = config;
    this.#now = now;
    this.#write = write;
  }

  initStart(functionName: string): void {
    const record = { initializationType: 'on-demand', phase: 'init', functionName, functionVersion: '$LATEST' };
    if (this.#config.format === 'JSON') this.#platform('platform.initStart', record);
    else this.#write('INIT_START Runtime Version: nodejs:24.v1');
  }

  start(requestId: string): void {
    if (this.#config.format === 'JSON') this.#platform('platform.start', { requestId, version: '$LATEST' });
    else this.#write(`START RequestId: ${requestId} Version: $LATEST`);
  }

  /** Writes how the invocation ended: an error that the handler did not catch, and the report. */
  end(report: InvocationReport): void {
    const { requestId, result } = report;
    if (!result.ok && result.kind === 'error') this.#error(requestId, result.error);
    if (this.#config.format === 'JSON') this.#report(report);
    else this.#textReport(report);
  }

  #error(requestId: string, { name, message, stack }: { name: string; message: string; stack: string }): void {
    const error = { errorType: name, errorMessage: message, stackTrace: stack === '' ? [] : stack.split('\n') };
    const timestamp = this.#time();
    if (this.#config.format === 'JSON') {
      this.#write(JSON.stringify({ timestamp, level: 'ERROR', requestId, message: error }));
    } else this.#write(`${timestamp}\t${requestId}\tERROR\tInvoke Error\t${JSON.stringify(error)}`);
  }

  #report({ requestId, durationMs, initDurationMs, memorySizeMb, result }: InvocationReport): void {
    const metrics = {
      durationMs,
      billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
      memorySizeMB: memorySizeMb,
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
    };
    const status = result.ok ? 'success' : result.kind === 'timeout' ? 'timeout' : 'error';
    const errorType = result.ok ? {} : { errorType: result.error.name };
    this.#platform('platform.report', { requestId, metrics, status, ...errorType });
  }

  #textReport({ requestId, durationMs, initDurationMs, memorySizeMb, result }: InvocationReport): void {
    if (!result.ok && result.kind === 'timeout') this.#write(result.error.message);
    this.#write(`END RequestId: ${requestId}`);
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs + (initDurationMs ?? 0))} ms`,
      `Memory Size: ${memorySizeMb} MB`,
      ...(initDurationMs === undefined ? [] : [`Init Duration: ${initDurationMs.toFixed(2)} ms`]),
    ];
    this.#write(parts.join('\t'));
  }

  #platform(type: string, record: object): void {
    // All of these are of level INFO.
    if (this.#config.systemLevel !== 'WARN') this.#write(JSON.stringify({ time: this.#time(), type, record }));
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}
