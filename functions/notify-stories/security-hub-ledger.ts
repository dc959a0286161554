import * as z from 'zod';
import { type Ledger, putItem, readItems } from '../shared/ledger/ledger.ts';
import { severity } from '../shared/records/severity.ts';

const PK = 'finding';

const openFinding = z.object({
  /** Its cause. */
  reason: z.string(),
  /** When it was first seen, ISO 8601. */
  createdAt: z.string(),
  severity,
  message: z.string(),
  hint: z.string().optional(),
});
export type OpenFinding = z.infer<typeof openFinding>;

const findingState = z.object({
  sk: z.string(),
  /** The finding that Security Hub has of the subject; absent when it has none that is not archived. */
  open: openFinding.optional(),
  /** Up to when records have been followed, epoch milliseconds. */
  followedTo: z.number(),
});
/** What is remembered of the findings about one subject. */
export type FindingState = Omit<z.infer<typeof findingState>, 'sk'>;

export const NO_FINDING: FindingState = { followedTo: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** The states of the given subjects; one that never had a finding is missing. */
export async function readFindings(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, FindingState>> {
  const items = await readItems(ledger, PK, subjects, findingState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** Saved after Security Hub has been told: what is told again has the same id there. @param now epoch milliseconds */
export async function saveFinding(ledger: Ledger, subject: string, state: FindingState, now: number): Promise<void> {
  await putItem(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state);
}
