import type * as z from 'zod';
import type { OperatorAction } from '../intake/operator-action.ts';
import type { Sections } from '../policy/policy.ts';
import type { ReasonEntry } from '../records/reason-entry.ts';
import type { DecisionKind } from '../records/record.ts';
import type { Recorder as SharedRecorder } from '../records/recorder.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import type { SharedMetric } from '../runtime/metric.ts';
import type { Right } from './right.ts';

/** An event pattern, in EventBridge's own words. */
export interface EventPattern {
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A module of `events/`, or of a room whose event only this room takes. */
export interface EventModule {
  readonly detailType: string;
  readonly pattern: EventPattern;
  /** Instead of `pattern`, where the deployment narrows it by its least severity. */
  readonly patternFrom?: (findingSeverity: FindingSeverity) => EventPattern;
  readonly schema: z.ZodType;
  readonly sample: {
    readonly source: string;
    readonly 'detail-type': string;
    readonly id: string;
    readonly detail: object;
  };
}

/** Severities of Inspector's findings, as the setting `findingSeverity` of the deployment takes them. */
export type FindingSeverity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';

/** How a queue hands its messages to the function. */
export interface QueueSpec {
  /** A FIFO queue with one message group: the function has one writer at a time. */
  readonly fifo?: true;
  /** How many messages one invocation takes at most. */
  readonly batch: number;
  /**
   * How many it takes at most where the function itself takes more than a batch: a full one without `gatherSeconds`
   * tells of a storm.
   */
  readonly most?: number;
  /**
   * How long Lambda gathers a batch, at least. With little traffic it may wait up to 20 s, whatever is said here (Lambda
   * developer guide, "Polling and batching streams", of SQS): so nothing that is urgent has it.
   */
  readonly gatherSeconds?: number;
  /** How many invocations run side by side at most. */
  readonly concurrency?: number;
  /** How long each message is held back. */
  readonly delaySeconds?: number;
}

/** What starts the function. */
export type Start =
  | { readonly by: 'queue'; readonly queue: QueueSpec }
  /** `every` names the setting of the deployment that says how often. */
  | { readonly by: 'schedule'; readonly every: 'watchSchedule' | 'sweepSchedule' }
  /** Each record that matches the filter pattern of CloudWatch Logs. */
  | { readonly by: 'records'; readonly matching: string }
  /** Somebody at the dashboard. */
  | { readonly by: 'widget'; readonly shownAs?: string };

/** An alarm on a metric of the function's own: the section of the runbook, keyed by its anchor. */
export interface AlarmEntry {
  readonly metric: string;
  /** What it means, in a sentence. */
  readonly means: string;
  /** The first command to run. */
  readonly first: string;
  /** What to do then. */
  readonly next: string;
  /** Over how long the metric is summed up; default: five minutes. */
  readonly per?: 'sweep' | { readonly minutes: number };
  /** The alarm rises where the metric stays away for this many periods in a row, instead of where it counts something. */
  readonly absentFor?: number;
  /** Whether the remediator itself is not well: then the composite alarm fires, too. */
  readonly unhealthy?: true;
}

/** A line of a graph. */
export interface GraphLine {
  readonly metric: string;
  /** As CloudWatch takes it; default: `Sum`. */
  readonly statistic?: 'Sum' | 'Maximum' | `p${number}`;
  readonly label?: string;
  /** Summed up from sweep to sweep, where each sweep counts everything once. */
  readonly perSweep?: true;
}

/** What the dashboard shows of the function. */
export interface DashboardRow {
  /** What it is about, in a few words: its decisions are counted under this. */
  readonly title: string;
  /** What it can decide: a line each. */
  readonly decisions: readonly DecisionKind[];
  readonly graph: { readonly title: string; readonly lines: readonly GraphLine[] };
}

/** What a function of the stack is, apart from its code. Infrastructure, policy, documentation and tests follow from it. */
export interface Remediation {
  /** Its folder in `functions/`, and what it is called in metrics, logs and records. */
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
    /** Its own. */
    readonly section: string;
    /** That one, and the parts of others that the function goes by, each with a schema of just these. */
    readonly reads: Sections;
  };
  /** What only this function says; what any may say is in `shared/records/shared-reasons.ts`. */
  readonly reasons: Readonly<Record<string, ReasonEntry>>;
  /** The metrics of its own that it publishes, each a count, with what it counts. Those of all are in `runtime/metric.ts`. */
  readonly metrics: Readonly<Record<string, string>>;
  /** The events that go into its queue, by the construct ids of their rules. */
  readonly events: Readonly<Record<string, { readonly description: string; readonly event: EventModule }>>;
  /** What each sweep asks of it, and by which detail type. */
  readonly sweep?: { readonly of: 'clusters' | 'node-groups' | 'account'; readonly detailType: string };
  /** What operators can ask of it. */
  readonly requests: readonly OperatorAction[];
  /** Puts requests into its own queue. */
  readonly reconcilesAgain?: true;
  /** Asks EventBridge Scheduler to be woken. */
  readonly wakesUp?: true;
  /** The actions of DynamoDB that it needs on the ledger, such as `GetItem`. */
  readonly ledger: readonly string[];
  /** What else it may call. Its log, queue, policy, ledger and wake-ups come of themselves. */
  readonly rights: readonly Right[];
  /** Further environment variables; values may name placeholders, see `right.ts`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What infrastructure makes for this function beside all that. */
  readonly beside?: 'host-management-role' | 'notification-topic' | 'posture-document';
  /** The Kubernetes group that access entries of clusters give to its role. */
  readonly kubernetesGroup?: string;
  /** Outputs of the stack: values may also name `{role}` and `{function}`, the function's own ARNs. */
  readonly outputs?: Readonly<Record<string, { readonly value: string; readonly description: string }>>;
  readonly alarms: Readonly<Record<string, AlarmEntry>>;
  readonly dashboard?: DashboardRow;
}

/** A reason that a function may give: its own, and those that all may give. */
export type ReasonOf<Declared extends Remediation> = SharedReason | (keyof Declared['reasons'] & string);

/** A metric that a function publishes: its own, and those of all. */
export type MetricOf<Declared extends Remediation> = SharedMetric | (keyof Declared['metrics'] & string);

/** What a function records with: just its reasons and its metrics. */
export type RecorderOf<Declared extends Remediation> = SharedRecorder<ReasonOf<Declared>, MetricOf<Declared>>;

/** What a declaration says in two places must be one: alarms and graphs are about its metrics, its section is read. */
interface Consistent<Declared extends Remediation> {
  readonly alarms: { readonly [Section in keyof Declared['alarms']]: { readonly metric: MetricOf<Declared> } };
  readonly dashboard?: {
    readonly graph: { readonly lines: ReadonlyArray<GraphLine & { readonly metric: MetricOf<Declared> }> };
  };
  readonly policy?: Declared extends { readonly policy: { readonly reads: infer Read } }
    ? { readonly section: keyof Read & string }
    : object;
}

/** Declares a function, with its types as exact as they are written. */
export const declare = <const Declared extends Remediation>(declared: Declared & Consistent<Declared>): Declared =>
  declared;

/** What a function declares that decides nothing: it gives no reasons, hears no events, remembers nothing. */
export const DECIDES_NOTHING = { reasons: {}, metrics: {}, events: {}, requests: [], ledger: [] } as const;

/** The command that lists the records that fit a filter pattern of CloudWatch Logs. */
export const recordsWhere = (pattern: string): string =>
  `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "record" && ${pattern} }'`;

/** Lists runs that said themselves that they failed, and those that were stopped before they could: Lambda reports these. */
export const FAILED_RUNS = `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.level = "ERROR" || ($.type = "platform.report" && $.record.status != "success") }'`;
