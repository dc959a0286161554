import {
  type Quarantine,
  readQuarantines,
  readQuarantineWaitlist,
} from '../functions/quarantine-workers/model/quarantine-ledger.ts';
import { type BlastBudget, readBudget } from '../functions/shared/ledger/blast-budget.ts';
import type { Ledger } from '../functions/shared/ledger/ledger.ts';
import { UnreadableItemError } from '../functions/shared/ledger/unreadable-items.ts';
import type { Surroundings } from './command.ts';
import { readingLedger } from './reading-ledger.ts';

/** A worker that holds a slot of the budget. */
export interface HeldWorker {
  readonly instanceId: string;
  readonly cluster: string;
  readonly nodegroup?: string;
  /** Absent while its quarantine is just beginning or ending. */
  readonly quarantine?: Quarantine;
}

/** Reads the quarantined workers, longest first, and the workers that wait for a slot, from the ledger. */
export async function readHeld(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
): Promise<{ held: HeldWorker[]; waiting: string[] }> {
  const ledger = readingLedger(surroundings);
  const slots = await readSlots(ledger);
  const [states, waiting] = await Promise.all([
    readQuarantines(ledger, Object.keys(slots)),
    readQuarantineWaitlist(ledger),
  ]);
  const held = Object.entries(slots).map(([instanceId, { cluster, nodegroup }]): HeldWorker => {
    const quarantine = states.get(instanceId)?.quarantine;
    return {
      instanceId,
      cluster,
      ...(nodegroup !== undefined && { nodegroup }),
      ...(quarantine !== undefined && { quarantine }),
    };
  });
  return { held: held.sort((a, b) => startOf(a) - startOf(b)), waiting };
}

/** The slots of the budget; none where its item cannot be read, which is noted. */
async function readSlots(ledger: Ledger): Promise<BlastBudget['slots']> {
  try {
    return (await readBudget(ledger, 'quarantines')).slots;
  } catch (error) {
    if (error instanceof UnreadableItemError) return {};
    throw error;
  }
}

const startOf = ({ quarantine }: HeldWorker): number => quarantine?.startedAt ?? Number.MAX_SAFE_INTEGER;
