import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { benchmarkFor } from '../shared/posture/benchmark.ts';
import type { PostureCheck, PostureCheckId, PostureJudgements } from '../shared/posture/checks.ts';
import type { Finding } from '../shared/posture/group-states.ts';
import type { Judgement, Verdict } from '../shared/posture/verdict.ts';
import type { Waiver } from './policy.ts';
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

/** How many of the workers that fail a check are remembered. Where all workers are checked, there may be thousands. */
const HOSTS_REMEMBERED = 10;

const RANK: Readonly<Record<Verdict, number>> = { 'N/A': 0, PASS: 1, MANUAL: 2, FAIL: 3 };

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
export function judgeCheck(
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

/** The worst judgement of a check, and the worker that it is about. */
export interface Worst {
  readonly judgement: Judgement;
  readonly looked: Looked;
}

/** The worst verdict; undefined where the check judged no worker. */
export const worstOf = (id: PostureCheckId, all: readonly Looked[]): Worst | undefined =>
  all.reduce<Worst | undefined>((worst, looked) => {
    const judgement = looked.judgements[id];
    if (judgement === undefined) return worst;
    const isWorse = worst === undefined || RANK[judgement.verdict] > RANK[worst.judgement.verdict];
    return isWorse ? { judgement, looked } : worst;
  }, undefined);

/** Ids of the workers that fail a check. */
export const failing = (id: PostureCheckId, all: readonly Looked[]): string[] =>
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
