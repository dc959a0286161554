import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import type { Reason } from './reasons.ts';

const PK = 'exposed-group';

/** A rule of a security group, in EC2's own words, so that it can be given back as it was. */
const permission = z.record(z.string(), z.json());

const groupState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** What was closed and can be opened again. */
  closed: z
    .object({
      ingress: z.array(z.object({ groupId: z.string(), permissions: z.array(permission) })),
      subnets: z.array(z.string()),
      ipv6Subnets: z.array(z.string()).optional(),
    })
    .optional(),
  /** An operator had it opened again: it is reported, and not closed any more. */
  leftOpen: z.boolean().optional(),
  /** Counts what was written; absent: nothing yet, or by an earlier version. */
  revision: z.number().optional(),
});
export type ExposedGroupState = Omit<z.infer<typeof groupState>, 'sk'>;

export const NEW_EXPOSED_GROUP: ExposedGroupState = { outcomes: 0 };

/** The states of the given groups, by `cluster/nodegroup`; one that was never exposed is missing. */
export async function readExposedGroups(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, ExposedGroupState>> {
  const items = await readItems(ledger, PK, subjects, groupState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a group's state unless somebody else has written since it was read: two reconciles may look at one group at once.
 *
 * @param writer names this write, uniquely
 * @returns the state as it is now; undefined when another reconcile was first
 */
export const saveExposedGroup = (
  ledger: Ledger,
  subject: string,
  state: ExposedGroupState,
  writer: string,
): Promise<ExposedGroupState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: subject }, { ...state, revision: state.revision ?? 0 }, writer);
