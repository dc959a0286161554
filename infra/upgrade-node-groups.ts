import { Duration } from 'aws-cdk-lib';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pattern as amiRelease } from '../events/eks-ami-release.ts';
import { patternFor as requestsFor } from '../events/remediation-request.ts';
import { pattern as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import { describeImages, listClusters, onClusters, onNodegroups, readAmiReleases } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { ReconcileIntake } from './reconcile-intake.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { WakeUps } from './wake-ups.ts';
import { answer, depths, graph, line } from './widgets.ts';

const TIMEOUT = Duration.minutes(3);

/** `upgrade-node-groups` with the queue of its reconcile requests, what fills it, and its wake-ups. */
export class UpgradeNodeGroups extends Construct {
  /**
   * Takes reconcile requests: events in EventBridge's shape, all in the one message group `upgrades`. SQS hands out a group's next
   * messages only when the earlier ones are done, so an account and region has one writer at a time, whatever comes in
   * and however often.
   */
  readonly queue: Queue;

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { eventBus, ledger, policy, settings } = foundation;

    const intake = new ReconcileIntake(this, foundation, {
      name: 'upgrade-node-groups',
      timeout: TIMEOUT,
      messageGroupId: 'upgrades',
    });
    this.queue = intake.queue;
    intake.take(
      {
        AmiReleaseRule: ['A new EKS AMI release goes to upgrade-node-groups', amiRelease],
        ReconcileRule: [
          'Whoever may put events on the bus can have a node group looked at by upgrade-node-groups',
          upgradeReconcileRequest,
        ],
        RequestRule: [
          'Whoever may put events on the bus can have an upgrade approved, rejected, resumed or retried',
          requestsFor('upgrade-node-groups'),
        ],
      },
      eventBus,
    );
    const wakeUps = new WakeUps(this, 'WakeUps', this.queue);

    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'upgrade-node-groups',
      description: 'Upgrades EKS managed node groups to the newest AMI release, as the policy allows',
      timeout: TIMEOUT,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        POLICY_PARAMETER: policy.parameter.parameterName,
        DEFAULT_MODE: settings.mode,
        UPGRADE_QUEUE_URL: this.queue.queueUrl,
        UPGRADE_QUEUE_ARN: this.queue.queueArn,
        UPGRADE_DEAD_LETTER_QUEUE_URL: intake.deadLetters.queueUrl,
        WAKE_SCHEDULE_GROUP: wakeUps.group.scheduleGroupName,
        WAKE_ROLE_ARN: wakeUps.role.roleArn,
      },
      rights: [
        listClusters,
        // AWS does not say whether the updates of a node group belong to the cluster or to the node group: so both.
        onClusters('DescribeCluster', 'ListNodegroups', 'ListUpdates', 'DescribeUpdate'),
        onNodegroups('DescribeNodegroup', 'UpdateNodegroupVersion', 'ListUpdates', 'DescribeUpdate'),
        {
          sid: 'Workers',
          actions: ['ec2:DescribeInstances', 'autoscaling:DescribeAutoScalingGroups'],
          resources: ['*'],
          wildcardReason: 'Neither of the two calls knows resources.',
        },
        describeImages,
        readAmiReleases,
        policy.read(),
        ledger.allow('BatchGetItem', 'GetItem', 'PutItem', 'Query'),
        ...wakeUps.rights(),
        {
          sid: 'NextOnWaitlistAndPutAside',
          actions: ['sqs:SendMessage'],
          resources: [this.queue.queueArn, intake.deadLetters.queueArn],
        },
        intake.receive,
      ],
    });
    remediator.function.addEventSource(new SqsEventSource(this.queue, { batchSize: 10 }));
    // Notified by every reconcile, well or not: the alarm stands until a reconcile says otherwise.
    remediator.addAlarm(foundation, 'PolicyInvalid', 'policy-invalid', { treatMissingData: TreatMissingData.IGNORE });
    remediator.addAlarm(foundation, 'Failed', 'upgrade-failed');
    // Notified by every reconcile of the node group: at least as often as the sweep comes.
    remediator.addAlarm(foundation, 'Halted', 'breaker-tripped', { period: settings.sweepSchedule });
    remediator.addAlarm(foundation, 'UpgradeStuck', 'upgrade-stuck', { period: Duration.minutes(15) });

    const of = { name: remediator.name, stackName: settings.stackName };
    foundation.dashboard.addRemediation(
      'Upgrades of node groups',
      remediator,
      graph('Under way, stuck, halted', 8, [
        line(of, 'UpgradesInFlight', { statistic: Stats.MAXIMUM }),
        line(of, 'UpgradeStuck', { statistic: Stats.MAXIMUM }),
        line(of, 'Halted', { statistic: Stats.MAXIMUM }),
      ]),
      answer('upgrades-in-flight', 16, foundation.logGroup),
      depths('Hints that wait, and dead letters', 8, { waiting: this.queue, dead: intake.deadLetters }),
    );
  }
}
