import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { remediatorMetric } from './alarms.ts';
import { listClusters, onClusters } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { ScheduleTrigger } from './schedule-trigger.ts';

/** `sweep-fleet` with its schedule, and an alarm when three sweeps in a row did not finish. */
export class SweepFleet extends Construct {
  constructor(
    scope: Construct,
    id: string,
    foundation: Foundation,
    queues: { readonly upgrades: IQueue; readonly agents: IQueue; readonly findings: IQueue },
  ) {
    super(scope, id);
    const { alarms, ledger, settings } = foundation;
    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'sweep-fleet',
      description: 'Puts one hint for each cluster and node group into the queues, so that a lost event costs little',
      timeout: Duration.minutes(5),
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        UPGRADE_QUEUE_URL: queues.upgrades.queueUrl,
        AGENT_QUEUE_URL: queues.agents.queueUrl,
        FINDINGS_QUEUE_URL: queues.findings.queueUrl,
      },
      rights: [
        listClusters,
        onClusters('ListNodegroups'),
        {
          sid: 'Hint',
          actions: ['sqs:SendMessage'],
          resources: [queues.upgrades.queueArn, queues.agents.queueArn, queues.findings.queueArn],
        },
        ledger.allow('PutItem'),
      ],
    });
    const every = settings.sweepSchedule;
    alarms.add(
      this,
      'StaleAlarm',
      remediatorMetric('SweepFinished', remediator.name, settings.stackName, every),
      'Three sweeps in a row did not finish: events that were lost since are not made up for.',
      {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: 3,
        treatMissingData: TreatMissingData.BREACHING,
      },
    );
    new ScheduleTrigger(this, 'Schedule', foundation, remediator, every);
  }
}
