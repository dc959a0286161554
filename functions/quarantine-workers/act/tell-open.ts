import { isDeepStrictEqual } from 'node:util';
import { makeQuarantineReconcileRequest } from '../../../events/quarantine-reconcile-request.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import { type Outgoing, type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import { type Ledger, writesOf } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import type { Mode } from '../../shared/policy/mode.ts';
import { readExposedGroups, saveExposedGroup } from '../model/exposed-group-ledger.ts';
import {
  newOpenGroup,
  OPEN_EXPOSURES_PK,
  type OpenGroup,
  readOpenGroups,
  saveOpenGroup,
} from '../model/open-exposure-ledger.ts';
import { PK as QUARANTINE_PK } from '../model/quarantine-ledger.ts';
import { countOpen, type Finding, findingOf, SETTLE, tellingOf, withFindings } from '../plan/open-exposures.ts';
import type { Decided, DecidedGroup } from '../plan/plan.ts';
import type { Recorder } from '../remediation.ts';

export interface TellOpenDeps {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly queue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
  /** Unique name of this reconcile. */
  readonly caller: string;
}

export interface Looked {
  readonly settled: readonly Decided[];
  readonly groups: readonly DecidedGroup[];
  /** Clusters whose workers were all observed. */
  readonly clusters: ReadonlyMap<string, MessageTrigger>;
  /**
   * Ids of workers about which nothing could be decided or done now, such as where AWS throttles. What is known of their
   * exposure stands.
   */
  readonly undecided: ReadonlySet<string>;
  readonly mode?: Mode;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How many times a reconcile reads the state again when another one wrote it first. */
const TRIES = 5;

/**
 * Maintains the list of workers that stay exposed, and records changes: one record per node group when the first ones
 * are found, and one when none is left. Their number is a metric.
 *
 * @param onTrouble hears of what could not be requested, saved or recorded of one group; the others are told all the same
 */
export async function tellOpen(deps: TellOpenDeps, looked: Looked, onTrouble: (error: unknown) => void): Promise<void> {
  const { settled, clusters, undecided, now } = looked;
  // A reconcile that observed no worker knows nothing about exposures.
  if (settled.length === 0 && clusters.size === 0) return;
  const findings = settled.flatMap((decided) =>
    undecided.has(decided.observation.instanceId) ? [] : (findingOf(decided, now) ?? []),
  );
  let known = await readOpenGroups(deps.ledger);
  const concerned = new Set([
    ...findings.flatMap(({ open, subject }) => (open === undefined || subject === undefined ? [] : subject)),
    ...known.keys(),
  ]);
  const isUnreadable = (pk: string, sk: string) => deps.ledger.unreadable?.has(pk, sk) === true;
  const isUnknown = (instanceId: string) => undecided.has(instanceId) || isUnreadable(QUARANTINE_PK, instanceId);
  const tellOf = async (subject: string): Promise<void> => {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const before = known.get(subject) ?? newOpenGroup(now);
      const cluster = clusterOf(subject);
      const ours = [...findings, ...goneOf(before, clusters.has(cluster) ? settled : undefined, isUnknown)];
      const trigger = triggerFor(subject, before, ours, settled) ?? clusters.get(cluster);
      if (trigger === undefined) return;
      const after = await keepGroup(deps, subject, before, ours, { ...looked, trigger, attempt });
      if (after !== undefined) {
        known.set(subject, after);
        return;
      }
      known = await readOpenGroups(deps.ledger);
    }
  };
  const failed: string[] = [];
  for (const subject of concerned) {
    if (isUnreadable(OPEN_EXPOSURES_PK, subject)) continue;
    await tellOf(subject).catch((error: unknown) => {
      failed.push(subject);
      onTrouble(error);
    });
  }
  // Of a group that cannot be read or saved, nobody knows that none of its workers stays exposed.
  const unreadable = deps.ledger.unreadable?.keysOf(OPEN_EXPOSURES_PK) ?? [];
  const unsaved = failed.filter((subject) => !known.has(subject));
  deps.recorder.gauge('StaysExposed', countOpen(known.values(), now) + unreadable.length + unsaved.length);
}

const clusterOf = (subject: string): string => subject.slice(0, subject.indexOf('/'));

/** The remembered workers that a cluster no longer has, where a reconcile has read all of it. */
function goneOf(
  { workers }: OpenGroup,
  settled: readonly Decided[] | undefined,
  isUnknown: (instanceId: string) => boolean,
): Finding[] {
  if (settled === undefined) return [];
  const seen = new Set(settled.map(({ observation }) => observation.instanceId));
  return Object.keys(workers).flatMap((instanceId) =>
    seen.has(instanceId) || isUnknown(instanceId) ? [] : [{ instanceId }],
  );
}

/** The trigger of this node group's reconcile; undefined when none of its workers was observed. */
function triggerFor(
  subject: string,
  { workers }: OpenGroup,
  findings: readonly Finding[],
  settled: readonly Decided[],
): MessageTrigger | undefined {
  const concerned = findings.find(({ instanceId, subject: place }) => place === subject || instanceId in workers);
  return settled.find(({ observation }) => observation.instanceId === concerned?.instanceId)?.observation.trigger;
}

interface Look extends Looked {
  readonly trigger: MessageTrigger;
  readonly attempt: number;
}

/** Updates one node group; undefined when another reconcile was first. */
async function keepGroup(
  { ledger, recorder, queue, account, region, caller }: TellOpenDeps,
  subject: string,
  before: OpenGroup,
  findings: readonly Finding[],
  { trigger, attempt, now, mode, groups }: Look,
): Promise<OpenGroup | undefined> {
  const state = withReport(withFindings(before, subject, findings, now), subject, groups);
  const { decision, unsettled, notified } = tellingOf(state, trigger.id, now);
  if (unsettled && before.since === undefined) {
    const [instanceId = ''] = Object.keys(state.workers);
    const origin = { account, region, time: new Date(now + SETTLE).toISOString() };
    const detail = { trigger: 'wake-up' as const, instanceIds: [instanceId] };
    const request: Outgoing = {
      request: makeQuarantineReconcileRequest(origin, `stays-exposed ${caller} ${subject}`, detail),
      delaySeconds: Math.ceil(SETTLE / 1000),
    };
    await sendRequests(queue, [request]);
  }
  const { notified: _notified, unrecorded: _unrecorded, ...rest } = state;
  const outcomes = state.outcomes + (decision === undefined ? 0 : 1);
  const next: OpenGroup = { ...rest, outcomes, ...(notified !== undefined && { notified }) };
  const writer = writesOf(`${caller} open ${attempt}`);
  const save = (wanted: OpenGroup) => saveOpenGroup(ledger, subject, wanted, writer(), now);
  if (decision === undefined) {
    if (before.unrecorded !== undefined) recorder.record(before.unrecorded);
    return isDeepStrictEqual(next, before) ? before : save(next);
  }
  const saved = await recordOnce({ save, record: recorder.record }, before, next, {
    subject: keyOf(subject),
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    ...(mode !== undefined && { mode }),
    trigger,
    fingerprint: `${outcomes} ${decision.reason}`,
    correlationId: notified?.correlationId ?? before.notified?.correlationId ?? trigger.id,
    ...(decision.details !== undefined && { details: decision.details }),
  });
  if (saved !== undefined && decision.decision === 'done')
    await forgetReport(ledger, subject, `${caller} open ${attempt} forget`);
  return saved;
}

/** A node group that is public by design has a record of its own, whose incident is then the one that ends. */
function withReport(state: OpenGroup, subject: string, groups: readonly DecidedGroup[]): OpenGroup {
  const workers = Object.keys(state.workers).length;
  const group = groups.find(({ observation }) => subjectOf(observation.key) === subject);
  if (state.notified !== undefined || workers === 0 || group?.decision.publicByDesign !== true) return state;
  return { ...state, notified: { workers, why: group.decision.reason, correlationId: group.observation.trigger.id } };
}

/** Forgets that a node group was reported as public by design, so that it is reported again if it becomes so again. */
async function forgetReport(ledger: Ledger, subject: string, writer: string): Promise<void> {
  const state = (await readExposedGroups(ledger, [subject])).get(subject);
  if (state?.fingerprint === undefined) return;
  const { fingerprint: _, ...rest } = state;
  // If another reconcile was quicker, it has recorded something new.
  await saveExposedGroup(ledger, subject, rest, writer);
}

function keyOf(subject: string): { cluster: string; nodegroup?: string } {
  const cluster = clusterOf(subject);
  const nodegroup = subject.slice(cluster.length + 1);
  return { cluster, ...(nodegroup !== '' && { nodegroup }) };
}
