import { createHash } from 'node:crypto';
import type { Mode } from '../policy/policy.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counter } from '../runtime/counter.ts';
import type { MetricName } from '../runtime/metric.ts';
import { hintOf, type Reason } from './reason.ts';
import { type AwsCall, type DecisionKind, RECORD_VERSION, type Remediation, type RemediationRecord } from './record.ts';

/** What asked for a reconcile: an event, a schedule or a hint. */
export interface Trigger {
  readonly id: string;
  /** Its detail type, for example `EKS AMI Release`. */
  readonly type: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** What a record is about. */
export interface Subject {
  readonly cluster?: string;
  readonly nodegroup?: string;
  readonly instance?: string;
}

export interface Outcome {
  readonly subject: Subject;
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  readonly mode?: Mode;
  readonly trigger: Trigger;
  /** Tells this outcome from every other one of the subject, also from the same one at another time: part of the record's id. */
  readonly fingerprint: string;
  readonly correlationId: string;
  readonly calls?: readonly AwsCall[];
  readonly details?: RemediationRecord['details'];
}

export interface RecorderOptions {
  readonly remediation: Remediation;
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Takes one log line, without its line break. */
  readonly write: (line: string) => void;
  readonly counter: Counter;
}

const METRIC_NAMES: Readonly<Record<DecisionKind, MetricName>> = {
  acted: 'Acted',
  'would-act': 'WouldAct',
  waiting: 'Waiting',
  skipped: 'Skipped',
  refused: 'Refused',
  failed: 'Failed',
  done: 'Done',
};

export type Recorder = ReturnType<typeof createRecorder>;

/** Outcomes whose latency is published: that something was done, or the aim reached. */
const TIMED: ReadonlySet<DecisionKind> = new Set(['acted', 'done']);

/** Writes outcomes as records, one JSON line each, and counts them. */
export function createRecorder({ remediation, account, region, clock, write, counter }: RecorderOptions) {
  const { count, gauge, observe } = counter;
  return {
    /** Adds to a metric of the invocation, for example `PolicyInvalid`; 0 says that there was nothing to count. */
    count,

    /** Sets a metric to how things stand. */
    gauge,

    /** Adds a value of its own to a metric, for percentiles. */
    observe,

    /** Writes a line that is no record, for Logs Insights. */
    note(kind: 'inventory', members: Readonly<Record<string, string | number>>) {
      write(JSON.stringify({ kind, time: new Date(clock.now()).toISOString(), account, region, ...members }));
    },

    record({ subject, decision, reason, message, mode, trigger, fingerprint, correlationId, calls, details }: Outcome) {
      const hint = hintOf(reason);
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
        message,
        ...(hint !== undefined && { hint }),
        trigger: { id: trigger.id, type: trigger.type },
        calls: [...(calls ?? [])],
        correlationId,
        latencyMs: Math.max(0, clock.now() - trigger.time),
        ...(details !== undefined && { details }),
      };
      write(JSON.stringify(line));
      count(METRIC_NAMES[decision]);
      if (TIMED.has(decision)) observe('Latency', line.latencyMs);
    },
  };
}

const digest = (parts: ReadonlyArray<string | undefined>): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
