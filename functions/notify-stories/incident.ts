import { createHash } from 'node:crypto';
import { isSettled, type State } from '../shared/records/current-state.ts';
import { severityOf } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { isAtLeast, type Severity } from '../shared/records/severity.ts';
import { wordOf } from '../shared/records/standing.ts';
import type { IncidentState } from './incident-ledger.ts';
import type { Policy } from './policy.ts';

export type NotificationPolicy = Policy['notifications'];

/** What is worth a message about one incident. */
export interface News {
  readonly phase: 'opened' | 'worsened' | 'ended';
  readonly severity: Severity;
  readonly record: ReadRecord;
}

/** News with how its subject stands besides: a worker whose agent is cured may be in quarantine all the same. */
export interface NewsOfSubject extends News {
  readonly state: State;
}

/** Said of every subject alike while it lasts: one incident of the account, told at most once a day. */
const ACCOUNT_WIDE: readonly string[] = ['policy-invalid', 'kill-switch'];
export const isAccountWide = (reason: string): boolean => ACCOUNT_WIDE.includes(reason);
/** What is wrong with the policy, in a message that may say more. */
const FAULT = /The policy [^;.]*[;.]?/;
const REMINDER_MS = 86_400_000;

/**
 * What a record's incident goes by: function, correlation id and subject. The function belongs to it because two of them may
 * look at one worker for the same event, and the end of the one's incident is not that of the other's.
 */
export function incidentOf({
  remediation,
  correlationId,
  cluster,
  nodegroup,
  instance,
  reason,
  message,
}: ReadRecord): string {
  const parts = isAccountWide(reason)
    ? // A fault that stops all is told of once; one in a section, which stops the function of that section, by itself.
      ['account', reason, FAULT.exec(message)?.[0] ?? '']
    : [remediation, correlationId, cluster, nodegroup, instance];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

/**
 * Follows one incident through new records, in order; a pure function. An incident is told when something of it is severe enough
 * and of a decision that the policy names, again only when it gets worse, and at its end if it was told before. It ends when its subject
 * stands so that nobody has to see to it: a worker in quarantine, or one that stays exposed, is no end. What
 * began and ended within these records is told once, by its end.
 *
 * @returns what to remember, and the news if there is any
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

/** An incident of the account is told as if for the first time after a day. */
const isForgotten = ({ notifiedAt = 0 }: IncidentState, records: readonly ReadRecord[]): boolean =>
  records.some(({ reason, time }) => isAccountWide(reason) && Date.parse(time) - notifiedAt >= REMINDER_MS);

const isNotified = ({ decision }: ReadRecord, severity: Severity, policy: NotificationPolicy): boolean =>
  policy.mode === 'enforce' &&
  isAtLeast(severity, policy.minimumSeverity) &&
  policy.decisions.some((named) => named === decision);
