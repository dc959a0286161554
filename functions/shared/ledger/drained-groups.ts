import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';

/** The `pk` under which `drain-nodes` keeps what it made in self-managed groups. */
export const DRAIN_HOOK_PK = 'drain-hook';

const known = z.object({ sk: z.string(), fingerprint: z.string().default(''), made: z.unknown().optional() });

/**
 * The groups among `subjects` whose nodes `drain-nodes` drains, by what it found at its last look: its hook stands, was
 * made by it, and nothing keeps it from draining, such as a missing access to the cluster or the policy.
 *
 * @param subjects groups by `subjectOf`
 */
export async function readDrainedGroups(ledger: Ledger, subjects: readonly string[]): Promise<ReadonlySet<string>> {
  const items = await readItems(ledger, DRAIN_HOOK_PK, subjects, known);
  return new Set(
    items.flatMap(({ sk, made, fingerprint }) =>
      made !== undefined && /^hook-(made|stands)\b/.test(fingerprint) ? sk : [],
    ),
  );
}
