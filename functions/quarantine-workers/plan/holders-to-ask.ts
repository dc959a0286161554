import type { WorkerAgain } from '../../shared/intake/look-again.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { Decided } from './plan.ts';

/**
 * The workers in quarantine that are looked at because another one begins to wait for a slot: one may be gone, which no
 * event tells. Its slot is given back then, and the waiting worker is called. A slot that was just taken is left alone.
 */
export const holdersToAsk = (settled: readonly Decided[], slots: BlastBudget['slots'], now: number): WorkerAgain[] =>
  settled.some(
    ({ observation: { state }, decision: { reason } }) =>
      reason === 'quarantine-budget' && state.reason !== 'quarantine-budget',
  )
    ? Object.entries(slots).flatMap(([instanceId, { expiresAt }]) => (expiresAt > now ? [] : [{ instanceId, at: now }]))
    : [];
