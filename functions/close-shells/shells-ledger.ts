import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';
import { sessionsIntent } from './sessions/intent.ts';

export const PK = 'shells';

const action = z.enum(['look', 'close', 'restore']);
/** A command to a host. */
export type Action = z.infer<typeof action>;

const shellsState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** Whether the incident goes on. */
  open: z.literal(true).optional(),
  /** The command that is under way. */
  command: z.object({ action, id: z.string(), at: z.number() }).optional(),
  /**
   * The result of the last check of the host: when it was sent, epoch milliseconds; the ways in, and the check of
   * posture that they fail. `ways` and `check` are absent where nothing lets anybody in. `fixed`: none of the ways can be
   * closed by a command.
   */
  seen: z
    .object({
      at: z.number(),
      ways: z.string().optional(),
      check: z.string().optional(),
      fixed: z.literal(true).optional(),
    })
    .optional(),
  /** When a command last ended without a result, or with work left, epoch milliseconds. */
  failedAt: z.number().optional(),
  /** When closing was last tried, epoch milliseconds. It is not tried again before the outcome is known. */
  triedAt: z.number().optional(),
  /**
   * When the host was about to be told to close them, epoch milliseconds. It is saved before the command is sent, so that a
   * crash loses nothing.
   */
  closing: z.number().optional(),
  /** When this function closed them, epoch milliseconds. Only that can be undone. */
  closedAt: z.number().optional(),
  /** A change of the region's preferences that was begun and is not recorded yet. */
  intent: sessionsIntent.optional(),
  ...proposalMemory(),
  /** Counts the writes. A write succeeds only if nobody has written since the read. */
  revision: z.number(),
});
export type ShellsState = Omit<z.infer<typeof shellsState>, 'sk'>;

export const NEVER_SEEN: ShellsState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** The states of the given instances. An instance without a state is missing from the result. */
export async function readStates(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, ShellsState>> {
  const items = await readItems(ledger, PK, instanceIds, shellsState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the state as saved; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  instanceId: string,
  state: ShellsState,
  now: number,
  writer: string,
): Promise<ShellsState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: instanceId, keptUntil: now + KEPT_FOR }, state, writer);
