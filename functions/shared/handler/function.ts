import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { MetricOf, ReasonOf, RecorderOf, Remediation } from '../declaration/remediation.ts';
import { createRecorder } from '../records/recorder.ts';
import { type Counter, createCounter } from '../runtime/counter.ts';
import { accountOf } from '../runtime/environment.ts';
import { ANY_FUNCTION, type SharedMetric } from '../runtime/metric.ts';
import { systemClock } from '../runtime/system-clock.ts';

export interface FunctionOptions<Declared extends Remediation, Event> {
  readonly declared: Declared;
  readonly region: string;
  /** Dimension of the metrics, which keeps two stacks in one account apart. */
  readonly stack: string;
  readonly run: (event: Event, invocation: Invocation<Declared>) => Promise<void>;
}

/** The dependencies of one invocation of a remediation. */
export interface Invocation<Declared extends Remediation> {
  readonly recorder: RecorderOf<Declared>;
  readonly account: string;
  readonly requestId: string;
}

/** Creates a remediation's handler: like {@link createSilentFunction}, with a recorder for each invocation. */
export function createFunction<Declared extends Remediation, Event>(options: FunctionOptions<Declared, Event>) {
  const { declared, region, stack, run } = options;
  const write = (line: string) => process.stdout.write(`${line}\n`);
  return createSilentFunction<Event, void, MetricOf<Declared>>({
    stack,
    run: (event, { counter, account, requestId }) => {
      const recorder: RecorderOf<Declared> = createRecorder<ReasonOf<Declared>, MetricOf<Declared>>({
        remediation: declared.name,
        reasons: declared.reasons,
        account,
        region,
        clock: systemClock,
        write,
        counter,
        // Only messages of a queue carry the time of their event, so other functions have no latency.
        isTimed: declared.start.by === 'queue',
        uncounted: declared.uncounted,
      });
      return run(event, { recorder, account, requestId });
    },
  });
}

/** The dependencies of one invocation of a function without records. */
export interface SilentInvocation<Metric extends string> extends Omit<Invocation<Remediation>, 'recorder'> {
  readonly counter: Counter<Metric>;
  /** The function's own ARN, as invoked. */
  readonly functionArn: string;
}

/**
 * Creates a function's handler. Its metrics are published however the invocation ends. A failure is logged as one JSON
 * line, without the event's body, before Lambda sees it. The function has no recorder, because it makes no decisions.
 * The result of `run` is the result of the invocation.
 */
export function createSilentFunction<Event, Answer = void, Metric extends string = SharedMetric>({
  stack,
  run,
}: {
  readonly stack: string;
  readonly run: (event: Event, invocation: SilentInvocation<Metric>) => Promise<Answer>;
}) {
  const own = new Metrics({ defaultDimensions: { stack } });
  const ofAny = new Metrics({ serviceName: ANY_FUNCTION, defaultDimensions: { stack } });
  const counters = new WeakMap<Context, Counter<Metric | SharedMetric>>();

  return middy<Event, Answer>({
    // Middy's early timeout warning would need a timer that outlives the work.
    timeoutEarlyInMillis: 0,
  })
    .before(({ context }) => void counters.set(context, createCounter<Metric | SharedMetric>(own, ofAny)))
    .after(({ context }) => counters.get(context)?.flush())
    .onError(async ({ context, error }) => {
      // Few invocations fail, so that a cold start does not load the logger.
      const { Logger } = await import('../runtime/logger.ts');
      new Logger().error('The invocation failed.', { error, causes: causesOf(error), requestId: context.awsRequestId });
      counters.get(context)?.count('InvocationFailed');
      counters.get(context)?.flush();
    })
    .handler(async (event, context) => {
      const counter = counters.get(context);
      if (counter === undefined) throw new Error('The counter is made before the handler runs.');
      const { invokedFunctionArn: functionArn, awsRequestId: requestId } = context;
      return run(event, { counter, account: accountOf(functionArn), requestId, functionArn });
    });
}

/** How many causes of one failure are logged. Similar failures share a few causes. */
const CAUSES = 3;

/**
 * The distinct errors of an `AggregateError`, also of those that it aggregates in turn, as `NAME: MESSAGE`; undefined for
 * other errors. The logger writes an error's own message and its cause, but not the errors that it aggregates.
 */
function causesOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  const causes = singlesOf(error).map((cause) =>
    cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
  );
  return [...new Set(causes)].slice(0, CAUSES);
}

const singlesOf = (error: unknown): unknown[] =>
  error instanceof AggregateError ? error.errors.flatMap(singlesOf) : [error];
