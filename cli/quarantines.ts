import {
  type Quarantine,
  readQuarantines,
  readQuarantineWaitlist,
} from '../functions/quarantine-workers/model/quarantine-ledger.ts';
import { readBudget } from '../functions/shared/ledger/blast-budget.ts';
import { createLedger } from '../functions/shared/ledger/ledger.ts';
import type { Surroundings } from './command.ts';

/** A worker that holds a slot of the budget. */
export interface HeldWorker {
  readonly instanceId: string;
  readonly cluster: string;
  readonly nodegroup?: string;
  /** Absent while its quarantine is just beginning or ending. */
  readonly quarantine?: Quarantine;
}

/** Reads the quarantined workers, longest first, and the workers that wait for a slot, from the ledger. */
export async function readHeld({
  clients: { dynamoDb },
  stack,
}: Pick<Surroundings, 'clients' | 'stack'>): Promise<{ held: HeldWorker[]; waiting: string[] }> {
  const ledger = createLedger(dynamoDb, stack.LedgerTableName);
  const { slots } = await readBudget(ledger, 'quarantines');
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

const startOf = ({ quarantine }: HeldWorker): number => quarantine?.startedAt ?? Number.MAX_SAFE_INTEGER;
