import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FAILED_RUN_PATTERN } from '../functions/shared/declaration/remediation.ts';
import { ANY_FUNCTION } from '../functions/shared/runtime/metric.ts';
import type { Foundation } from './foundation.ts';
import { METRIC_NAMESPACE } from './metric.ts';
import { ANY_FAILED_RUN, POLICY_INVALID } from './runbook.ts';

type Known = Pick<Foundation, 'alarms' | 'settings' | 'logGroup'>;

/** The alarms that functions share, because CloudWatch bills each alarm. Records and log lines name the function. */
export class SharedAlarms extends Construct {
  constructor(scope: Construct, id: string, { alarms, settings, logGroup }: Known) {
    super(scope, id);
    alarms.add(this, 'Errors', this.failedRuns(settings.stackName, logGroup), ANY_FAILED_RUN);
    // Functions go by different parts of the policy: the alarm ends when none finds its part invalid any more.
    alarms.addForState(this, 'PolicyInvalid', ANY_FUNCTION, POLICY_INVALID);
  }

  /**
   * Counts the runs that Lambda reports as failed, timed out or killed. `AWS/Lambda Errors` has the same counts only by
   * function. A metric filter publishes nothing while nothing matches, and its metric costs nothing then.
   */
  private failedRuns(stackName: string, logGroup: ILogGroup): Metric {
    // A metric filter takes dimensions only from the lines, so that the namespace tells one stack from another.
    const namespace = `${METRIC_NAMESPACE}/${stackName}`;
    const metricName = 'FailedRuns';
    new MetricFilter(this, 'FailedRuns', {
      logGroup,
      filterPattern: FilterPattern.literal(`{ ${FAILED_RUN_PATTERN} }`),
      metricNamespace: namespace,
      metricName,
      metricValue: '1',
    });
    return new Metric({ namespace, metricName, statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}
