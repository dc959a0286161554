import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../../shared/ledger/ledger.ts';
import { outcomeMemory, storedOutcome } from '../../shared/ledger/outcome-ledger.ts';
import type { Reason } from '../reasons.ts';

export const EXPOSED_GROUP_PK = 'exposed-group';
const PK = EXPOSED_GROUP_PK;

/** The outcomes about a group. */
const told = () => ({
  ...outcomeMemory<Reason>(),
  /**
   * The outcome of a closing that was about to be done when this item was saved, in words that leave open whether it was
   * done. Where a run ends early, the next one records it.
   */
  intended: storedOutcome<Reason>().optional(),
});

/** A security group rule in EC2's format, so that it can be restored unchanged. */
const permission = () => z.record(z.string(), z.json());

const groupState = z.lazy(() =>
  z.object({
    sk: z.string(),
    ...told(),
    /** What was closed and can be reopened. */
    closed: z
      .object({
        ingress: z.array(z.object({ groupId: z.string(), permissions: z.array(permission()) })),
        subnets: z.array(z.string()),
        ipv6Subnets: z.array(z.string()).optional(),
      })
      .optional(),
    /** Whether an operator had the group reopened. It is reported, but not closed any more. */
    leftOpen: z.boolean().optional(),
    /** Id of the operator's request that was answered last. A request is answered once, however often it is delivered. */
    answered: z.string().optional(),
    /** The last outcome about rules that let public addresses in at the ports of shells. */
    shellIngress: z.object(told()).optional(),
    /** Counts writes; absent before the first write, and in items of earlier versions. */
    revision: z.number().optional(),
  }),
);
export type ExposedGroupState = Omit<z.infer<typeof groupState>, 'sk'>;

export const NEW_EXPOSED_GROUP: ExposedGroupState = { outcomes: 0 };

/**
 * Reads the states of the given node groups, by `cluster/nodegroup`. A node group that was never exposed is missing.
 */
export async function readExposedGroups(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, ExposedGroupState>> {
  const items = await readItems(ledger, PK, subjects, groupState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a node group's state unless another reconcile has written it since it was read: two may handle one node group
 * at once.
 *
 * @param writer unique name of this write
 * @returns the saved state; undefined when another reconcile was first
 */
export const saveExposedGroup = (
  ledger: Ledger,
  subject: string,
  state: ExposedGroupState,
  writer: string,
): Promise<ExposedGroupState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: subject }, { ...state, revision: state.revision ?? 0 }, writer);
