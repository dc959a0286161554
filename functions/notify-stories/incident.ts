import { createHash } from 'node:crypto';
import type { Policy } from '../shared/policy/policy.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { isAtLeast, type Severity, severityOf } from '../shared/records/severity.ts';
import type { StoryState } from './incident-ledger.ts';

export type NotificationPolicy = Policy['notifications'];

/** What is worth a message about one story. */
export interface News {
  readonly phase: 'opened' | 'worsened' | 'ended';
  readonly severity: Severity;
  readonly record: ReadRecord;
}

/** Said of every subject alike while it lasts: one story of the account, told at most once a day. */
const ACCOUNT_WIDE: readonly string[] = ['policy-invalid', 'kill-switch'];
export const isAccountWide = (reason: string): boolean => ACCOUNT_WIDE.includes(reason);
const REMINDER_MS = 86_400_000;

/**
 * What a record's story goes by: function, correlation id and subject. The function belongs to it because two of them may
 * look at one worker for the same event, and the end of the one's story is not that of the other's.
 */
export function storyOf({ remediation, correlationId, cluster, nodegroup, instance, reason }: ReadRecord): string {
  const parts = isAccountWide(reason)
    ? ['account', reason]
    : [remediation, correlationId, cluster, nodegroup, instance];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

/**
 * Follows one story through new records, in order; a pure function. A story is told when something of it is severe enough
 * and of a decision that the policy names, again only when it gets worse, and at its end if it was told before. What
 * began and ended within these records is told once, by its end.
 *
 * @returns what to remember, and the news if there is any
 */
export function follow(
  state: StoryState,
  records: readonly ReadRecord[],
  policy: NotificationPolicy,
): { readonly state: StoryState; readonly news?: News } {
  const { followedTo = 0 } = state;
  const before = isForgotten(state, records) ? undefined : state.told;
  let told = before;
  let { toldAt } = state;
  let latest: Omit<News, 'phase'> | undefined;
  for (const record of records) {
    const at = Date.parse(record.time);
    if (at <= followedTo) continue;
    const severity = severityOf(record.decision, record.reason);
    if (record.decision === 'done' || record.decision === 'skipped') {
      if (told !== undefined) latest = { severity, record };
      [told, toldAt] = [undefined, undefined];
    } else if (isTold(record, severity, policy) && (told === undefined || !isAtLeast(told, severity))) {
      latest = { severity, record };
      [told, toldAt] = [severity, at];
    }
  }
  if (latest === undefined) return { state };
  const phase = told === undefined ? 'ended' : before === undefined ? 'opened' : 'worsened';
  const next = { revision: state.revision, followedTo: Date.parse(records.at(-1)?.time ?? latest.record.time) };
  return {
    state: { ...next, ...(told !== undefined && { told }), ...(toldAt !== undefined && { toldAt }) },
    news: { phase, ...latest },
  };
}

/** A story of the account is told as if for the first time after a day. */
const isForgotten = ({ toldAt = 0 }: StoryState, records: readonly ReadRecord[]): boolean =>
  records.some(({ reason, time }) => isAccountWide(reason) && Date.parse(time) - toldAt >= REMINDER_MS);

const isTold = ({ decision }: ReadRecord, severity: Severity, policy: NotificationPolicy): boolean =>
  policy.mode === 'enforce' &&
  isAtLeast(severity, policy.minimumSeverity) &&
  policy.decisions.some((told) => told === decision);
