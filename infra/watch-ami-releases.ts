import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { describeImages, listClusters, onClusters, onNodegroups, readAmiReleases } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { ScheduleTrigger } from './schedule-trigger.ts';
import { answer, graph, line } from './widgets.ts';

/** `watch-ami-releases` with its schedule. */
export class WatchAmiReleases extends Construct {
  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { eventBus, ledger, settings } = foundation;
    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'watch-ami-releases',
      description: 'Sees new EKS AMI releases for the Kubernetes versions and AMI types that the fleet uses',
      timeout: Duration.minutes(5),
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS_NAME: eventBus.eventBusName,
      },
      rights: [
        listClusters,
        onClusters('ListNodegroups'),
        onNodegroups('DescribeNodegroup'),
        describeImages,
        readAmiReleases,
        ledger.allow('PutItem', 'Query'),
        { sid: 'Announce', actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
      ],
    });
    new ScheduleTrigger(this, 'Schedule', foundation, remediator, settings.watchSchedule);
    const of = { name: remediator.name, stackName: settings.stackName };
    foundation.dashboard.addRow(
      'AMI releases',
      answer('ami-age-by-release', 16, foundation.logGroup),
      graph('Age of the releases in use, days', 8, [
        line(of, 'ReleaseAge', { statistic: Stats.MAXIMUM, label: 'oldest' }),
        line(of, 'ReleaseAge', { statistic: Stats.percentile(50), label: 'median' }),
        line(of, 'NodeGroups', { statistic: Stats.MAXIMUM, label: 'node groups' }),
      ]),
    );
  }
}
