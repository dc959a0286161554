import type * as z from 'zod';
import type { OperatorAction } from '../intake/operator-action.ts';
import type { LedgerKind } from '../ledger/item-kinds.ts';
import type { Sections } from '../policy/policy.ts';
import type { ReasonEntry } from '../records/reason-entry.ts';
import type { DecisionKind } from '../records/record.ts';
import type { Recorder as SharedRecorder } from '../records/recorder.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import type { SharedMetric } from '../runtime/metric.ts';
import type { Right } from './right.ts';

/** An event pattern, in EventBridge's format. */
export interface EventPattern {
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A module of `events/`, or of a remediation's folder where only that remediation takes the event. */
export interface EventModule {
  readonly detailType: string;
  readonly pattern: EventPattern;
  /** Replaces `pattern` where the deployment narrows it by a minimum severity. */
  readonly patternFrom?: (findingSeverity: FindingSeverity) => EventPattern;
  readonly schema: z.ZodType;
  readonly sample: {
    readonly source: string;
    readonly 'detail-type': string;
    readonly id: string;
    readonly detail: object;
  };
}

/** Severities of Inspector's findings, as the deployment's setting `findingSeverity` takes them. */
export type FindingSeverity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';

/**
 * How long a request waits before that is told, seconds. It waits this long only where a function fails, hangs or is not
 * invoked, also because Lambda throttles it. A request that fails alone has been tried eight times by then.
 */
export const LONGEST_WAIT = 30 * 60;

/** How Lambda polls the queue for the function. */
interface AnyQueueSpec {
  /** Batch size: how many messages one invocation gets at most. */
  readonly batch: number;
  /**
   * How many messages one invocation takes at most where the function itself receives more. Without `gatherSeconds`, a
   * full batch is the sign of a storm.
   */
  readonly most?: number;
  /**
   * Batching window: how long Lambda gathers a batch, at least. With little traffic Lambda may wait up to 20 s,
   * whatever is set here (Lambda developer guide, "Polling and batching streams", of SQS). Urgent queues therefore have
   * no window.
   */
  readonly gatherSeconds?: number;
  /**
   * Set where minutes matter: an alarm of its own then watches how long requests wait. Each sweep looks at all queues,
   * and one alarm tells of the others.
   */
  readonly urgent?: true;
  /** Delivery delay of each message. */
  readonly delaySeconds?: number;
}

/**
 * How a queue feeds its function. Every queue has a limit, since a new account may run ten invocations at a time. Sources:
 * Lambda developer guide, "Lambda quotas" (new accounts), and API reference, ScalingConfig (a maximum of at least 2).
 */
export type QueueSpec =
  /** A FIFO queue with a single message group, so that only one invocation runs at a time. */
  | (AnyQueueSpec & { readonly fifo: true; readonly concurrency?: never })
  /** A standard queue with a maximum number of concurrent invocations, at least 2. */
  | (AnyQueueSpec & { readonly fifo?: never; readonly concurrency: number });

/** What starts the function. */
export type Start =
  | { readonly by: 'queue'; readonly queue: QueueSpec }
  /** A schedule: daily, or at the rate that a setting of the deployment has. */
  | { readonly by: 'schedule'; readonly every: 'watchSchedule' | 'sweepSchedule' | 'day' }
  /** Each record that matches this filter pattern of CloudWatch Logs. */
  | { readonly by: 'records'; readonly matching: string }
  /** A viewer of the dashboard. */
  | { readonly by: 'widget'; readonly shownAs?: string };

/** An alarm of the function. The key is the anchor of its section in the runbook. */
export interface AlarmEntry {
  /** One of the function's own metrics; absent where the alarm goes by its runs (`absentFor`). */
  readonly metric?: string;
  /** Meaning of the alarm, in a sentence. */
  readonly means: string;
  /** The first command to run. */
  readonly first: string;
  /** What to do after that. */
  readonly next: string;
  /**
   * Set on `Failed` when one alarm tells of it together with other functions, because CloudWatch bills each alarm. The
   * records name the function, and the section of the runbook still has its name.
   */
  readonly together?: true;
  /** Set when the metric is of a state, which each sweep publishes again for as long as it lasts. */
  readonly lasts?: true;
  /** Set instead of `metric`: the alarm fires when the function has not run for this many sweeps. */
  readonly absentFor?: number;
  /** Set when the alarm means that the remediator itself is unhealthy; the composite alarm then fires as well. */
  readonly unhealthy?: true;
}

/** A line of a graph. */
export interface GraphLine {
  readonly metric: string;
  /** A statistic of CloudWatch; default: `Sum`. */
  readonly statistic?: 'Sum' | 'Maximum' | `p${number}`;
  readonly label?: string;
  /** Summed per sweep, for metrics that each sweep counts once in full. */
  readonly perSweep?: true;
}

/** What the dashboard shows about the function. */
export interface DashboardRow {
  /** Title in a few words, under which the function's decisions are counted. */
  readonly title: string;
  /** The decisions that the function can make, one line each. */
  readonly decisions: readonly DecisionKind[];
  /** A graph beside the decisions; absent where they say it all. */
  readonly graph?: { readonly title: string; readonly lines: readonly GraphLine[] };
}

/**
 * The declaration of one function of the stack, apart from its code. Infrastructure, policy, documentation and tests
 * are derived from it.
 */
export interface Remediation {
  /** Name of its folder in `functions/`, used in metrics, logs and records. */
  readonly name: string;
  /** What it does, in a sentence without a full stop. */
  readonly summary: string;
  /** What starts it, in a few words for people. */
  readonly startedBy: string;
  /** What its records are about. */
  readonly subject: 'instance' | 'node-group' | 'cluster' | 'account';
  readonly start: Start;
  readonly timeoutSeconds: number;
  readonly policy?: {
    /** The function's own section of the policy; absent where it reads only parts of others' sections. */
    readonly section?: string;
    /** The schemas of what the function reads: its own section, and parts of others' sections. */
    readonly reads: Sections;
  };
  /** The reasons that only this function gives; `shared/records/shared-reasons.ts` has those of all. */
  readonly reasons: Readonly<Record<string, ReasonEntry>>;
  /**
   * The metrics that only this function publishes, each a count, with what it counts. `runtime/metric.ts` has those of
   * all.
   */
  readonly metrics: Readonly<Record<string, string>>;
  /**
   * Decisions of its records that no metric counts, because Lambda counts the runs that make them, and a metric with data
   * in each hour costs as much as three alarms.
   */
  readonly uncounted?: readonly DecisionKind[];
  /** The events that go into its queue, or that run it where it has no queue, by the construct ids of their rules. */
  readonly events: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly event: EventModule;
        /**
         * Why AWS sends the event rarely. A FIFO queue takes such an event, since no wave of them occupies the account.
         */
        readonly seldom?: string;
      }
    >
  >;
  /** What each sweep asks it to reconcile, and the detail type of the requests. */
  readonly sweep?: { readonly of: 'clusters' | 'node-groups' | 'account'; readonly detailType: string };
  /** The actions that operators can request of it. */
  readonly requests: readonly OperatorAction[];
  /** Set when it puts requests into its own queue. */
  readonly reconcilesAgain?: true;
  /** Set when it schedules wake-ups with EventBridge Scheduler. */
  readonly wakesUp?: true;
  /** The DynamoDB actions that it needs on the ledger, such as `GetItem`. */
  readonly ledger: readonly string[];
  /**
   * The kinds of items that it writes there, where it may write. IAM refuses all others, so that whoever takes over one
   * function cannot write what another one goes by. A function with a queue may also write what it cannot read.
   */
  readonly ledgerKinds?: readonly LedgerKind[];
  /** Further rights. Those for its log, queue, policy, ledger and wake-ups are added automatically. */
  readonly rights: readonly Right[];
  /** Further environment variables. Values may contain placeholders, see `right.ts`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further infrastructure that the stack creates for this function. */
  readonly beside?: 'host-management-role' | 'notification-topic' | 'posture-document' | 'shells-documents';
  /** The Kubernetes group that the clusters' access entries give to its role. */
  readonly kubernetesGroup?: string;
  /** Outputs of the stack. Values may also contain `{role}` and `{function}`, the function's own ARNs. */
  readonly outputs?: Readonly<Record<string, { readonly value: string; readonly description: string }>>;
  readonly alarms: Readonly<Record<string, AlarmEntry>>;
  readonly dashboard?: DashboardRow;
}

/** A reason that a function may give: one of its own, or a shared one. */
export type ReasonOf<Declared extends Remediation> = SharedReason | (keyof Declared['reasons'] & string);

/** A metric that a function publishes: one of its own, or a shared one. */
export type MetricOf<Declared extends Remediation> = SharedMetric | (keyof Declared['metrics'] & string);

/** The recorder of a function, limited to its reasons and metrics. */
export type RecorderOf<Declared extends Remediation> = SharedRecorder<ReasonOf<Declared>, MetricOf<Declared>>;

/**
 * Makes a declaration consistent: alarms and graphs use metrics that exist, and the policy reads include the function's
 * own section.
 */
interface Consistent<Declared extends Remediation> {
  readonly alarms: { readonly [Section in keyof Declared['alarms']]: { readonly metric?: MetricOf<Declared> } };
  readonly dashboard?: {
    readonly graph?: { readonly lines: ReadonlyArray<GraphLine & { readonly metric: MetricOf<Declared> }> };
  };
  readonly policy?: Declared extends { readonly policy: { readonly reads: infer Read } }
    ? { readonly section?: keyof Read & string }
    : object;
}

/** Declares a function, keeping the literal types of what is written. */
export const declare = <const Declared extends Remediation>(declared: Declared & Consistent<Declared>): Declared =>
  declared;

/** The declaration of a function that makes no decisions: no reasons, events or ledger. */
export const DECIDES_NOTHING = { reasons: {}, metrics: {}, events: {}, requests: [], ledger: [] } as const;

/** The command that lists the records that match a filter pattern of CloudWatch Logs. */
export const recordsWhere = (pattern: string): string =>
  `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "record" && ${pattern} }'`;

/**
 * Matches Lambda's report of a run that failed, timed out or was killed, in CloudWatch Logs' pattern syntax (Lambda
 * developer guide, "Lambda Telemetry API Event schema reference": the status of `platform.report`).
 */
export const FAILED_RUN_PATTERN = '$.type = "platform.report" && $.record.status != "success"';

/**
 * The command that lists runs that logged their failure, and runs that were stopped before they could, which Lambda
 * reports.
 */
export const FAILED_RUNS = `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.level = "ERROR" || (${FAILED_RUN_PATTERN}) }'`;
