import * as z from 'zod';
import { type Ledger, queryItems } from '../ledger/ledger.ts';

/** The ledger partition with the states of node groups. */
export const GROUP_STATES = 'posture-group';

const finding = () =>
  z.object({
    /** Epoch milliseconds. */
    since: z.number(),
    correlationId: z.string(),
    /** The evidence when it was last observed. */
    evidence: z.array(z.string()).optional(),
    /** Ids of the workers that failed when they were looked at last. */
    hosts: z.array(z.string()).optional(),
    /** The waiver that covers it, and its end. */
    waiver: z.object({ id: z.string(), until: z.number() }).optional(),
  });
export type Finding = z.infer<ReturnType<typeof finding>>;

/** The state of a node group that was checked. */
export const lookedAt = () =>
  z.object({
    sk: z.string(),
    /** Time of the last evidence, epoch milliseconds. */
    checkedAt: z.number().optional(),
    /** Since when there is no evidence, and the notification about that. */
    unknownSince: z.number().optional(),
    unknownNotified: z.string().optional(),
    /** Whether that was told of a group whose agents answer. */
    untold: z.literal(true).optional(),
    /** The owner of its workers cannot be read from AWS: the error code, and the incident that reported it. */
    unreadable: z.object({ code: z.string(), correlationId: z.string() }).optional(),
    /** The last verdict of each check. */
    verdicts: z.record(z.string(), z.enum(['PASS', 'FAIL', 'MANUAL', 'N/A'])),
    /** Failed checks. */
    findings: z.record(z.string(), finding()),
    /** Why checks are undecided, by check. */
    notes: z.record(z.string(), z.string()).optional(),
    revision: z.number(),
  });
const STATE = z.lazy(lookedAt);
export type LookedAt = Omit<z.infer<ReturnType<typeof lookedAt>>, 'sk'>;

/** Reads all node groups that were checked, by subject. */
export async function readAllGroupStates(ledger: Ledger): Promise<Map<string, LookedAt>> {
  const items = await queryItems(ledger, GROUP_STATES, STATE);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}
