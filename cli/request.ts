import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { SOURCE } from '../events/envelope.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { isAbout } from '../functions/shared/records/record-subject.ts';
import type { Surroundings } from './command.ts';
import { readRecords } from './records.ts';
import { conditionOf } from './subject.ts';

/** EventBridge did not accept an event. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** A request that was sent. */
export interface SentRequest {
  /** Id of the event, from EventBridge: the `trigger.id` of the records that it causes. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Publishes a request on the stack's bus. The detail gets `requestedBy`: the ARN of the caller, from STS. It only
 * informs people who read records; no function's rights depend on it.
 *
 * @param detailType of one of the events in `events/`
 * @throws RequestRefused when EventBridge did not accept it
 */
export async function sendRequest(
  { clients: { eventBridge, sts }, stack, clock }: Pick<Surroundings, 'clients' | 'stack' | 'clock'>,
  detailType: string,
  detail: object,
): Promise<SentRequest> {
  const { Arn: requestedBy } = await sts.send(new GetCallerIdentityCommand());
  const at = clock.now();
  const { Entries: [entry] = [] } = await eventBridge.send(
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
  // EventBridge answers with status 200 even when it rejects an entry.
  if (entry?.EventId === undefined) {
    const { ErrorCode = 'InternalFailure', ErrorMessage = 'It does not say why.' } = entry ?? {};
    throw new RequestRefused(`EventBridge did not take the request: ${ErrorCode} ${ErrorMessage}`);
  }
  return { id: entry.EventId, at };
}

export interface FollowOptions {
  /** Whether a record is the outcome. Default: every record except `acted` and `waiting`, which more records follow. */
  readonly isOutcome?: (record: ReadRecord) => boolean;
  /** The longest wait by AWS's clock, ms; 2 minutes when absent. */
  readonly timeout?: number;
  /** Called for each record as it appears. */
  readonly onRecord?: (record: ReadRecord) => void;
}

/** Pause between two reads of the log, real ms. Records appear some seconds after they were written. */
const POLL_MS = 2_000;

/** Clocks differ even within AWS, so reading starts this long before the request, ms. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Waits for the records of a request.
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
  let outcome: ReadRecord | undefined;
  for (;;) {
    // The time of the read, not after it: in a sandbox that runs faster than real time, much time may pass during one
    // read.
    const lookedAt = clock.now();
    const records = await readRecords(surroundings, [conditionOf({ event: id })], at - CLOCK_SKEW_MS);
    for (const record of records.filter((found) => isAbout(found, { event: id }) && !told.has(found.id))) {
      told.add(record.id);
      onRecord?.(record);
      outcome ??= isOutcome(record) ? record : undefined;
    }
    // One request may have several answers at once, such as two items of the ledger that cannot be read.
    if (outcome !== undefined) return outcome;
    if (lookedAt >= end) return undefined;
    await sleep(POLL_MS);
  }
}

const isLastWord = ({ decision }: ReadRecord): boolean => decision !== 'acted' && decision !== 'waiting';
