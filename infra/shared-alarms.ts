import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FAILED_RUN_PATTERN } from '../functions/shared/declaration/remediation.ts';
import { ANY_FUNCTION } from '../functions/shared/runtime/metric.ts';
import type { Foundation } from './foundation.ts';
import { METRIC_NAMESPACE, remediatorMetric } from './metric.ts';
import { FUNCTION_ERRORS, POLICY_INVALID } from './runbook.ts';

type Known = Pick<Foundation, 'alarms' | 'settings' | 'logGroup' | 'fedLogGroup'>;

/**
 * The alarms that all functions share, because CloudWatch bills each alarm. Records and log lines name the function.
 */
export class SharedAlarms extends Construct {
  constructor(scope: Construct, id: string, { alarms, settings, logGroup, fedLogGroup }: Known) {
    super(scope, id);
    alarms.add(this, 'Errors', this.failedRuns(settings.stackName, { logGroup, fedLogGroup }), FUNCTION_ERRORS);
    // Each reconcile under an invalid policy publishes the metric. The alarm ends once a sweep finds the policy valid.
    const invalid = remediatorMetric('PolicyInvalid', ANY_FUNCTION, settings.stackName, settings.sweepSchedule);
    alarms.add(this, 'PolicyInvalid', invalid, POLICY_INVALID);
  }

  /**
   * Counts the runs that Lambda reports as failed, timed out or killed. `AWS/Lambda Errors` has the same counts only by
   * function. A metric filter publishes nothing while nothing matches, and its metric costs nothing then.
   */
  private failedRuns(stackName: string, groups: Readonly<Record<string, ILogGroup>>): Metric {
    // A metric filter takes dimensions only from the lines, so the namespace distinguishes stacks.
    const identity = { metricNamespace: `${METRIC_NAMESPACE}/${stackName}`, metricName: 'FailedRuns' };
    for (const [id, logGroup] of Object.entries(groups)) {
      const filterPattern = FilterPattern.literal(`{ ${FAILED_RUN_PATTERN} }`);
      new MetricFilter(this, id, { logGroup, filterPattern, ...identity, metricValue: '1' });
    }
    const { metricNamespace: namespace, metricName } = identity;
    return new Metric({ namespace, metricName, statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}
