import { createHash } from 'node:crypto';
import { isSettled, type State } from '../shared/records/current-state.ts';
import { severityOf } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { isAtLeast, type Severity } from '../shared/records/severity.ts';
import { wordOf } from '../shared/records/standing.ts';
import type { IncidentState } from './incident-ledger.ts';
import type { Policy } from './policy.ts';

export type NotificationPolicy = Policy['notifications'];

/** A notification that one incident calls for. */
export interface News {
  readonly phase: 'opened' | 'worsened' | 'ended';
  readonly severity: Severity;
  readonly record: ReadRecord;
}

/** News with the overall state of its subject: a worker whose agent is cured may still be in quarantine. */
export interface NewsOfSubject extends News {
  readonly state: State;
}

/**
 * Reasons that concern every subject alike. They form one incident of the account, which is notified at most once a
 * day.
 */
const ACCOUNT_WIDE: readonly string[] = ['policy-invalid', 'kill-switch'];
export const isAccountWide = (reason: string): boolean => ACCOUNT_WIDE.includes(reason);
/** The sentence of a message that says what is wrong with the policy. */
const FAULT = /The policy [^;.]*[;.]?/;
const REMINDER_MS = 86_400_000;

/**
 * The breaker that a record is about. A breaker holds many node groups and is one incident, so people are notified of it
 * once. A breaker that trips again after it was lifted has another name.
 */
const breakerOf = ({ reason, details = {} }: ReadRecord): string | undefined =>
  OF_BREAKERS.has(reason) && typeof details.breaker === 'string' ? details.breaker : undefined;
const OF_BREAKERS: ReadonlySet<string> = new Set(['breaker-tripped', 'held-by-breaker']);

/**
 * The key of a record's incident: function, correlation id and subject. The function is part of it because two
 * functions may act on one worker after the same event, and the end of one incident is not the end of the other.
 */
export function incidentOf(record: ReadRecord): string {
  const { remediation, correlationId, cluster, nodegroup, instance, reason, message } = record;
  const breaker = breakerOf(record);
  const parts = isAccountWide(reason)
    ? // A fault that stops all functions is one incident. A fault in a section, which stops one function, is another.
      ['account', reason, FAULT.exec(message)?.[0] ?? '']
    : breaker !== undefined
      ? // A breaker holds managed node groups and self-managed ones, whichever function tells of it.
        ['breaker', breaker]
      : [remediation, correlationId, cluster, nodegroup, instance];
  return digestOf(parts);
}

/** The key of a breaker's incident in items of former versions, which had one for each function; undefined: no breaker. */
export function formerIncidentOf(record: ReadRecord): string | undefined {
  const breaker = breakerOf(record);
  return breaker === undefined ? undefined : digestOf([record.remediation, 'breaker', breaker]);
}

const digestOf = (parts: ReadonlyArray<string | undefined>): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);

/**
 * Follows one incident through new records, in order; a pure function.
 *
 * An incident is notified when a record is severe enough and has a decision that the policy names. It is notified again
 * only when it gets worse, and at its end. It ends when its subject needs nobody's attention: a worker in quarantine,
 * or one that stays exposed, is no end. An incident that begins and ends within these records is notified once, at its
 * end.
 *
 * @returns the state to save, and the news if there is any
 */
export function follow(
  state: IncidentState,
  records: readonly ReadRecord[],
  policy: NotificationPolicy,
): { readonly state: IncidentState; readonly news?: News } {
  const { followedTo = 0 } = state;
  const before = isForgotten(state, records) ? undefined : state.notified;
  let notified = before;
  let { notifiedAt } = state;
  let latest: Omit<News, 'phase'> | undefined;
  for (const record of records) {
    const at = Date.parse(record.time);
    if (at <= followedTo) continue;
    const severity = severityOf(record);
    if (isSettled(wordOf(record))) {
      if (notified !== undefined) latest = { severity, record };
      [notified, notifiedAt] = [undefined, undefined];
    } else if (isNotified(record, severity, policy) && (notified === undefined || !isAtLeast(notified, severity))) {
      latest = { severity, record };
      [notified, notifiedAt] = [severity, at];
    }
  }
  if (latest === undefined) return { state };
  const phase = notified === undefined ? 'ended' : before === undefined ? 'opened' : 'worsened';
  const next = { revision: state.revision, followedTo: Date.parse(records.at(-1)?.time ?? latest.record.time) };
  return {
    state: { ...next, ...(notified !== undefined && { notified }), ...(notifiedAt !== undefined && { notifiedAt }) },
    news: { phase, ...latest },
  };
}

/** Whether an incident of the account is due for a reminder: after a day it is notified like a new one. */
const isForgotten = ({ notifiedAt = 0 }: IncidentState, records: readonly ReadRecord[]): boolean =>
  records.some(({ reason, time }) => isAccountWide(reason) && Date.parse(time) - notifiedAt >= REMINDER_MS);

const isNotified = ({ decision }: ReadRecord, severity: Severity, policy: NotificationPolicy): boolean =>
  policy.mode === 'enforce' &&
  isAtLeast(severity, policy.minimumSeverity) &&
  policy.decisions.some((named) => named === decision);
