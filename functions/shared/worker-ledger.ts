import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { CAUSES, OUTDATED } from './agent-cause.ts';
import { type Ledger, readItems } from './ledger.ts';
import { proposal } from './proposal.ts';

const PK = 'worker';

const cause = z.enum([...CAUSES, OUTDATED]);

/** A remedy that was begun for a worker and has not ended. */
const remedy = z.object({
  kind: z.enum(['attach-policy', 'default-host-management', 'update-agent', 'install-agent']),
  /** What it is to cure. */
  cause,
  /** Epoch milliseconds. */
  startedAt: z.number(),
  /** Counts from 1. */
  attempt: z.number(),
  /** Of an update command. */
  commandId: z.string().optional(),
});
export type StartedRemedy = z.infer<typeof remedy>;

const workerState = z.object({
  sk: z.string(),
  /** The last outcome that was recorded. */
  fingerprint: z.string().optional(),
  /** How many outcomes have been recorded: the same outcome after another one is a new one. */
  outcomes: z.number(),
  /** The event that led to it: a redelivery of that very event records it once more, with the same id. */
  trigger: z.string().optional(),
  /** Of the story that the last recorded outcome belongs to. */
  correlationId: z.string().optional(),
  /** Whether that story goes on: the worker is neither as it should be nor to be left alone. */
  open: z.literal(true).optional(),
  remedy: remedy.optional(),
  failures: z.object({ cause, count: z.number(), lastAt: z.number() }).optional(),
  proposal: proposal.optional(),
  /** The last operator's request that was answered: it is answered once, however often it comes. */
  answered: z.string().optional(),
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
});
export type WorkerState = Omit<z.infer<typeof workerState>, 'sk'>;

export const NEW_WORKER: WorkerState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms; workers live for days or weeks. */
const KEPT_FOR = 400 * 86_400_000;

/** The states of the given instances; one never seen before is missing. */
export async function readWorkers(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, WorkerState>> {
  const items = await readItems(ledger, PK, instanceIds, workerState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a worker's state unless somebody else has written since it was read.
 *
 * @param now epoch milliseconds
 * @param writer names the look that saves, uniquely: tells a repetition of its own write from a write of another look
 * @returns whether it was saved; if not, another look has decided about the worker meanwhile
 */
export async function saveWorker(
  { documents, table }: Ledger,
  instanceId: string,
  state: WorkerState,
  now: number,
  writer: string,
): Promise<boolean> {
  const item = { ...state, revision: state.revision + 1, writer, expiresAt: Math.floor((now + KEPT_FOR) / 1000) };
  try {
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: { pk: PK, sk: instanceId, ...item },
        // The second half accepts a repetition of this very write, whose reply was lost.
        ConditionExpression:
          'attribute_not_exists(pk) OR revision = :read OR (revision = :written AND writer = :writer)',
        ExpressionAttributeValues: { ':read': state.revision, ':written': item.revision, ':writer': writer },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
