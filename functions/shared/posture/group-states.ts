import * as z from 'zod';
import { type Ledger, queryItems } from '../ledger/ledger.ts';

/** The partition of the ledger with what is known of groups. */
export const GROUP_STATES = 'posture-group';

const finding = z.object({
  /** Epoch milliseconds. */
  since: z.number(),
  correlationId: z.string(),
  /** On what it rested when it was last seen. */
  evidence: z.array(z.string()).optional(),
  /** The waiver that covers it, and its end. */
  waiver: z.object({ id: z.string(), until: z.number() }).optional(),
});
export type Finding = z.infer<typeof finding>;

/** What is known of a group that was looked at. */
export const lookedAt = z.object({
  sk: z.string(),
  /** When evidence was last had, epoch milliseconds. */
  checkedAt: z.number().optional(),
  /** Since when none can be had, and whether that was told. */
  unknownSince: z.number().optional(),
  unknownNotified: z.string().optional(),
  /** AWS does not tell whose its workers are: by which code, and the incident under which that was told. */
  unreadable: z.object({ code: z.string(), correlationId: z.string() }).optional(),
  /** The last verdict of each check. */
  verdicts: z.record(z.string(), z.enum(['PASS', 'FAIL', 'MANUAL', 'N/A'])),
  /** What fails, by check. */
  findings: z.record(z.string(), finding),
  /** Why checks are not decided, by check. */
  notes: z.record(z.string(), z.string()).optional(),
  revision: z.number(),
});
export type LookedAt = Omit<z.infer<typeof lookedAt>, 'sk'>;

/** All groups that were looked at, by subject. */
export async function readAllGroupStates(ledger: Ledger): Promise<Map<string, LookedAt>> {
  const items = await queryItems(ledger, GROUP_STATES, lookedAt);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}
