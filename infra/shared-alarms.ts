import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { FAILED_RUN_PATTERN, type Remediation } from '../functions/shared/declaration/remediation.ts';
import { ANY_FUNCTION } from '../functions/shared/runtime/metric.ts';
import type { Foundation } from './foundation.ts';
import { METRIC_NAMESPACE } from './metric.ts';
import { ANY_FAILED_REMEDIATION, ANY_FAILED_RUN, POLICY_INVALID } from './runbook.ts';

type Known = Pick<Foundation, 'alarms' | 'settings' | 'logGroup' | 'fedLogGroup'>;

/** The alarms that functions share, because CloudWatch bills each alarm. Records and log lines name the function. */
export class SharedAlarms extends Construct {
  private readonly stackName: string;

  constructor(scope: Construct, id: string, { alarms, settings, logGroup, fedLogGroup }: Known) {
    super(scope, id);
    this.stackName = settings.stackName;
    // `AWS/Lambda Errors` has the same counts only by function.
    const failedRuns = this.countLines('FailedRuns', FAILED_RUN_PATTERN, { FailedRuns: logGroup, OfFed: fedLogGroup });
    alarms.add(this, 'Errors', failedRuns, ANY_FAILED_RUN);
    const failures = this.countLines('FailedRemediations', FAILURE_PATTERN, { Failures: logGroup });
    alarms.add(this, 'FailedRemediations', failures, ANY_FAILED_REMEDIATION);
    // Functions go by different parts of the policy: the alarm ends when none finds its part invalid any more.
    alarms.addForState(this, 'PolicyInvalid', ANY_FUNCTION, POLICY_INVALID);
  }

  /**
   * Counts lines of log groups in one metric. A metric filter publishes nothing while nothing matches, and its metric
   * costs nothing then.
   *
   * @param groups by the construct id of their filter
   */
  private countLines(metricName: string, pattern: string, groups: Readonly<Record<string, ILogGroup>>): Metric {
    // A metric filter takes dimensions only from the lines, so that the namespace tells one stack from another.
    const metricNamespace = `${METRIC_NAMESPACE}/${this.stackName}`;
    for (const [id, logGroup] of Object.entries(groups)) {
      const filterPattern = FilterPattern.literal(`{ ${pattern} }`);
      new MetricFilter(this, id, { logGroup, filterPattern, metricNamespace, metricName, metricValue: '1' });
    }
    return new Metric({
      namespace: metricNamespace,
      metricName,
      statistic: Stats.SUM,
      period: Duration.minutes(5),
    });
  }
}

/** Matches records of failures of the functions that declare to tell of them together. */
const FAILURE_PATTERN = `$.kind = "record" && $.decision = "failed" && (${REMEDIATIONS.filter(
  ({ alarms }: Remediation) => Object.values(alarms).some(({ together }) => together),
)
  .map(({ name }) => `$.remediation = "${name}"`)
  .join(' || ')})`;
