import { createHash } from 'node:crypto';
import type { Mode } from '../policy/mode.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counter } from '../runtime/counter.ts';
import type { SharedMetric } from '../runtime/metric.ts';
import { namedHint } from './named-hint.ts';
import type { ReasonEntry } from './reason-entry.ts';
import {
  type AwsCall,
  type DecisionKind,
  RECORD_VERSION,
  type RecordSubject,
  type RemediationRecord,
} from './record.ts';
import { SHARED_REASONS, type SharedReason } from './shared-reasons.ts';

/** What triggered a reconcile: an event, a schedule or a reconcile request. */
export interface Trigger {
  readonly id: string;
  /** Detail type of the event, such as `EKS AMI Release`. */
  readonly type: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

export interface Outcome<Reason extends string = SharedReason> {
  readonly subject: RecordSubject;
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  readonly mode?: Mode;
  readonly trigger: Trigger;
  /**
   * Tells this outcome from every other one of the subject, even from the same outcome at another time. Part of the
   * record's id.
   */
  readonly fingerprint: string;
  readonly correlationId: string;
  readonly calls?: readonly AwsCall[];
  /** What to do, where the hint of the reason does not fit the subject. */
  readonly hint?: string;
  readonly details?: RemediationRecord['details'];
}

export interface RecorderOptions<Reason extends string, Metric extends string> {
  readonly remediation: string;
  /** The entries of the reasons that only this function gives. */
  readonly reasons: Readonly<Record<Exclude<Reason, SharedReason>, ReasonEntry>>;
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Writes one log line, given without its line break. */
  readonly write: (line: string) => void;
  readonly counter: Counter<Metric>;
  /** Whether the latency of what was done is published. */
  readonly isTimed: boolean;
  /** The decisions that no metric counts; absent: every decision is counted. */
  readonly uncounted?: readonly DecisionKind[] | undefined;
}

/** The metrics that count records, by decision. */
export const METRIC_NAMES = {
  acted: 'Acted',
  'would-act': 'WouldAct',
  waiting: 'Waiting',
  skipped: 'Skipped',
  refused: 'Refused',
  failed: 'Failed',
  done: 'Done',
} as const satisfies Readonly<Record<DecisionKind, SharedMetric>>;

/** Writes and counts a function's outcomes. */
export interface Recorder<Reason extends string = SharedReason, Metric extends string = SharedMetric>
  extends Omit<Counter<Metric>, 'flush'> {
  /**
   * Writes a line that is not a record, for Logs Insights: a release in use (`inventory`), figures of the fleet, a
   * dead-letter queue that is not empty, or a function that is not invoked (`waiting-requests`). A figure that only people
   * look at is no metric, because a metric costs as much as three alarms.
   */
  readonly note: (
    kind: 'inventory' | 'figures' | 'dead-letters' | 'waiting-requests',
    members: Readonly<Record<string, string | number>>,
  ) => void;
  /** Writes an outcome as one record. */
  readonly record: (outcome: Outcome<Reason>) => void;
}

/** Decisions whose latency is published: something was done, or the goal was reached. */
const TIMED: ReadonlySet<DecisionKind> = new Set(['acted', 'done']);

/** Creates a recorder, which writes outcomes as records, one JSON line each, and counts them. */
export function createRecorder<Reason extends string, Metric extends string>({
  remediation,
  account,
  region,
  clock,
  write,
  counter: { count, gauge, observe },
  ...options
}: RecorderOptions<Reason, Metric | SharedMetric>): Recorder<Reason, Metric | SharedMetric> {
  const entries: ReadonlyMap<string, ReasonEntry> = new Map(
    Object.entries<ReasonEntry>({ ...SHARED_REASONS, ...options.reasons }),
  );
  return {
    count,
    gauge,
    observe,

    note(kind, members) {
      write(JSON.stringify({ kind, time: new Date(clock.now()).toISOString(), account, region, ...members }));
    },

    record({ subject, decision, reason, message, mode, trigger, fingerprint, correlationId, calls, details, ...told }) {
      const { hint: usual, severity } = entries.get(reason) ?? {};
      const general = told.hint ?? usual;
      const hint = general === undefined ? undefined : namedHint(general, subject, { ...details, region });
      const line: RemediationRecord = {
        kind: 'record',
        version: RECORD_VERSION,
        id: digest([remediation, account, region, subject.cluster, subject.nodegroup, subject.instance, fingerprint]),
        time: new Date(clock.now()).toISOString(),
        account,
        region,
        ...subject,
        remediation,
        ...(mode !== undefined && { mode }),
        decision,
        reason,
        ...(severity !== undefined && { severity }),
        message,
        ...(hint !== undefined && { hint }),
        trigger: { id: trigger.id, type: trigger.type },
        calls: [...(calls ?? [])],
        correlationId,
        latencyMs: Math.max(0, clock.now() - trigger.time),
        ...(details !== undefined && { details }),
      };
      write(JSON.stringify(line));
      if (!options.uncounted?.includes(decision)) count(METRIC_NAMES[decision]);
      if (options.isTimed && TIMED.has(decision)) observe('Latency', line.latencyMs);
    },
  };
}

const digest = (parts: ReadonlyArray<string | undefined>): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
