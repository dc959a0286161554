import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';
import { sessionsIntent } from './sessions/intent.ts';

const PK = 'shells';

const action = z.enum(['look', 'close', 'restore']);
/** What a host is told to do. */
export type Action = z.infer<typeof action>;

const shellsState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** Whether that incident goes on. */
  open: z.literal(true).optional(),
  /** The command that is under way. */
  command: z.object({ action, id: z.string(), at: z.number() }).optional(),
  /**
   * What the last look found, when it was sent, epoch milliseconds, and the check of posture that it is about; nothing of
   * both where nothing lets anybody in.
   */
  seen: z.object({ at: z.number(), ways: z.string().optional(), check: z.string().optional() }).optional(),
  /** When the last command ended that told nothing, or not all was done, epoch milliseconds. */
  failedAt: z.number().optional(),
  /** When ways in were last closed, epoch milliseconds: it is not tried again before it is known what came of it. */
  triedAt: z.number().optional(),
  /** When they were closed from here, epoch milliseconds: only that can be undone. */
  closedAt: z.number().optional(),
  /** Of the region's preferences: a change that was begun, and is not recorded yet. */
  intent: sessionsIntent.optional(),
  ...proposalMemory,
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
});
export type ShellsState = Omit<z.infer<typeof shellsState>, 'sk'>;

export const NEVER_SEEN: ShellsState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** The states of the given instances; one never seen before is missing. */
export async function readStates(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, ShellsState>> {
  const items = await readItems(ledger, PK, instanceIds, shellsState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the state as it stands now; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  instanceId: string,
  state: ShellsState,
  now: number,
  writer: string,
): Promise<ShellsState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: instanceId, keptUntil: now + KEPT_FOR }, state, writer);
