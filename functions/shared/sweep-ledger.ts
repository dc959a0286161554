import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Ledger } from './ledger.ts';

/** A sweep that has put up its last hint. */
export interface FinishedSweep {
  /** Id of the scheduled event that started it. */
  readonly event: string;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
  readonly hints: number;
}

/**
 * Remembers the last sweep.
 *
 * @param writer names the invocation: its own repetition is taken, also Lambda's retry of it
 * @returns false when the same event has started another sweep already, as an event that is delivered twice does
 */
export async function saveSweep(
  { documents, table }: Ledger,
  { event, finishedAt, hints }: FinishedSweep,
  writer: string,
): Promise<boolean> {
  try {
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: { pk: 'sweep', sk: 'last', event, finishedAt, hints, writer },
        ConditionExpression: 'attribute_not_exists(pk) OR event <> :event OR writer = :writer',
        ExpressionAttributeValues: { ':event': event, ':writer': writer },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
