import { Aws, Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pattern as networkChange } from '../events/cloudtrail-network-change.ts';
import { pattern as instanceLaunch } from '../events/ec2-instance-launch.ts';
import { pattern as networkReachability } from '../events/inspector-network-reachability.ts';
import { pattern as quarantineReconcileRequest } from '../events/quarantine-reconcile-request.ts';
import { pattern as quarantineRequest } from '../events/quarantine-request.ts';
import { patternFor as requestsFor } from '../events/remediation-request.ts';
import { QUARANTINE_KUBERNETES_GROUP } from '../kubernetes/rbac.ts';
import { onClusters, onNodegroups } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { ReconcileIntake } from './reconcile-intake.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { arnHere, type Right } from './right.ts';
import { WakeUps } from './wake-ups.ts';
import { answer, depths, graph, line } from './widgets.ts';

/** A reconcile acts within seconds; a lease on a worker (65 s, in its `act.ts`) must outlast it. */
const TIMEOUT = Duration.minutes(1);

/** `quarantine-workers` with the queue of its reconcile requests, what fills it, its wake-ups, and its way into clusters. */
export class QuarantineWorkers extends Construct {
  readonly queue: Queue;
  readonly role: RemediatorFunction['role'];

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { eventBus, ledger, policy, settings } = foundation;

    const intake = new ReconcileIntake(this, foundation, { name: 'quarantine-workers', timeout: TIMEOUT });
    this.queue = intake.queue;
    intake.take({
      InstanceLaunchRule: ['An EC2 instance that is launched goes to quarantine-workers', instanceLaunch],
      NetworkChangeRule: ['A call that may open a way to an instance goes to quarantine-workers', networkChange],
      ReachabilityRule: ['An open path that Inspector found goes to quarantine-workers', networkReachability],
    });
    intake.take(
      {
        ReconcileRule: [
          'Whoever may put events on the bus can have workers looked at by quarantine-workers',
          quarantineReconcileRequest,
        ],
        RequestRule: ['Whoever may put events on the bus can ask for a release, and more', quarantineRequest],
        ApprovalRule: [
          'Whoever may put events on the bus can have a quarantine approved or rejected',
          requestsFor('quarantine-workers'),
        ],
      },
      eventBus,
    );
    const wakeUps = new WakeUps(this, 'WakeUps', this.queue);

    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'quarantine-workers',
      description: 'Isolates EKS workers that the Internet can reach, and releases them as they were',
      timeout: TIMEOUT,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        POLICY_PARAMETER: policy.parameter.parameterName,
        DEFAULT_MODE: settings.mode,
        QUARANTINE_QUEUE_URL: this.queue.queueUrl,
        QUARANTINE_QUEUE_ARN: this.queue.queueArn,
        QUARANTINE_DEAD_LETTER_QUEUE_URL: intake.deadLetters.queueUrl,
        WAKE_SCHEDULE_GROUP: wakeUps.group.scheduleGroupName,
        WAKE_ROLE_ARN: wakeUps.role.roleArn,
      },
      rights: [
        reads,
        onClusters('DescribeCluster'),
        onNodegroups('DescribeNodegroup'),
        ...isolation,
        policy.read(),
        ledger.allow('BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'),
        ...wakeUps.rights(),
        {
          sid: 'ReconcileAgainAndPutAside',
          actions: ['sqs:SendMessage'],
          resources: [this.queue.queueArn, intake.deadLetters.queueArn],
        },
        intake.receive,
      ],
    });
    this.role = remediator.role;
    // Within a second of the event, and a wave of launches still becomes a few looks: each call describes many workers.
    remediator.function.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 200, maxBatchingWindow: Duration.seconds(1), maxConcurrency: 4 }),
    );
    remediator.addAlarm(foundation, 'Failed', 'quarantine-failed');
    remediator.addAlarm(foundation, 'QuarantineExpiring', 'quarantine-expiring', { period: settings.sweepSchedule });
    remediator.addAlarm(foundation, 'QuarantineExpired', 'quarantine-expired', { period: settings.sweepSchedule });
    const of = { name: remediator.name, stackName: settings.stackName };
    foundation.dashboard.addRemediation(
      'Quarantine of exposed workers',
      remediator,
      graph('In quarantine, expiring, expired', 8, [
        line(of, 'InQuarantine', { statistic: Stats.MAXIMUM }),
        line(of, 'QuarantineExpiring', { statistic: Stats.MAXIMUM }),
        line(of, 'QuarantineExpired', { statistic: Stats.MAXIMUM }),
      ]),
      answer('what-is-in-quarantine', 16, foundation.logGroup),
      depths('Hints that wait, and dead letters', 8, { waiting: this.queue, dead: intake.deadLetters }),
    );
    for (const clusterName of settings.accessEntryClusters) {
      new CfnAccessEntry(this, `AccessEntry-${clusterName}`, {
        clusterName,
        principalArn: remediator.role.roleArn,
        kubernetesGroups: [QUARANTINE_KUBERNETES_GROUP],
        type: 'STANDARD',
      });
    }
  }
}

const reads: Right = {
  sid: 'Look',
  actions: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeAutoScalingInstances',
    'ec2:DescribeAddresses',
    'ec2:DescribeInstanceAttribute',
    'ec2:DescribeInstances',
    // Who else uses a security group, before a rule of it is revoked.
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSnapshots',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcEndpoints',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
  ],
  resources: ['*'],
  wildcardReason: 'None of these reading calls knows resources that could be named before they are read.',
};

const anyWorker =
  'Any instance of the account may be a worker: the function reads its tags before it changes anything.';
const ec2 = (...resources: string[]): string[] => resources.map((resource) => arnHere('ec2', `${resource}/*`));

/** The ARN of a snapshot has no account. */
const anySnapshot = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}::snapshot/*`;

/** What isolating a worker, and giving back what it had, changes. */
const isolation: readonly Right[] = [
  {
    sid: 'NetworkOfWorkers',
    actions: [
      'ec2:AssignIpv6Addresses',
      'ec2:AssociateAddress',
      'ec2:DisassociateAddress',
      'ec2:ModifyNetworkInterfaceAttribute',
      'ec2:UnassignIpv6Addresses',
    ],
    resources: ec2('elastic-ip', 'instance', 'network-interface', 'security-group'),
    wildcardReason: anyWorker,
  },
  {
    sid: 'QuarantineGroups',
    actions: [
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:CreateSecurityGroup',
      'ec2:RevokeSecurityGroupEgress',
      'ec2:RevokeSecurityGroupIngress',
    ],
    resources: ec2('security-group', 'vpc'),
    wildcardReason:
      'Groups of its own in the VPC of any cluster; and, by policy, rules that admit the world to a group.',
  },
  {
    sid: 'CloseSubnets',
    actions: ['ec2:ModifySubnetAttribute'],
    resources: ec2('subnet'),
    wildcardReason: 'By policy, any subnet whose workers are public by design.',
  },
  {
    sid: 'Tags',
    actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
    resources: [...ec2('instance', 'security-group'), anySnapshot],
    conditions: {
      'ForAllValues:StringLike': { 'aws:TagKeys': 'eks-host-remediator:*' },
      // Of no key at all the line above holds as well, and DeleteTags without keys takes off all that users have set.
      Null: { 'aws:TagKeys': 'false' },
    },
    wildcardReason: 'Any instance may be a worker; only tags of its own can be set or taken off.',
  },
  {
    sid: 'Evidence',
    actions: ['ec2:CreateSnapshots', 'ec2:ModifyInstanceAttribute'],
    resources: [...ec2('instance', 'volume'), anySnapshot],
    wildcardReason: anyWorker,
  },
  {
    sid: 'Terminate',
    actions: ['ec2:TerminateInstances'],
    resources: ec2('instance'),
    conditions: { Null: { 'aws:ResourceTag/eks-host-remediator:quarantine': 'false' } },
    wildcardReason: 'Only an instance that bears the tag of a quarantine.',
  },
  {
    sid: 'Standby',
    actions: ['autoscaling:EnterStandby', 'autoscaling:ExitStandby'],
    resources: [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
    wildcardReason: 'Any Auto Scaling group may be the one of a worker.',
  },
  {
    sid: 'Targets',
    actions: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
    resources: [arnHere('elasticloadbalancing', 'targetgroup/*')],
    wildcardReason: 'Any target group may have a worker as its target.',
  },
];
