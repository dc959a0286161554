import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type BlastBudget, budgetKey, budgetOf } from '../../shared/ledger/blast-budget.ts';
import {
  type Ledger,
  parseItems,
  putItem,
  queryItems,
  readByKeys,
  readItems,
  saveUnlessWritten,
} from '../../shared/ledger/ledger.ts';
import { outcomeMemory } from '../../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../../shared/ledger/proposal.ts';
import { terminationOrder } from '../../shared/ledger/termination-order.ts';
import { EXPOSURE_KINDS } from '../exposure/exposure-kind.ts';
import type { Reason } from '../reasons.ts';

export const PK = 'quarantine';
const WAITLIST = 'quarantine-line';

/** A network interface as it was before the quarantine. */
const savedInterface = () =>
  z.object({
    id: z.string(),
    /** Its security groups, in EC2's order. */
    groups: z.array(z.string()),
    addresses: z.array(
      z.object({
        publicIp: z.string(),
        /** The private address that it belongs to. */
        privateIp: z.string(),
        /** The allocation of an Elastic IP. An address without one was automatic, and nobody can have it back. */
        allocationId: z.string().optional(),
      }),
    ),
    ipv6: z.array(z.string()),
    ipv6Prefixes: z.array(z.string()).optional(),
    /** Whether it is the interface of a pod, with which it comes and goes. */
    branch: z.boolean().optional(),
    /** Whether it was attached since the quarantine began. */
    later: z.boolean().optional(),
  });
export type SavedInterface = z.infer<ReturnType<typeof savedInterface>>;

const savedTarget = () =>
  z.object({
    targetGroupArn: z.string(),
    id: z.string(),
    port: z.number().optional(),
    /** Targets of protocol QUIC are registered with the id that their server puts into connection ids. */
    quicServerId: z.string().optional(),
  });
export type SavedTarget = z.infer<ReturnType<typeof savedTarget>>;

/** Everything that a release gives back. */
const saved = () =>
  z.object({
    interfaces: z.array(savedInterface()),
    /** The Auto Scaling group that it belonged to. */
    autoScalingGroup: z.string().optional(),
    /** Whether somebody had put it into standby before. */
    standby: z.boolean().optional(),
    /** Whether it waited in the warm pool of that group. */
    warmed: z.boolean().optional(),
    /** Whether that group had not put it into service yet, after its launch, when everything else was done. */
    launching: z.boolean().optional(),
    /** Whether it has left that group for good. */
    detached: z.boolean().optional(),
    targets: z.array(savedTarget()),
    /** Whether its places in Auto Scaling and target groups are unread. Its interfaces are closed first. */
    placesUnread: z.boolean().optional(),
    /** Whether it was protected from termination; absent until the quarantine changes that. */
    terminationProtected: z.boolean().optional(),
    /** Its Kubernetes node; absent until the quarantine changes the node. */
    node: z
      .object({
        name: z.string(),
        unschedulable: z.boolean(),
        label: z.string().optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
  });
export type Saved = z.infer<ReturnType<typeof saved>>;

/** An exposure that an operator accepted by releasing the worker. */
const acceptedExposure = () =>
  z.object({
    interfaceId: z.string(),
    kind: z.enum(EXPOSURE_KINDS),
    openPorts: z.array(z.string()),
  });
export type AcceptedExposure = z.infer<ReturnType<typeof acceptedExposure>>;

const pairOfGroups = () => z.object({ untracking: z.string(), closed: z.string() });

const quarantine = () =>
  z.object({
    kind: z.enum(['isolate', 'strip']),
    phase: z.enum(['isolating', 'isolated', 'releasing', 'terminating']),
    /** When a fresh read last found it isolated after a change, epoch milliseconds. */
    isolatedAt: z.number().optional(),
    /** Until when AWS may give it an automatic address for an Elastic IP that was taken off, epoch milliseconds. */
    automaticUntil: z.number().optional(),
    cluster: z.string(),
    nodegroup: z.string().optional(),
    vpcId: z.string(),
    /** The exposures at the beginning, in words. */
    exposures: z.array(z.string()),
    /** Epoch milliseconds, like all times here. */
    startedAt: z.number(),
    expiresAt: z.number(),
    /** The event that it came from, as the worker's tags name it. */
    by: z.string(),
    /**
     * The security groups for the worker: first the one that ends connection tracking, then the closed one. An interface
     * takes groups of its own VPC only, so `ofOtherVpcs` has those for interfaces in other VPCs, by VPC.
     */
    groups: pairOfGroups()
      .extend({ ofOtherVpcs: z.record(z.string(), pairOfGroups()).optional() })
      .optional(),
    saved: saved(),
    /** What was left out or failed, by step. */
    notes: z.record(z.string(), z.string()),
    /** How it was recovered after the ledger lost it: by the security group that held it, or only by its tags. */
    found: z.enum(['held', 'tagged']).optional(),
    /** The operator's approval in mode observe. An approved quarantine goes on as in mode enforce. */
    approved: z.object({ id: z.string(), requestedBy: z.string(), why: z.string() }).optional(),
    /** Ids of the operators' requests that extended it. Each extends it once, however often it is delivered. */
    extensions: z.array(z.string()).optional(),
    /** How often somebody has opened it again, and when; `toldAt`: the last record of that. Epoch milliseconds. */
    undone: z
      .object({ count: z.number(), firstAt: z.number(), lastAt: z.number(), toldAt: z.number().optional() })
      .optional(),
    /** Whether it holds no slot and only waits for room in its Auto Scaling group, after everything else was restored. */
    returning: z.boolean().optional(),
    /** When everything was given back but its node, or the mark that keeps Karpenter off it, and the exposures accepted then. */
    givenBack: z.object({ at: z.number(), accepted: z.array(acceptedExposure()) }).optional(),
    /** Since when a release waits for the cluster of the node, epoch milliseconds. */
    nodeAwaitedSince: z.number().optional(),
    /** The order to terminate the worker; absent in another phase. */
    termination: terminationOrder.optional(),
    /**
     * Why it was not terminated at its expiry, as told, without what changes from try to try. It is tried again each hour,
     * and only another reason is news.
     */
    unterminated: z.string().optional(),
    /** The operator's request that is being granted. */
    request: z.object({ id: z.string(), requestedBy: z.string(), why: z.string() }).optional(),
  });
export type Quarantine = z.infer<ReturnType<typeof quarantine>>;

/** How long a slot is reserved for a quarantine that is about to be saved, ms: longer than a function runs. */
export const SLOT_RESERVED_FOR = 5 * 60_000;

/**
 * Whether a quarantine counts against the budget: not where all is given back but a place in a group, Karpenter's
 * mark, or what its cluster does not give back just now.
 */
export const holdsSlot = (quarantine: Quarantine | undefined): quarantine is Quarantine =>
  quarantine !== undefined && quarantine.returning !== true && quarantine.givenBack === undefined;

/** Built when the first worker is read that the ledger knows: most launches need none of it. */
const workerState = z.lazy(() =>
  z.object({
    sk: z.string(),
    ...outcomeMemory<Reason>(),
    reason: z.string().optional(),
    /** Since when the reason holds. It sets the place on the waitlist for a slot. */
    since: z.number().optional(),
    quarantine: quarantine().optional(),
    accepted: z.array(acceptedExposure()).optional(),
    ...proposalMemory(),
    /** The operator's request that ended the last quarantine. A redelivery of it has no effect. */
    granted: z.string().optional(),
    /** When a requested reconcile is due, epoch milliseconds. No further one is requested until then. */
    lookAt: z.number().optional(),
    /** The reconcile that acts on the worker now. Others wait, so that steps never run side by side. */
    lease: z.object({ holder: z.string(), until: z.number() }).optional(),
    /** Counts the writes. A write succeeds only if nobody has written since the read. */
    revision: z.number(),
  }),
);
export type QuarantineState = Omit<z.infer<typeof workerState>, 'sk'>;

export const NEVER_SEEN: QuarantineState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. An open quarantine is kept without a limit. */
const KEPT_FOR = 400 * 86_400_000;

/** The states of the given instances. An instance without a state is missing from the result. */
export async function readQuarantines(
  ledger: Ledger,
  instanceIds: readonly string[],
): Promise<Map<string, QuarantineState>> {
  const items = await readItems(ledger, PK, instanceIds, workerState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** The state of the ledger when a reconcile begins. */
export interface Standing {
  /** The holders of slots, including instances that EC2 no longer shows. */
  readonly budget: BlastBudget;
  /** The states of the workers that a batch names by id. A worker without a state is missing. */
  readonly states: ReadonlyMap<string, QuarantineState>;
}

/** Reads the holders of the blast budget and the states of the given instances concurrently. */
export async function readStanding(ledger: Ledger, instanceIds: readonly string[]): Promise<Standing> {
  const budget = budgetKey('quarantines');
  const keys = [budget, ...new Set(instanceIds)].map((key) => (typeof key === 'string' ? { pk: PK, sk: key } : key));
  const items = await readByKeys(ledger, keys);
  const kept = items.filter(({ pk }) => pk === PK);
  const states = parseItems(ledger, kept, workerState);
  return {
    budget: budgetOf(
      ledger,
      'quarantines',
      items.find(({ pk }) => pk === budget.pk),
    ),
    states: new Map(states.map(({ sk, ...state }) => [sk, state])),
  };
}

/** A worker that stays exposed until a slot of the budget is free. */
const waiting = z.object({ sk: z.string(), since: z.number() });

/** The waitlist for a slot: instance ids, the longest waiting first. */
export async function readQuarantineWaitlist(ledger: Ledger): Promise<string[]> {
  const items = await queryItems(ledger, WAITLIST, waiting);
  return items.sort((a, b) => a.since - b.since).map(({ sk }) => sk);
}

export async function joinWaitlist(ledger: Ledger, instanceId: string, since: number): Promise<void> {
  await putItem(ledger, { pk: WAITLIST, sk: instanceId, keptUntil: since + KEPT_FOR }, { since });
}

export async function leaveWaitlist({ documents, table }: Ledger, instanceId: string): Promise<void> {
  await documents.send(new DeleteCommand({ TableName: table, Key: { pk: WAITLIST, sk: instanceId } }));
}

/**
 * Saves a worker's state unless another reconcile has written it since it was read.
 *
 * @param now epoch milliseconds
 * @param writer unique name of the write, which distinguishes its repetition from another reconcile's write
 * @returns the state as saved; undefined when another reconcile was first
 */
export async function saveQuarantine(
  ledger: Ledger,
  instanceId: string,
  state: QuarantineState,
  now: number,
  writer: string,
): Promise<QuarantineState | undefined> {
  const keptUntil = state.quarantine === undefined ? { keptUntil: now + KEPT_FOR } : {};
  return saveUnlessWritten(ledger, { pk: PK, sk: instanceId, ...keptUntil }, state, writer);
}
