import { isQuarantineGuard, STAYS_EXPOSED_WORKER } from '../../shared/records/status.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { shortLine } from '../../shared/text/short-line.ts';
import { describeExposures } from '../exposure/exposure-words.ts';
import { type Decision, say } from '../model/decision.ts';
import type { OpenGroup, OpenWorker } from '../model/open-exposure-ledger.ts';
import { isPresent } from '../model/worker-view.ts';
import type { Reason } from '../reasons.ts';
import type { Decided } from './plan.ts';

/** What a reconcile found about the exposure of one worker: it stays open, or there is none (any more). */
export interface Finding {
  readonly instanceId: string;
  /** `cluster/nodegroup`; absent for a worker that EC2 no longer returns. */
  readonly subject?: string;
  readonly open?: OpenWorker;
}

/**
 * Reasons for which a worker stays exposed without another notification. A group that is public by design has a record
 * of its own. So has an action that failed or was refused for a single worker.
 */
const QUIET: Readonly<Partial<Record<Reason, string>>> = {
  'quarantine-budget': 'As many workers are in quarantine as the policy allows.',
  'would-quarantine': 'The mode of quarantine is observe: nothing is closed.',
  'kill-switch': 'The kill switch is on: nothing is closed.',
  'routes-unread': 'EC2 does not show the routes of their subnets, so that nobody knows whether one leads to them.',
  'rules-hidden': 'EC2 does not show a security group of theirs, so that nobody knows whether it opens a port.',
  'auto-mode-exposed':
    'EKS Auto Mode owns its nodes, and nobody else may change them: let their NodeClass select private subnets, or give no public addresses (advancedNetworking.associatePublicIPAddress: false).',
};
/** The reason of a worker of which nobody knows whether a route leads to it. */
const DOUBT: Reason = 'routes-unread';
/** The reasons of workers of which nobody knows whether they are exposed. */
const DOUBTS: ReadonlySet<string> = new Set<Reason>([DOUBT, 'rules-hidden']);
const quiet: ReadonlyMap<string, string> = new Map(Object.entries(QUIET));

/**
 * How long to wait after the first exposure in a group before people are notified, ms. Workers of one wave launch
 * within a minute, so one message names them all.
 */
export const SETTLE = 45_000;
/** The maximum of workers that a record names. */
const NAMED = 10;
/** The maximum of workers stored for a group: at 200 bytes each, far below DynamoDB's limit of 400 KB an item. */
const REMEMBERED = 1_000;
/** How much is remembered of the exposures of each, characters: all of them are in one item of 400 KB. */
const LONGEST = 200;
/** How often the time of the last observation is written, ms. */
const NOTED_EVERY = 6 * 3_600_000;
/**
 * After this time without an observation, ms, a group is no longer counted, because it may be gone. Sweeps come every
 * hour.
 */
const FORGOTTEN_AFTER = 48 * 3_600_000;

const stays: ReadonlySet<string> = new Set(STAYS_EXPOSED_WORKER);

/**
 * What one decision says about the exposure of its worker; undefined where another reconcile is handling the worker,
 * where it only refuses a request, or where nobody can tell: then it stays as it was.
 */
export function findingOf({ observation, decision }: Decided, now: number): Finding | undefined {
  const { instanceId, view, state } = observation;
  const { reason, silent, answers, unread } = decision;
  if (view === undefined) return { instanceId };
  if (answers !== undefined || reason === 'request-refused' || (silent === true && reason === 'quarantine-in-progress'))
    return undefined;
  if (unread === true && isPresent(view)) return undefined;
  const subject = `${view.cluster}/${view.nodegroup ?? ''}`;
  // Of a worker that a guard leaves alone, such as the kill switch, nobody knows more than before.
  const isDoubt = reason === DOUBT || (isQuarantineGuard(reason) && view.exposures.length === 0);
  const found = isDoubt ? (view.doubts ?? []) : view.exposures;
  const isOpen = stays.has(reason) && found.length > 0 && isPresent(view);
  if (!isOpen) return { instanceId, subject };
  const since = state.reason === reason ? (state.since ?? now) : now;
  const exposures = shortLine(describeExposures(found).join('; '), LONGEST);
  return { instanceId, subject, open: { since, reason: isDoubt ? DOUBT : reason, exposures } };
}

/** The state of a group with the findings about its workers applied; a pure function. */
export function withFindings(state: OpenGroup, subject: string, findings: readonly Finding[], now: number): OpenGroup {
  const workers = new Map(Object.entries(state.workers));
  for (const { instanceId, open, subject: place } of findings) {
    if (open === undefined || place !== subject) workers.delete(instanceId);
    else if (workers.has(instanceId) || workers.size < REMEMBERED) {
      workers.set(instanceId, { ...open, since: workers.get(instanceId)?.since ?? open.since });
    }
  }
  const { since = now, ...rest } = state;
  const seenAt = now - state.seenAt >= NOTED_EVERY || workers.size === 0 ? now : state.seenAt;
  return { ...rest, workers: Object.fromEntries(workers), seenAt, ...(workers.size > 0 && { since }) };
}

/** What to record about a group now: that workers stay exposed, that none does any more, or nothing. */
export interface Telling {
  readonly decision?: Decision;
  /** Whether to reconcile again once the wave of launches has settled. */
  readonly unsettled: boolean;
  readonly notified?: OpenGroup['notified'];
}

/**
 * Pure.
 *
 * @param trigger the id of what asked for the reconcile; it becomes part of the id of a new incident
 */
export function tellingOf(state: OpenGroup, trigger: string, now: number): Telling {
  const silent = Object.entries(state.workers).filter(([, { reason }]) => quiet.has(reason));
  const { notified, since = now } = state;
  const known = { unsettled: false, ...(notified !== undefined && { notified }) };
  if (silent.length === 0) {
    if (notified === undefined || Object.keys(state.workers).length > 0) return known;
    return { decision: say('done', 'exposures-ended', 'No worker of the group stays exposed.'), unsettled: false };
  }
  const why = [...new Set(silent.map(([, { reason }]) => reason))].sort().join(' ');
  // A record for every worker would be noise. The next one needs new causes, or twice as many exposed workers.
  if (notified !== undefined && notified.why === why && silent.length < 2 * notified.workers) return known;
  if (notified === undefined && now - since < SETTLE) return { unsettled: true };
  const decision: Decision = {
    ...say('refused', 'workers-stay-exposed', inWords(silent)),
    details: { exposed: silent.length, workers: silent.map(([id]) => id).slice(0, 100) },
  };
  return {
    decision,
    unsettled: false,
    notified: { workers: silent.length, why, correlationId: notified?.correlationId ?? `exposed ${trigger}` },
  };
}

function inWords(workers: ReadonlyArray<readonly [string, OpenWorker]>): string {
  const oldest = workers.toSorted(([, a], [, b]) => a.since - b.since);
  const causes = [...new Set(oldest.map(([, { reason }]) => quiet.get(reason) ?? reason))];
  const named = oldest
    .slice(0, NAMED)
    .map(([id, { since, exposures }]) => `${id} since ${iso(since).slice(0, 16)}Z (${exposures})`);
  const more = oldest.length > NAMED ? `; and ${oldest.length - NAMED} more` : '';
  const isDoubt = oldest.every(([, { reason }]) => DOUBTS.has(reason));
  const count = isDoubt
    ? counted(oldest.length, 'worker may be', 'workers may be')
    : counted(oldest.length, 'worker stays', 'workers stay');
  return `${count} exposed to the Internet. ${causes.join(' ')} ${named.join('; ')}${more}.`;
}

/** How many workers stay exposed in all groups, by the stored states; a pure function. */
export const countOpen = (groups: Iterable<OpenGroup>, now: number): number =>
  [...groups]
    .filter(({ seenAt }) => now - seenAt < FORGOTTEN_AFTER)
    .reduce((sum, { workers }) => sum + Object.keys(workers).length, 0);
