import * as z from 'zod';
import { type Ledger, putItem, readItems } from '../shared/ledger/ledger.ts';
import { UnreadableItems } from '../shared/ledger/unreadable-items.ts';
import { severity } from '../shared/records/severity.ts';

const PK = 'finding';

const openFinding = z.object({
  /** The cause: a reason code. */
  reason: z.string(),
  /** Time of the first record with this cause, ISO 8601. */
  createdAt: z.string(),
  severity,
  message: z.string(),
  hint: z.string().optional(),
});
export type OpenFinding = z.infer<typeof openFinding>;

const findingState = z.object({
  sk: z.string(),
  /** The subject's finding in Security Hub that is not archived; absent when there is none. */
  open: openFinding.optional(),
  /** Time of the last record that was followed, epoch milliseconds. */
  followedTo: z.number(),
});
/** What the ledger remembers of one subject's finding. */
export type FindingState = Omit<z.infer<typeof findingState>, 'sk'>;

export const NO_FINDING: FindingState = { followedTo: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of the given subjects. A subject that never had a finding is missing. */
export async function readFindings(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, FindingState>> {
  // One that cannot be read is written anew, as a finding keeps its id: it keeps no other from Security Hub.
  const noting = { ...ledger, unreadable: new UnreadableItems() };
  const items = await readItems(noting, PK, subjects, findingState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a state once Security Hub has accepted it. If a crash makes the import repeat, the finding keeps its id.
 * @param now epoch milliseconds
 */
export async function saveFinding(ledger: Ledger, subject: string, state: FindingState, now: number): Promise<void> {
  await putItem(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state);
}
