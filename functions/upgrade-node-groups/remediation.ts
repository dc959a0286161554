import * as amiRelease from '../../events/eks-ami-release.ts';
import * as calendarOpened from '../../events/ssm-calendar-opened.ts';
import * as reconcileRequest from '../../events/upgrade-reconcile-request.ts';
import {
  describeImages,
  listClusters,
  onClusters,
  onNodegroups,
  readAmiReleases,
} from '../shared/declaration/fleet-rights.ts';
import { readGates } from '../shared/declaration/gate-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';
import { IMAGE_RIGHTS } from './image-rights.ts';
import { LAUNCH_TEMPLATE_RIGHTS } from './launch-template-rights.ts';
import { READS } from './policy.ts';
import { UPGRADE_REASONS } from './reasons.ts';

export const upgradeNodeGroups = declare({
  name: 'upgrade-node-groups',
  summary: 'Upgrades EKS managed node groups to the newest AMI release, as the policy allows',
  startedBy: 'releases, sweeps, wake-ups',
  subject: 'node-group',
  // SQS delivers the next messages of a message group only after the earlier ones are done. So each account and region
  // has a single writer at a time, however many messages arrive.
  start: { by: 'queue', queue: { fifo: true, batch: 10 } },
  timeoutSeconds: 180,
  policy: { section: 'upgrades', reads: READS },
  reasons: UPGRADE_REASONS,
  metrics: {
    UpgradesInFlight: 'Upgrades that hold a slot of the blast budget.',
    UpgradeStuck:
      'Of the updates of node groups reconciled, ours or not: those that take longer than such a group needs.',
  },
  events: {
    AmiReleaseRule: { description: 'A new EKS AMI release goes to upgrade-node-groups', event: amiRelease },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have a node group reconciled by upgrade-node-groups',
      event: reconcileRequest,
    },
    CalendarRule: {
      description: 'A change calendar has opened: upgrade-node-groups looks at the node groups that wait for one',
      event: calendarOpened,
    },
  },
  sweep: { of: 'node-groups', detailType: reconcileRequest.detailType },
  requests: ['approve', 'reject', 'resume', 'retry'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'GetItem', 'PutItem', 'Query'],
  ledgerKinds: ['node-group', 'replacement-order', 'first-start', 'budget'],
  rights: [
    listClusters,
    // AWS does not document whether the updates of a node group are authorized on the cluster or the node group, so
    // both are granted.
    onClusters('DescribeCluster', 'ListNodegroups', 'ListUpdates', 'DescribeUpdate', 'ListInsights'),
    onNodegroups('DescribeNodegroup', 'UpdateNodegroupVersion', 'ListUpdates', 'DescribeUpdate'),
    onAnything('Workers', [
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceImageMetadata',
      'ec2:DescribeSubnets',
      'ec2:DescribeInstanceTypeOfferings',
      'ec2:DescribeInstanceTypes',
      'autoscaling:DescribeAutoScalingGroups',
    ]),
    onAnything('Quotas', ['cloudwatch:GetMetricData']),
    ...readGates,
    describeImages,
    readAmiReleases,
    { sid: 'CheckPosture', actions: ['sqs:SendMessage'], resources: ['{queue:check-posture}'] },
    {
      sid: 'UnmanagedGroups',
      actions: ['sqs:SendMessage'],
      resources: ['{queue:refresh-groups}', '{queue:drain-nodes}', '{queue:steer-node-classes}'],
    },
    ...LAUNCH_TEMPLATE_RIGHTS,
    ...IMAGE_RIGHTS,
  ],
  kubernetesGroup: 'eks-host-remediator-upgrades',
  outputs: {
    UpgradeRoleArn: { value: '{role}', description: 'The role of upgrade-node-groups, for access entries' },
  },
  environment: {
    POSTURE_QUEUE_URL: '{queueUrl:check-posture}',
    REFRESH_QUEUE_URL: '{queueUrl:refresh-groups}',
    DRAIN_QUEUE_URL: '{queueUrl:drain-nodes}',
    NODE_CLASS_QUEUE_URL: '{queueUrl:steer-node-classes}',
  },
  alarms: {
    'upgrade-failed': {
      metric: 'Failed',
      together: true,
      means: 'The upgrade of a node group failed. It is tried again by itself, up to upgrades.stopAfterFailures.',
      first: recordsWhere('$.reason = "upgrade-*"'),
      next: "The record with decision failed names EKS's error and its cause.",
    },
    'breaker-tripped': {
      metric: 'Halted',
      means: 'A node group is halted: its upgrade or refresh failed as often as it may. Or a breaker holds one.',
      first: recordsWhere('($.reason = "*halted" || $.reason = "breaker-*" || $.reason = "*-breaker")'),
      next: `Cure what the records of failures name, then: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…". A newer release starts anew.`,
      lasts: true,
    },
    'upgrade-stuck': {
      metric: 'UpgradeStuck',
      means:
        'An update of a node group, ours or not, has run longer than such a group needs. It delays the upgrades of its cluster, and no others.',
      first: recordsWhere('$.reason = "*-stuck"'),
      next: 'Run aws eks describe-update. Look for pods that cannot be evicted and nodes that do not join.',
      lasts: true,
    },
  },
  dashboard: {
    title: 'Upgrades of node groups',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: {
      title: 'Under way, stuck, halted',
      lines: [
        { metric: 'UpgradesInFlight', statistic: 'Maximum' },
        { metric: 'UpgradeStuck', statistic: 'Maximum' },
        { metric: 'Halted', statistic: 'Maximum' },
      ],
    },
  },
});

export type Recorder = RecorderOf<typeof upgradeNodeGroups>;
