import * as z from 'zod';
import { fromVersion1, type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { severity } from '../shared/records/severity.ts';

const PK = 'story';

const incidentState = z.object({
  sk: z.string(),
  /** The most severe that was told of the incident; absent while nothing is, and after its end. */
  told: severity.optional(),
  /** When, epoch milliseconds. */
  notifiedAt: z.number().optional(),
  /** Up to when records have been followed, epoch milliseconds: what is older comes late or again, and is no news. */
  followedTo: z.number().optional(),
  /** The record that is being told of: who does so, and since when (epoch milliseconds). Gone when it is sent. */
  pending: z
    .object({
      record: z.string(),
      phase: z.enum(['opened', 'worsened', 'ended']),
      writer: z.string(),
      since: z.number(),
    })
    .optional(),
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
});
/** What is remembered of an incident: what people have been told. */
export type IncidentState = Omit<z.infer<typeof incidentState>, 'sk'>;

const ITEM = fromVersion1(incidentState, { toldAt: 'notifiedAt' });

export const NEW_INCIDENT: IncidentState = { revision: 0 };

/** How long a state is kept after its last change, ms: longer than any incident should last. */
const KEPT_FOR = 90 * 86_400_000;

/** The states of the given incidents; one never told of is missing. */
export async function readStories(ledger: Ledger, incidents: readonly string[]): Promise<Map<string, IncidentState>> {
  const items = await readItems(ledger, PK, incidents, ITEM);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves an incident's state unless somebody else has written since it was read.
 *
 * @param now epoch milliseconds
 * @returns the state as it is now; undefined when another invocation was first
 */
export async function saveIncident(
  ledger: Ledger,
  incident: string,
  state: IncidentState,
  writer: string,
  now: number,
): Promise<IncidentState | undefined> {
  return saveUnlessWritten(ledger, { pk: PK, sk: incident, keptUntil: now + KEPT_FOR }, state, writer);
}
