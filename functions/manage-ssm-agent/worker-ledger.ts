import * as z from 'zod';
import { type ItemKey, type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import { CAUSES, OUTDATED } from './agent-cause.ts';
import type { Reason } from './reasons.ts';

export const PK = 'worker';

const cause = z.enum([...CAUSES, OUTDATED]);

/** A remedy that has begun for a worker and has not ended. */
const remedy = z.object({
  kind: z.enum(['attach-policy', 'default-host-management', 'update-agent', 'install-agent']),
  /** The cause that it should cure. */
  cause,
  /** Epoch milliseconds. */
  startedAt: z.number(),
  /** Counts from 1. */
  attempt: z.number(),
  /** Id of the update command. */
  commandId: z.string().optional(),
});
export type StartedRemedy = z.infer<typeof remedy>;

/** A remedy that was about to begin. It is saved before that, so that a crash loses nothing. */
const intended = z.object({
  remedy,
  /** How people undo it. */
  undo: z.string().optional(),
});
export type IntendedRemedy = z.infer<typeof intended>;

const workerState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** Whether the incident goes on: the worker is neither in order nor to be left alone. */
  open: z.literal(true).optional(),
  remedy: remedy.optional(),
  intended: intended.optional(),
  failures: z.object({ cause, count: z.number(), lastAt: z.number() }).optional(),
  ...proposalMemory(),
  /** Fingerprint of the role's policies at the time the agent answered. */
  roleFingerprint: z.string().optional(),
  /** The version that the last update here brought, and when, epoch milliseconds. */
  updated: z.object({ to: z.string(), at: z.number() }).optional(),
  /** Since when no session reaches the worker although its agent answers, epoch milliseconds. */
  unconnectedSince: z.number().optional(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type WorkerState = Omit<z.infer<typeof workerState>, 'sk'>;

export const NEW_WORKER: WorkerState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. Workers live for days or weeks. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of the given instances. An instance never seen before is missing. */
export async function readWorkers(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, WorkerState>> {
  const items = await readItems(ledger, PK, instanceIds, workerState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a worker's state unless another reconcile has written it since it was read.
 *
 * @param now epoch milliseconds
 * @param writer unique name of the reconcile that saves, which tells a retry of its own write from another reconcile's
 * write
 * @returns the saved state; undefined when another reconcile has decided about the worker meanwhile
 */
export async function saveWorker(
  ledger: Ledger,
  instanceId: string,
  state: WorkerState,
  now: number,
  writer: string,
): Promise<WorkerState | undefined> {
  const item: ItemKey = { pk: PK, sk: instanceId, keptUntil: now + KEPT_FOR };
  return saveUnlessWritten(ledger, item, state, writer);
}
