import type { Pluggable } from '@smithy/types';
import type { Clock } from '../functions/shared/runtime/clock.ts';
import type { Clients } from './clients.ts';

/** Smaller differences are ignored, ms: the `Date` header has whole seconds, and took time to arrive. */
const TOLERANCE_MS = 2_000;

/** A clock that is set by the times in server responses. */
export interface ServerClock extends Clock {
  /** Takes the time of a response from its `Date` header. Invalid values are ignored. */
  readonly hear: (date: string | undefined) => void;
}

/**
 * A clock with AWS's time, by the latest response. Records carry AWS's time, whatever the operator's machine shows; a
 * sandbox has a time of its own that runs faster. Before the first response, it shows the machine's time.
 */
export function createServerClock(local: Clock): ServerClock {
  /** How far the server's clock is ahead, ms. */
  let ahead = 0;
  return {
    now: () => local.now() + ahead,
    hear: (date = '') => {
      const difference = Date.parse(date) - local.now();
      if (Number.isNaN(difference) || Math.abs(difference - ahead) <= TOLERANCE_MS) return;
      ahead = Math.abs(difference) <= TOLERANCE_MS ? 0 : difference;
    },
  };
}

/** Sets the clock by each response to these clients, including errors. */
export function hearFrom({ cloudFormation, logs, eventBridge, ssm, sts, dynamoDb }: Clients, clock: ServerClock): void {
  cloudFormation.middlewareStack.use(hearing(clock));
  logs.middlewareStack.use(hearing(clock));
  eventBridge.middlewareStack.use(hearing(clock));
  ssm.middlewareStack.use(hearing(clock));
  sts.middlewareStack.use(hearing(clock));
  dynamoDb.middlewareStack.use(hearing(clock));
}

const hearing = <Input extends object, Output extends object>(clock: ServerClock): Pluggable<Input, Output> => ({
  applyToStack: (stack) =>
    stack.add(
      (next) => async (args) => {
        const result = await next(args);
        clock.hear(dateOf(result.response));
        return result;
      },
      // This step is next to the transport, so that it also sees responses that later become errors.
      { step: 'deserialize', priority: 'low', name: 'hearServerTime' },
    ),
});

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return typeof headers.date === 'string' ? headers.date : undefined;
}
