import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { SOURCE } from '../events/envelope.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { isAbout } from '../functions/shared/records/record-subject.ts';
import type { Surroundings } from './command.ts';
import { readRecords } from './records.ts';
import { conditionOf } from './subject.ts';

/** EventBridge did not take an event. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** A request that is under way. */
export interface SentRequest {
  /** Of the event, as EventBridge gave it: the `trigger.id` of the records that come of it. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Puts a request on the stack's bus. Who asks is added to the detail as `requestedBy`: the ARN that STS knows them by.
 * For people who read records only: what a function may do never depends on it.
 *
 * @param detailType of one of the events in `events/`
 * @throws RequestRefused when EventBridge did not take it
 */
export async function sendRequest(
  { clients: { eventBridge, sts }, stack, clock }: Pick<Surroundings, 'clients' | 'stack' | 'clock'>,
  detailType: string,
  detail: object,
): Promise<SentRequest> {
  const { Arn: requestedBy } = await sts.send(new GetCallerIdentityCommand());
  const at = clock.now();
  const { FailedEntryCount, Entries: [entry] = [] } = await eventBridge.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: stack.EventBusName,
          Source: SOURCE,
          DetailType: detailType,
          Detail: JSON.stringify({ ...detail, requestedBy }),
        },
      ],
    }),
  );
  // EventBridge answers 200 also to what it refuses.
  if (FailedEntryCount !== 0 || entry?.EventId === undefined) {
    throw new RequestRefused(`EventBridge did not take the request: ${entry?.ErrorCode} ${entry?.ErrorMessage}`);
  }
  return { id: entry.EventId, at };
}

export interface FollowOptions {
  /** Whether a record says what came of it. Default: every one, but `acted` and `waiting`, after which more comes. */
  readonly isOutcome?: (record: ReadRecord) => boolean;
  /** By AWS's clock, ms; 2 minutes when absent. */
  readonly timeout?: number;
  /** Hears of each record as it appears. */
  readonly onRecord?: (record: ReadRecord) => void;
}

/** Between two looks into the log, real ms: records appear some seconds after they were written. */
const POLL_MS = 2_000;

/** Clocks of AWS's own differ, too: records are looked for from this long before the request on, ms. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Waits for what comes of a request, as the records tell it.
 * @returns the record with the outcome; undefined when there was none in time (the request may still be carried out)
 */
export async function followRequest(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note' | 'clock' | 'sleep'>,
  { id, at }: SentRequest,
  { isOutcome = isLastWord, timeout = 120_000, onRecord }: FollowOptions = {},
): Promise<ReadRecord | undefined> {
  const { clock, sleep } = surroundings;
  const told = new Set<string>();
  const end = clock.now() + timeout;
  for (;;) {
    // Of the last reconcile, not after it: where time runs faster than here, much of it may pass while a reconcile is taken.
    const lookedAt = clock.now();
    const records = await readRecords(surroundings, [conditionOf({ event: id })], at - CLOCK_SKEW_MS);
    for (const record of records.filter((found) => isAbout(found, { event: id }) && !told.has(found.id))) {
      told.add(record.id);
      onRecord?.(record);
      if (isOutcome(record)) return record;
    }
    if (lookedAt >= end) return undefined;
    await sleep(POLL_MS);
  }
}

const isLastWord = ({ decision }: ReadRecord): boolean => decision !== 'acted' && decision !== 'waiting';
