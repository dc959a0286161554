import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten, withFormerNames } from '../shared/ledger/ledger.ts';
import { severity } from '../shared/records/severity.ts';

const PK = 'incident';
/** What version 2 of the ledger called it. */
const FORMER_PK = 'story';

const incidentState = z.object({
  sk: z.string(),
  /** The most severe that people were notified of; absent while they were of nothing, and after its end. */
  notified: severity.optional(),
  /** When, epoch milliseconds. */
  notifiedAt: z.number().optional(),
  /** Up to when records have been followed, epoch milliseconds: what is older comes late or again, and is no news. */
  followedTo: z.number().optional(),
  /** The record that people are being notified of: who does so, and since when (epoch milliseconds). Gone when it is sent. */
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
/** What is remembered of an incident: what people were notified of. */
export type IncidentState = Omit<z.infer<typeof incidentState>, 'sk'>;

const ITEM = withFormerNames(incidentState, { told: 'notified', toldAt: 'notifiedAt' });

export const NEW_INCIDENT: IncidentState = { revision: 0 };

/** How long a state is kept after its last change, ms: longer than any incident should last. */
const KEPT_FOR = 90 * 86_400_000;

/** The states of the given incidents; one of which nobody was ever notified is missing. */
export async function readIncidents(ledger: Ledger, incidents: readonly string[]): Promise<Map<string, IncidentState>> {
  const items = await readItems(ledger, PK, incidents, ITEM);
  const states = new Map(items.map(({ sk, ...state }) => [sk, state]));
  const missing = incidents.filter((incident) => !states.has(incident));
  // What goes on since version 2 is saved anew, as an item of which there is none yet.
  for (const { sk, ...state } of await readItems(ledger, FORMER_PK, missing, ITEM)) {
    states.set(sk, { ...state, revision: NEW_INCIDENT.revision });
  }
  return states;
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
