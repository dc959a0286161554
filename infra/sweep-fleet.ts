import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { remediatorMetric } from './alarms.ts';
import { listClusters, onClusters } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { runbook } from './runbook.ts';
import { ScheduleTrigger } from './schedule-trigger.ts';
import { answer, graph, line } from './widgets.ts';

/** `sweep-fleet` with its schedule, and an alarm when three sweeps in a row did not finish. */
export class SweepFleet extends Construct {
  constructor(
    scope: Construct,
    id: string,
    foundation: Foundation,
    queues: {
      readonly upgrades: IQueue;
      readonly agents: IQueue;
      readonly quarantine: IQueue;
      readonly findings: IQueue;
    },
  ) {
    super(scope, id);
    const { alarms, ledger, settings } = foundation;
    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'sweep-fleet',
      description:
        'Puts one request for each cluster and node group into the queues, so that a lost event costs little',
      timeout: Duration.minutes(5),
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        UPGRADE_QUEUE_URL: queues.upgrades.queueUrl,
        AGENT_QUEUE_URL: queues.agents.queueUrl,
        QUARANTINE_QUEUE_URL: queues.quarantine.queueUrl,
        FINDINGS_QUEUE_URL: queues.findings.queueUrl,
      },
      rights: [
        listClusters,
        onClusters('ListNodegroups'),
        {
          sid: 'Hint',
          actions: ['sqs:SendMessage'],
          resources: [queues.upgrades, queues.agents, queues.quarantine, queues.findings].map(
            ({ queueArn }) => queueArn,
          ),
        },
        ledger.allow('PutItem'),
      ],
    });
    const every = settings.sweepSchedule;
    alarms.add(
      this,
      'StaleAlarm',
      // An hour without a sweep is one with none, not one of which nothing is known.
      new MathExpression({
        expression: 'FILL(finished, 0)',
        usingMetrics: { finished: remediatorMetric('SweepFinished', remediator.name, settings.stackName, every) },
        period: every,
      }),
      runbook('stale-sweep'),
      {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: 3,
        // Before the first sweep there is nothing to fill, and no alarm; after the last one, it stands.
        treatMissingData: TreatMissingData.IGNORE,
      },
    );
    new ScheduleTrigger(this, 'Schedule', foundation, remediator, every);
    foundation.dashboard.addRow(
      'Sweeps',
      graph('Sweeps that came to their end', 8, [
        line({ name: remediator.name, stackName: settings.stackName }, 'SweepFinished'),
      ]),
      answer('is-everything-alive', 16, foundation.logGroup),
    );
  }
}
