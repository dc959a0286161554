import { codeIn, isThrottlingCode } from '../shared/fleet/reading.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { benchmarkFor } from '../shared/posture/benchmark.ts';
import {
  POSTURE_CHECKS,
  type PostureCheck,
  type PostureCheckId,
  type PostureJudgements,
} from '../shared/posture/checks.ts';
import type { Finding } from '../shared/posture/group-states.ts';
import type { Judgement, Verdict } from '../shared/posture/verdict.ts';
import { covers } from '../shared/posture/waivers.ts';
import type { Waiver } from './policy.ts';
import type { GroupState } from './posture-ledger.ts';
import type { Reason } from './reasons.ts';

/** A worker that was checked. */
export interface Looked {
  readonly instanceId: string;
  readonly kubernetesVersion: string | null | undefined;
  readonly judgements: PostureJudgements;
}

/** News of one check of one group. */
export interface News {
  readonly decision: 'refused' | 'skipped' | 'done' | 'waiting' | 'failed';
  readonly reason: Reason;
  readonly message: string;
  readonly correlationId: string;
  /** Distinguishes it from every other news of the group. */
  readonly fingerprint: string;
  readonly details: Readonly<Record<string, string | number | string[]>>;
}

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
/** How many of the workers that fail a check are remembered. Where all workers are checked, there may be thousands. */
const HOSTS_REMEMBERED = 10;

const RANK: Readonly<Record<Verdict, number>> = { 'N/A': 0, PASS: 1, MANUAL: 2, FAIL: 3 };

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

/** What becomes of one check of a group. */
interface JudgedCheck {
  /** The finding from now on; absent where there is none. */
  readonly finding?: Finding | undefined;
  /** Why the check is not decided. */
  readonly note?: string;
  readonly news?: News;
}

/** What one check is judged by, besides its worst verdict. */
interface Judging {
  readonly key: NodeGroupKey;
  readonly waiver: Waiver | undefined;
  readonly now: number;
  /** The workers that fail it, or failed it and told nothing since. */
  readonly hosts: readonly string[];
}

/**
 * Judges one check of a group. A finding ends once no worker is left that failed: another worker that passes says nothing
 * about one that has fallen silent, as whoever has it may have it do.
 *
 * @param open the finding of the check so far
 */
function judgeCheck(
  check: PostureCheck,
  worst: Worst | undefined,
  open: Finding | undefined,
  { key, waiver, now, hosts }: Judging,
): JudgedCheck {
  const { id, title, isReported } = check;
  if (worst === undefined) return { finding: open };
  const { verdict } = worst.judgement;
  if (verdict === 'MANUAL') return { finding: open, note: evidenceOf(worst).join('; ').slice(0, 600) };
  if (hosts.length === 0) {
    return open === undefined || isReported === true ? {} : { news: ended(id, title, open, now) };
  }
  const finding: Finding = {
    since: open?.since ?? now,
    evidence: verdict === 'FAIL' ? evidenceOf(worst) : (open?.evidence ?? []),
    hosts: hosts.slice(0, HOSTS_REMEMBERED),
    correlationId: open?.correlationId ?? `posture ${id} ${subjectOf(key)} ${new Date(now).toISOString()}`,
    ...(waiver !== undefined && { waiver: { id: waiver.id, until: waiver.until } }),
  };
  const isKnown = open !== undefined && open.waiver?.id === waiver?.id && open.waiver?.until === waiver?.until;
  if (isReported === true || isKnown) return { finding };
  const news = waiver === undefined ? failed(check, worst, finding, open) : waived(check, worst, finding, waiver);
  return { finding, news };
}

function withoutEvidence(key: NodeGroupKey, now: number, mute: string | undefined, state: GroupState) {
  const since = state.unknownSince ?? now;
  const correlationId = `posture unknown ${subjectOf(key)} ${new Date(since).toISOString()}`;
  // A host that tells nothing once its agent answers again is news, although nothing was known of the group before.
  const isTold = mute === undefined ? state.unknownNotified !== undefined : state.untold === true;
  if (now - since < UNKNOWN_FOR || isTold) return { state: { ...state, unknownSince: since }, news: [] };
  const last = state.checkedAt === undefined ? 'never' : new Date(state.checkedAt).toISOString();
  const unknown = `No worker could be checked since ${new Date(since).toISOString()}. The last check was: ${last}.`;
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

interface Worst {
  readonly judgement: Judgement;
  readonly looked: Looked;
}

/** The worst verdict; undefined where the check judged no worker. */
const worstOf = (id: PostureCheckId, all: readonly Looked[]): Worst | undefined =>
  all.reduce<Worst | undefined>((worst, looked) => {
    const judgement = looked.judgements[id];
    if (judgement === undefined) return worst;
    const isWorse = worst === undefined || RANK[judgement.verdict] > RANK[worst.judgement.verdict];
    return isWorse ? { judgement, looked } : worst;
  }, undefined);

const failing = (id: PostureCheckId, all: readonly Looked[]): string[] =>
  all.filter(({ judgements }) => judgements[id]?.verdict === 'FAIL').map(({ instanceId }) => instanceId);

const evidenceOf = ({ judgement }: Worst): string[] =>
  judgement.evidence.slice(0, 5).map(({ file, line, flag, value }) => {
    const place = [file, line].filter((part) => part !== undefined).join(':');
    return [place, flag, value]
      .filter((part) => part !== undefined && part !== '')
      .join(': ')
      .slice(0, 300);
  });

function detailsOf({ id, todo, isOfBenchmark }: PostureCheck, worst: Worst, { since, evidence = [], hosts }: Finding) {
  const { instanceId, kubernetesVersion } = worst.looked;
  const { version, caveat } = benchmarkFor(kubernetesVersion);
  const benchmark = !isOfBenchmark
    ? 'of our own'
    : `CIS Amazon EKS ${version}${caveat === undefined ? '' : ` (${caveat})`}`;
  return {
    check: id,
    benchmark,
    instance: hosts?.[0] ?? instanceId,
    evidence,
    todo,
    since: new Date(since).toISOString(),
  };
}

function failed(check: PostureCheck, worst: Worst, finding: Finding, before: Finding | undefined): News {
  const expired = before?.waiver === undefined ? '' : ` Waiver ${before.waiver.id} does not cover it any more.`;
  return {
    decision: 'refused',
    reason: 'posture-failed',
    message: `${check.id} fails (${check.title}): ${finding.evidence?.[0] ?? ''}.${expired}`,
    correlationId: finding.correlationId,
    fingerprint: `failed ${finding.correlationId} ${before?.waiver?.id ?? ''} ${before?.waiver?.until ?? ''}`,
    details: detailsOf(check, worst, finding),
  };
}

function waived(check: PostureCheck, worst: Worst, finding: Finding, { id, reason, who, until }: Waiver): News {
  const end = new Date(until).toISOString().slice(0, 10);
  return {
    decision: 'skipped',
    reason: 'posture-waived',
    message: `${check.id} fails (${check.title}) and is waived until ${end} by ${who} (${id}): ${reason}.`,
    correlationId: finding.correlationId,
    fingerprint: `waived ${finding.correlationId} ${id} ${until}`,
    details: { ...detailsOf(check, worst, finding), waiver: id },
  };
}

const ended = (id: PostureCheckId, title: string, { since, correlationId }: Finding, now: number): News => ({
  decision: 'done',
  reason: 'posture-passed',
  message: `${id} does not fail any more (${title}).`,
  correlationId,
  fingerprint: `passed ${correlationId}`,
  details: { check: id, since: new Date(since).toISOString(), until: new Date(now).toISOString() },
});

/** When the first waiver of a finding ends, epoch milliseconds. The group must be checked again then. */
export const firstExpiry = ({ findings }: GroupState): number =>
  Math.min(...Object.values(findings).map(({ waiver }) => waiver?.until ?? Number.POSITIVE_INFINITY));
