import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { POSTURE_CHECKS } from '../shared/posture/checks.ts';
import type { Finding } from '../shared/posture/group-states.ts';
import type { Verdict } from '../shared/posture/verdict.ts';
import { covers } from '../shared/posture/waivers.ts';
import { codeIn, isThrottlingCode } from '../shared/runtime/aws-error.ts';
import { failing, judgeCheck, type Looked, type News, worstOf } from './decide-check.ts';
import type { Waiver } from './policy.ts';
import type { GroupState } from './posture-ledger.ts';

/** What a check of a group is judged by, besides its workers. */
interface Around {
  readonly waivers: readonly Waiver[];
  readonly now: number;
  /** Why a worker told nothing although its agent answered: a sentence. */
  readonly mute?: string | undefined;
  /** Ids of the workers that failed before, and are there as ever, but told nothing this time. */
  readonly silent?: ReadonlySet<string>;
}

/** How long a group may be unknown before that is recorded, ms. */
const UNKNOWN_FOR = 86_400_000;
/**
 * Decides what is new about the checks of a group; pure. The worst verdict of the workers counts. Without decisive
 * evidence no finding begins or ends.
 */
export function decideGroup(
  key: NodeGroupKey,
  looked: readonly Looked[],
  around: Around,
  before: GroupState,
): { readonly state: GroupState; readonly news: readonly News[] } {
  const { unreadable, ...state } = before;
  const judged = judgeGroup(key, looked, around, state);
  if (unreadable === undefined) return judged;
  return { ...judged, news: [readableAgain(unreadable.correlationId, around.now), ...judged.news] };
}

const readableAgain = (correlationId: string, now: number): News => ({
  decision: 'done',
  reason: 'posture-passed',
  message: 'Workers of the group can be checked again.',
  correlationId,
  fingerprint: `known ${now}`,
  details: {},
});

/**
 * Decides about a group whose workers AWS does not name, so that they are not checked; pure. A record is written once,
 * and none if AWS only throttles.
 *
 * @param error `Code: message`
 */
export function decideUnreadable(
  key: NodeGroupKey,
  error: string,
  now: number,
  state: GroupState,
): { readonly state: GroupState; readonly news: readonly News[] } {
  const code = codeIn(error);
  if (state.unreadable?.code === code || isThrottlingCode(code)) return { state, news: [] };
  const correlationId =
    state.unreadable?.correlationId ?? `posture unreadable ${subjectOf(key)} ${new Date(now).toISOString()}`;
  const news: News = {
    decision: 'failed',
    reason: 'unreadable',
    message: `The owners of its workers cannot be read: ${error}. The workers are not checked until they can be read.`,
    correlationId,
    fingerprint: `${correlationId} ${code}`,
    details: {},
  };
  return { state: { ...state, unreadable: { code, correlationId } }, news: [news] };
}

function judgeGroup(
  key: NodeGroupKey,
  looked: readonly Looked[],
  { waivers, now, mute, silent = new Set() }: Around,
  state: GroupState,
): { readonly state: GroupState; readonly news: readonly News[] } {
  if (looked.length === 0) return withoutEvidence(key, now, mute, state);
  const findings: Record<string, Finding> = {};
  const verdicts: Record<string, Verdict> = {};
  const notes: Record<string, string> = {};
  const news: News[] = [];
  for (const check of POSTURE_CHECKS) {
    const { id } = check;
    const worst = worstOf(id, looked);
    const waiver = waivers.find((one) => covers(one, id, key, now));
    const open = state.findings[id];
    const still = (open?.hosts ?? []).filter((host) => silent.has(host));
    const judged = judgeCheck(check, worst, open, { key, waiver, now, hosts: [...failing(id, looked), ...still] });
    if (worst !== undefined) verdicts[id] = still.length > 0 ? 'FAIL' : worst.judgement.verdict;
    if (judged.finding !== undefined) findings[id] = judged.finding;
    if (judged.note !== undefined && judged.note !== '') notes[id] = judged.note;
    if (judged.news !== undefined) news.push(judged.news);
  }
  const { unknownSince: _, unknownNotified, untold: _untold, ...known } = state;
  if (unknownNotified !== undefined) news.push(readableAgain(unknownNotified, now));
  return { state: { ...known, checkedAt: now, verdicts, findings, notes }, news };
}

function withoutEvidence(key: NodeGroupKey, now: number, mute: string | undefined, state: GroupState) {
  const since = state.unknownSince ?? now;
  const correlationId = `posture unknown ${subjectOf(key)} ${new Date(since).toISOString()}`;
  // A host that tells nothing once its agent answers again is news, although nothing was known of the group before.
  const isTold = mute === undefined ? state.unknownNotified !== undefined : state.untold === true;
  if (now - since < UNKNOWN_FOR || isTold) return { state: { ...state, unknownSince: since }, news: [] };
  const last =
    state.checkedAt === undefined
      ? 'None was ever checked'
      : `The last check was at ${new Date(state.checkedAt).toISOString()}`;
  const unknown = `No worker could be checked since ${new Date(since).toISOString()}. ${last}.`;
  // Of an agent that does not answer, manage-ssm-agent tells. A host that answers, and tells nothing, is told of here alone.
  const news: News = {
    ...(mute === undefined
      ? { decision: 'waiting', reason: 'posture-unknown', message: unknown }
      : { decision: 'failed', reason: 'posture-untold', message: `${unknown} ${mute}` }),
    correlationId,
    fingerprint: mute === undefined ? correlationId : `${correlationId} untold`,
    details: {},
  };
  const told = { unknownNotified: correlationId, ...(mute !== undefined && { untold: true as const }) };
  return { state: { ...state, unknownSince: since, ...told }, news: [news] };
}

/** When the first waiver of a finding ends, epoch milliseconds. The group must be checked again then. */
export const firstExpiry = ({ findings }: GroupState): number =>
  Math.min(...Object.values(findings).map(({ waiver }) => waiver?.until ?? Number.POSITIVE_INFINITY));
