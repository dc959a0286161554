import * as z from 'zod';
import { type Ledger, saveUnlessWritten, withFormerNames } from '../shared/ledger/ledger.ts';
import { severity } from '../shared/records/severity.ts';
import { readAnew } from './read-anew.ts';

const PK = 'incident';
/** The partition key of incidents in version 2 of the ledger. */
const FORMER_PK = 'story';

const incidentState = z.object({
  pk: z.string(),
  sk: z.string(),
  /**
   * Highest severity that people were notified of; absent before the first notification and after the incident's end.
   */
  notified: severity.optional(),
  /** Time of the last notification, epoch milliseconds. */
  notifiedAt: z.number().optional(),
  /** Time of the last record that was followed, epoch milliseconds. Older records are late or repeated, and no news. */
  followedTo: z.number().optional(),
  /**
   * The record that a notification is being sent for, with the sender and the time (epoch milliseconds). Removed once
   * it is sent.
   */
  pending: z
    .object({
      record: z.string(),
      phase: z.enum(['opened', 'worsened', 'ended']),
      writer: z.string(),
      since: z.number(),
    })
    .optional(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
/** What the ledger remembers of an incident: which notifications were sent. */
export type IncidentState = Omit<z.infer<typeof incidentState>, 'pk' | 'sk'>;

const ITEM = withFormerNames(incidentState, { told: 'notified', toldAt: 'notifiedAt' });

export const NEW_INCIDENT: IncidentState = { revision: 0 };

/**
 * How long a state is kept after its last change, ms. Extended support of EKS lasts for a year, and so may an incident.
 */
const KEPT_FOR = 400 * 86_400_000;

/**
 * Reads the states of the given incidents, which are different. Incidents without any notification are missing.
 *
 * @param former the keys that incidents had in former versions, by incident; each of one incident alone
 */
export async function readIncidents(
  ledger: Ledger,
  incidents: readonly string[],
  former: ReadonlyMap<string, string> = new Map(),
): Promise<Map<string, IncidentState>> {
  /** Where an incident's state may be. One of a former version is saved under the new key, where no item exists yet. */
  const placesOf = (incident: string) => {
    const renamed = former.get(incident);
    const places = [
      { pk: PK, sk: incident },
      { pk: FORMER_PK, sk: incident },
    ];
    return renamed === undefined ? places : [...places, { pk: PK, sk: renamed }];
  };
  const items = await readAnew(ledger, incidents.flatMap(placesOf), ITEM, {});
  const states = new Map(items.map(({ pk, sk, ...state }) => [`${pk} ${sk}`, state]));
  return new Map(
    incidents.flatMap((incident): Array<[string, IncidentState]> => {
      const [own, ...formers] = placesOf(incident).map(({ pk, sk }) => states.get(`${pk} ${sk}`));
      if (own !== undefined) return [[incident, own]];
      const before = formers.find((state) => state !== undefined);
      return before === undefined ? [] : [[incident, { ...before, revision: NEW_INCIDENT.revision }]];
    }),
  );
}

/**
 * Saves an incident's state unless another invocation has written it since it was read.
 *
 * @param now epoch milliseconds
 * @returns the saved state; undefined when another invocation was first
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
