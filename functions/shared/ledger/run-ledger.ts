import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { Trigger } from '../records/recorder.ts';
import { type Ledger, putItem } from './ledger.ts';

/** The invocation that claims the run. */
export interface Caller {
  readonly remediation: string;
  /** Id of the invocation. Lambda's own retry has the same id. */
  readonly requestId: string;
}

/**
 * Lets only one invocation run for a scheduled event. EventBridge may deliver an event twice, and both invocations
 * would then observe, record and announce the same things in parallel.
 *
 * @returns false when another invocation runs, or has run, for the same event
 */
export async function claimRun(
  ledger: Ledger,
  { id: event }: Trigger,
  { remediation, requestId: writer }: Caller,
): Promise<boolean> {
  try {
    await putItem(
      ledger,
      { pk: 'run', sk: remediation },
      { event, writer },
      {
        // The last part accepts repetitions: of a write whose reply was lost, and of an invocation that failed.
        ConditionExpression: 'attribute_not_exists(pk) OR event <> :event OR writer = :writer',
        ExpressionAttributeValues: { ':event': event, ':writer': writer },
      },
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
