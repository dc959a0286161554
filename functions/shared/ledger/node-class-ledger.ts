import * as z from 'zod';
import { heldAtGate } from '../gates/held-at-gate.ts';
import { type Ledger, queryItems, saveUnlessWritten } from './ledger.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposalMemory } from './proposal.ts';
import { progress } from './rollout-memory.ts';

export const NODE_CLASS_PK = 'node-class';
const PK = NODE_CLASS_PK;

/** How a node class stands in the rollouts of the releases of one pair. */
const classProgress = () =>
  progress().extend({
    /** The release that the class is pinned to, while Karpenter still replaces nodes of others. */
    taking: z.string().optional(),
  });
export type ClassProgress = z.infer<ReturnType<typeof classProgress>>;

const embeddedUserData = () =>
  z.union([
    z.object({
      embedded: z
        .array(z.object({ key: z.string(), isClusters: z.boolean(), certificates: z.array(z.string()).readonly() }))
        .readonly(),
    }),
    z.object({ unsearchable: z.string() }),
  ]);

const nodeClassState = z.lazy(() =>
  z.object({
    sk: z.string(),
    ...outcomeMemory<string>(),
    /** The reason of the last recorded outcome; absent in items written before waves. */
    reason: z.string().optional(),
    open: z.literal(true).optional(),
    /**
     * The alias that the class was pinned to here, its former AMI terms, and when, epoch milliseconds. It is saved before
     * the cluster is called. Only that can be undone. `isTaken`: the cluster has taken the write for certain.
     */
    made: z
      .object({ alias: z.string(), from: z.array(z.json()), at: z.number(), isTaken: z.literal(true).optional() })
      .optional(),
    /** Since when nodes of other releases have been seen beside a pin, whoever made it, epoch milliseconds. */
    behind: z.object({ alias: z.string(), since: z.number() }).optional(),
    /** Since when the cluster could not be read for what may pass, epoch milliseconds. */
    unreadSince: z.number().optional(),
    heldAtGate: heldAtGate().optional(),
    /**
     * How the class stands in rollouts, once for each architecture and variant of its nodes; absent where nobody waits
     * for it.
     */
    progress: z.array(classProgress()).optional(),
    /**
     * The certificates that the user data of the class embeds, by what `embeddedIn` says; absent where it never embedded
     * any. The user data itself is not kept.
     */
    userData: embeddedUserData().optional(),
    /** Who keeps the class as code, where user data is remembered. */
    codeOwner: z.string().optional(),
    ...proposalMemory(),
    /** Counts writes. A write succeeds only if nobody else has written since the read. */
    revision: z.number(),
  }),
);
export type NodeClassState = Omit<z.infer<typeof nodeClassState>, 'sk'>;

export const NEVER_SEEN: NodeClassState = { outcomes: 0, revision: 0 };

/**
 * How long a state is kept after its last change, ms, and that of a class that is gone. Each look at any cluster reads all
 * states, and whoever administers one may create and delete classes without end.
 */
const [KEPT_FOR, GONE_FOR] = [400 * 86_400_000, 7 * 86_400_000];

/** Reads the states of all node classes, by `subjectOf`: also of those that their clusters do not have any more. */
export async function readNodeClassStates(ledger: Ledger): Promise<Map<string, NodeClassState>> {
  const items = await queryItems(ledger, PK, nodeClassState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveNodeClassState = (
  ledger: Ledger,
  subject: string,
  state: NodeClassState,
  now: number,
  writer: string,
): Promise<NodeClassState | undefined> =>
  saveUnlessWritten(
    ledger,
    { pk: PK, sk: subject, keptUntil: now + (state.reason === 'node-class-gone' ? GONE_FOR : KEPT_FOR) },
    state,
    writer,
  );
