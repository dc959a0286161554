import type { Pluggable } from '@smithy/types';
import type { Clock } from '../functions/shared/runtime/clock.ts';
import type { Clients } from './clients.ts';

/** The `Date` header has whole seconds and was under way for a while: a difference as small says nothing. ms */
const TOLERANCE_MS = 2_000;

/** A clock that is set right by what others say the time is. */
export interface ServerClock extends Clock {
  /** Takes the time of an answer: its `Date` header. What is none is ignored. */
  readonly hear: (date: string | undefined) => void;
}

/**
 * The time as AWS has it, by the latest answer: records were written by that time, whatever an operator's machine
 * believes, and a sandbox lives in a time of its own that runs faster. Until there is an answer, it is the machine's.
 */
export function createServerClock(local: Clock): ServerClock {
  /** How far the server is ahead, ms. */
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

/** Lets the clock hear of each answer to these clients, also of one that refuses. */
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
      // Next to the wire: an answer that becomes an error further up has been heard by then.
      { step: 'deserialize', priority: 'low', name: 'hearServerTime' },
    ),
});

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return typeof headers.date === 'string' ? headers.date : undefined;
}
