import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from './clock.ts';
import { accountOf } from './environment.ts';
import type { Remediation } from './record.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface FunctionOptions<Event> {
  readonly remediation: Remediation;
  readonly region: string;
  /** Metrics dimension: two stacks in one account stay apart. */
  readonly stack: string;
  readonly run: (event: Event, invocation: Invocation) => Promise<void>;
}

/** What one invocation is made with. */
export interface Invocation {
  readonly recorder: Recorder;
  readonly account: string;
  readonly requestId: string;
}

/**
 * Wraps what a function does: a recorder for each invocation, its counts published as one EMF blob however the
 * invocation ends, and a failure logged as one JSON line without the event's body before Lambda sees it.
 */
export function createFunction<Event>({ remediation, region, stack, run }: FunctionOptions<Event>) {
  const logger = new Logger();
  const metrics = new Metrics({ defaultDimensions: { stack } });
  const recorders = new WeakMap<Context, Recorder>();

  return middy<Event, void>({
    // Middy's own early warning would need a timer that outlives the work.
    timeoutEarlyInMillis: 0,
  })
    .before(({ context }) => {
      const account = accountOf(context.invokedFunctionArn);
      const write = (line: string) => process.stdout.write(`${line}\n`);
      recorders.set(context, createRecorder({ remediation, account, region, clock: systemClock, write, metrics }));
    })
    .after(({ context }) => publish(context))
    .onError(({ context, error }) => {
      logger.error('The invocation failed.', { error, requestId: context.awsRequestId });
      recorders.get(context)?.count('InvocationFailed');
      publish(context);
    })
    .handler(async (event, context) => {
      const recorder = recorders.get(context);
      if (recorder === undefined) throw new Error('The recorder is made before the handler runs.');
      const account = accountOf(context.invokedFunctionArn);
      await run(event, { recorder, account, requestId: context.awsRequestId });
    });

  function publish(context: Context): void {
    if (recorders.get(context)?.flush()) metrics.publishStoredMetrics();
  }
}
