import type { Worker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { FindingState, Urgency } from '../shared/ledger/finding-ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Claim } from './batch.ts';
import type { FoundWorker } from './observe-instances.ts';
import type { Policy } from './policy.ts';
import { isAtLeast, moreUrgent, urgencyOf } from './urgency.ts';

/** The outcomes of a batch's findings. Each finding of an instance that a message named counts in exactly one member. */
export interface Counts {
  /** Already named, of the same instance, by another message of the batch. */
  readonly duplicate: number;
  /** Below the severity floor of the policy. */
  readonly belowFloor: number;
  /** Inspector knows no fix. */
  readonly withoutFix: number;
  readonly notOnWorker: number;
  /** Covered by what is remembered of the node group. */
  readonly known: number;
  /** Caused a reconcile of the node group. */
  readonly examined: number;
  /** The policy forbids acting, or cannot be read. */
  readonly ignored: number;
}

/** The claims about one node group. */
export interface ClaimedGroup {
  readonly key: NodeGroupKey;
  readonly ownership: Worker['ownership'];
  readonly claims: readonly Claim[];
  /** The urgency of the open claims; absent when all are closed. */
  readonly claimed?: Urgency;
  /** The workers, gravest finding first. */
  readonly instanceIds: readonly string[];
  readonly trigger: MessageTrigger;
}

/** Separates the claims that are grave enough and fixable, and counts the others. */
export function narrow(claims: readonly Claim[], { severityFloor }: Pick<Policy['findings'], 'severityFloor'>) {
  const grave = claims.filter(({ severity }) => isAtLeast(severity, severityFloor));
  const worthwhile = grave.filter(({ hasNoFix, isOpen }) => !hasNoFix || !isOpen);
  return {
    worthwhile,
    belowFloor: claims.length - grave.length,
    withoutFix: grave.length - worthwhile.length,
  };
}

/** Groups claims by the node groups of their workers. Each node group may have a policy of its own. */
export function groupClaims(
  claims: readonly Claim[],
  workers: ReadonlyMap<string, FoundWorker>,
  findingsOf: (key: NodeGroupKey) => Policy['findings'],
): ClaimedGroup[] {
  const onWorkers = claims.flatMap((claim) => {
    const worker = workers.get(claim.instanceId);
    return worker === undefined ? [] : [{ claim, worker, urgency: urgencyOf(claim, findingsOf(worker.key)) }];
  });
  return [...Map.groupBy(onWorkers, ({ worker }) => subjectOf(worker.key)).values()].flatMap((entries) => {
    const [first] = entries;
    if (first === undefined) return [];
    const open = entries.filter(({ claim }) => claim.isOpen);
    const claimed = open.reduce<Urgency | undefined>((most, { urgency }) => moreUrgent(most, urgency), undefined);
    const gravestFirst = open.toSorted((a, b) => Number(b.urgency === 'urgent') - Number(a.urgency === 'urgent'));
    const redelivered = entries.find(({ claim }) => claim.trigger.redelivered);
    return [
      {
        key: first.worker.key,
        ownership: first.worker.ownership,
        claims: entries.map(({ claim }) => claim),
        ...(claimed !== undefined && { claimed }),
        instanceIds: [...new Set(gravestFirst.map(({ claim }) => claim.instanceId))],
        trigger: (redelivered ?? open[0] ?? first).claim.trigger,
      },
    ];
  });
}

/** How long Inspector's last answer about a node group stays valid, ms. */
const RECENT = 10 * 60_000;

/**
 * Whether the node group's state already covers the claims of a batch, so that Inspector need not be asked again. Tens
 * of thousands of events about forty node groups therefore cause forty reads, and a flood of forged events causes one
 * read per node group in ten minutes.
 */
export function isCovered({ claims, claimed, trigger }: ClaimedGroup, state: FindingState, now: number): boolean {
  const { need, verifiedAt, pending } = state;
  // The earlier reconcile may have died before it carried out its decision.
  if (pending !== undefined && trigger.redelivered) return false;
  const isRecent = verifiedAt !== undefined && now - verifiedAt < RECENT;
  if (claimed !== undefined) {
    const covering = [need?.urgency, isRecent ? state.claimed : undefined].filter((urgency) => urgency !== undefined);
    if (covering.length === 0 || (claimed === 'urgent' && !covering.includes('urgent'))) return false;
  }
  const tellsOfEnd = claims.some(({ isOpen }) => !isOpen);
  return !tellsOfEnd || need === undefined || isRecent;
}
