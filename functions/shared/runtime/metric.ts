import { MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * Every metric that a function publishes, in the namespace `EksHostRemediator` with the dimensions `service` (the
 * function) and `stack`: a closed list, so that no name and no dimension grows with the fleet. What is wanted by cluster,
 * node group or release stands in the log lines, for Logs Insights.
 */
export const METRICS = {
  // Records written, by their decision.
  Acted: MetricUnit.Count,
  WouldAct: MetricUnit.Count,
  Waiting: MetricUnit.Count,
  Skipped: MetricUnit.Count,
  Refused: MetricUnit.Count,
  Failed: MetricUnit.Count,
  Done: MetricUnit.Count,
  /** From the triggering event to the record, of each outcome `acted` or `done`. */
  Latency: MetricUnit.Milliseconds,
  InvocationFailed: MetricUnit.Count,
  /** 1 for a reconcile that could not read the policy, 0 for one that could. */
  PolicyInvalid: MetricUnit.Count,
  /** Upgrades that hold a slot of the blast budget. */
  UpgradesInFlight: MetricUnit.Count,
  /** Of the upgrades looked at: those that take longer than they should. */
  UpgradeStuck: MetricUnit.Count,
  /** Of the node groups looked at: those whose upgrade failed as often as the policy allows. */
  Halted: MetricUnit.Count,
  /** Workers of the clusters that a sweep had looked at: all of them, and those whose agent does not answer. */
  WorkersSeen: MetricUnit.Count,
  WorkersUnanswered: MetricUnit.Count,
  /** Of the workers looked at: those that the Internet has no way to. */
  NotExposed: MetricUnit.Count,
  /** Workers that hold a slot of the quarantine budget. */
  InQuarantine: MetricUnit.Count,
  /** Quarantines that end within a day, and those whose time is over. */
  QuarantineExpiring: MetricUnit.Count,
  QuarantineExpired: MetricUnit.Count,
  /** Messages that told of a finding of Inspector: all of them, and each once by what became of it. */
  FindingsReceived: MetricUnit.Count,
  FindingsExamined: MetricUnit.Count,
  FindingsKnown: MetricUnit.Count,
  FindingsDuplicate: MetricUnit.Count,
  FindingsBelowFloor: MetricUnit.Count,
  FindingsWithoutFix: MetricUnit.Count,
  FindingsNotOnWorker: MetricUnit.Count,
  FindingsIgnored: MetricUnit.Count,
  SweepFinished: MetricUnit.Count,
  /** Messages about incidents that were sent. */
  IncidentsNotified: MetricUnit.Count,
  NodeGroups: MetricUnit.Count,
  /** Days since the release that a node group runs was built, of each whose release tells. */
  ReleaseAge: MetricUnit.Count,
} as const;

export type MetricName = keyof typeof METRICS;

/**
 * At most `most` of the values: those at equal steps in their order, the least and the greatest among them, so that
 * percentiles stay what they are. Powertools writes a blob of its own for every hundred values of a metric.
 */
export function thinOut(values: readonly number[], most = 50): number[] {
  if (values.length <= most) return [...values];
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: most },
    (_, index) => sorted[Math.round((index * (sorted.length - 1)) / (most - 1))] ?? 0,
  );
}
