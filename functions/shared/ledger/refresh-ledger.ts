import * as z from 'zod';
import { heldAtGate } from '../gates/held-at-gate.ts';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from './ledger.ts';
import { keyOf, type NodeGroupKey } from './node-group-key.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposalMemory } from './proposal.ts';
import { lift, progress, setback } from './rollout-memory.ts';
import { LEDGER_UNREADABLE } from './unreadable-items.ts';

export const REFRESH_PK = 'refresh';
const PK = REFRESH_PK;

/** A refresh that has begun and not ended. It is saved before Auto Scaling is called, so that a crash loses nothing. */
const refresh = () =>
  z.object({
    /** Id of the AMI that the group moves to. */
    target: z.string(),
    /** The launch template, version and AMI that the group moves from. Items of earlier releases name no template. */
    from: z.object({ templateId: z.string().optional(), version: z.string(), imageId: z.string() }),
    /** Epoch milliseconds. */
    at: z.number(),
    /** Counts from 1 per AMI, so that the outcome of each attempt is new. */
    attempt: z.number(),
    /** The desired version, and Auto Scaling's id; absent until AWS has answered. */
    version: z.string().optional(),
    refreshId: z.string().optional(),
    /** When AWS answered with that id, epoch milliseconds. */
    takenAt: z.number().optional(),
    /** Present where this refresh undoes an earlier one: its version is the former one. */
    undoes: z.literal(true).optional(),
    /** Present where workers are replaced with the same AMI: those that were launched before, epoch milliseconds. */
    replaces: z.number().optional(),
    /** Present where EKS had tagged every worker of the group as a node when the refresh began: it tags those that join. */
    tellsJoined: z.literal(true).optional(),
    /** The last status and percentage that were seen, and since when, epoch milliseconds. */
    reached: z.object({ status: z.string(), percent: z.number(), since: z.number() }).optional(),
    /** When AWS was about to be asked for a rollback, epoch milliseconds; absent once it has answered. */
    rollingBackAt: z.number().optional(),
    /** When AWS accepted that rollback, epoch milliseconds. */
    rolledBackAt: z.number().optional(),
  });
export type Refresh = z.infer<ReturnType<typeof refresh>>;

const pinned = () => z.object({ version: z.string(), at: z.number() });

const refreshState = z.lazy(() =>
  z.object({
    sk: z.string(),
    ...outcomeMemory<string>(),
    /** The reason of the last recorded outcome; absent in items written before waves. */
    reason: z.string().optional(),
    open: z.literal(true).optional(),
    refresh: refresh().optional(),
    /** The last refresh that ended as wanted. Only that one can be undone. */
    done: refresh().optional(),
    /** Failed attempts to move to an AMI. `resumed` counts those that an operator has forgiven. */
    failures: z.object({ target: z.string(), count: z.number(), resumed: z.number() }).optional(),
    /** What has ended refreshes of the group, since it last reached an AMI or was resumed. Breakers count that. */
    setbacks: z.array(setback()).optional(),
    lifts: z.array(lift()).optional(),
    /** The version of its launch template that the group was pinned to, and when, epoch milliseconds. */
    pinned: pinned().optional(),
    /** The same, saved before Auto Scaling is asked, so that a crash loses nothing; absent once it has answered. */
    pinning: pinned().optional(),
    /** Since when a refresh to an AMI has waited only for a worker in quarantine, epoch milliseconds. */
    quarantineWait: z.object({ target: z.string(), since: z.number() }).optional(),
    heldAtGate: heldAtGate().optional(),
    /** The refresh of somebody else that holds the group up, and since when, epoch milliseconds. */
    foreign: z.object({ id: z.string(), since: z.number() }).optional(),
    /** ARN of the Auto Scaling group; absent in items of earlier releases. */
    arn: z.string().optional(),
    /** How the group stands in the rollouts of its AMIs; absent where it takes none, or the policy has no waves. */
    progress: progress().optional(),
    /** Since when Auto Scaling has not shown the group of which something is remembered, epoch milliseconds. */
    goneSince: z.number().optional(),
    ...proposalMemory(),
    /** Counts writes. A write succeeds only if nobody else has written since the read. */
    revision: z.number(),
  }),
);
export type RefreshState = Omit<z.infer<typeof refreshState>, 'sk'>;

export const NEVER_SEEN: RefreshState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/**
 * The remembered state of a group. Its ARN tells the group from an earlier one with the same name. Of the earlier one
 * five things are kept. The revision and the number of outcomes stay, so that no write and no outcome is mistaken for an
 * earlier one. An outcome that no record has yet stays, until it is recorded. The last answer stays, since a request is
 * answered once. The breakers that operators have lifted stay, since they hold others, too.
 *
 * @param arn of the group that Auto Scaling shows; undefined where it shows none
 */
export function stateOf(arn: string | undefined, known: RefreshState = NEVER_SEEN): RefreshState {
  if (arn === undefined || known.arn === undefined || known.arn === arn) return known;
  const { outcomes, revision, answered, lifts, unrecorded } = known;
  return {
    outcomes,
    revision,
    arn: known.arn,
    ...(answered && { answered }),
    ...(lifts && { lifts }),
    ...(unrecorded && { unrecorded }),
  };
}

/** Reads the states of groups, by `subjectOf`. A group never seen before is missing. */
export async function readStates(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, RefreshState>> {
  const items = await readItems(ledger, PK, subjects, refreshState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** The reason of a group that waits for others to end. */
export const WAITS_FOR_SLOT = 'refresh-waits-for-slot';

/** How long a refresh that nobody follows holds its slot, ms. Auto Scaling ends each refresh after 14 days. */
const HOLDS_FOR = 15 * 86_400_000;

/** The members of a state that matter to other groups: the blast budget, rollouts, breakers, and the line. */
const OF_OTHERS = ['refresh', 'progress', 'setbacks', 'lifts'] as const;

/**
 * The states that matter to other groups, by `subjectOf`: a refresh is in progress, the group has a place in rollouts,
 * refreshes of it have failed, breakers were lifted by a request about it, or it waits for a slot. Of one that cannot be
 * read, only that it has a place in rollouts.
 */
export async function readRemembered(ledger: Ledger): Promise<Map<string, RefreshState>> {
  const items = await queryItems(ledger, PK, refreshState, {
    FilterExpression: [...OF_OTHERS.map((name) => `attribute_exists(#${name})`), '#reason = :waits'].join(' OR '),
    ExpressionAttributeNames: Object.fromEntries([...OF_OTHERS, 'reason'].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: { ':waits': WAITS_FOR_SLOT },
  });
  const unreadable = (ledger.unreadable?.all() ?? []).filter(({ pk, item }) => pk === PK && 'progress' in item);
  return new Map([
    ...items.map(({ sk, ...state }): [string, RefreshState] => [sk, state]),
    ...unreadable.map(({ sk }): [string, RefreshState] => [sk, { ...NEVER_SEEN, reason: LEDGER_UNREADABLE }]),
  ]);
}

/**
 * The groups whose refresh is in progress. The states themselves are the blast budget, because there is one writer and
 * each refresh is saved before it begins.
 */
export const underWayIn = (states: ReadonlyMap<string, RefreshState>, now: number): NodeGroupKey[] =>
  [...states]
    .filter(([, { refresh: begun }]) => begun !== undefined && now - begun.at < HOLDS_FOR)
    .map(([subject]) => keyOf(subject));

/** Groups of which nobody can read more than that a refresh was begun: each holds its place, as nobody knows that it ended. */
export const unreadableUnderWay = ({ unreadable }: Ledger): NodeGroupKey[] =>
  (unreadable?.all() ?? []).flatMap(({ pk, sk, item }) => (pk === PK && 'refresh' in item ? [keyOf(sk)] : []));

/** @returns the saved state; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  subject: string,
  state: RefreshState,
  now: number,
  writer: string,
): Promise<RefreshState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
