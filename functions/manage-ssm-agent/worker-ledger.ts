import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposal } from '../shared/ledger/proposal.ts';
import { CAUSES, OUTDATED } from './agent-cause.ts';
import type { Reason } from './reasons.ts';

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
  /** The id of the update command. */
  commandId: z.string().optional(),
});
export type StartedRemedy = z.infer<typeof remedy>;

const workerState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** Whether that incident goes on: the worker is neither as it should be nor to be left alone. */
  open: z.literal(true).optional(),
  remedy: remedy.optional(),
  failures: z.object({ cause, count: z.number(), lastAt: z.number() }).optional(),
  proposal: proposal.optional(),
  /** The fingerprint of its role's policies while the agent answered. */
  roleFingerprint: z.string().optional(),
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
 * @param writer names the reconcile that saves, uniquely: tells a repetition of its own write from a write of another reconcile
 * @returns the state as it stands now; undefined when another reconcile has decided about the worker meanwhile
 */
export async function saveWorker(
  ledger: Ledger,
  instanceId: string,
  state: WorkerState,
  now: number,
  writer: string,
): Promise<WorkerState | undefined> {
  const item = { pk: PK, sk: instanceId, keptUntil: now + KEPT_FOR };
  return saveUnlessWritten(ledger, item, state, writer);
}
