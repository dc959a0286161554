import * as refreshEvent from '../../events/autoscaling-instance-refresh.ts';
import * as reconcileRequest from '../../events/refresh-reconcile-request.ts';
import { describeImages, identity, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { readGates } from '../shared/declaration/gate-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { REFRESH_REASONS } from './reasons.ts';
import { REFRESH_RIGHTS } from './refresh-rights.ts';

export const refreshGroups = declare({
  name: 'refresh-groups',
  summary: 'Moves self-managed Auto Scaling groups to the wanted AMI by instance refreshes, as the policy allows',
  startedBy: 'self-managed groups that upgrade-node-groups finds, ends of instance refreshes, wake-ups, operators',
  subject: 'node-group',
  // The limits need one writer, which counts the refreshes in progress. One batch at a time also leaves a new account's
  // ten invocations to other functions.
  start: { by: 'queue', queue: { fifo: true, batch: 10 } },
  timeoutSeconds: 180,
  policy: { section: 'refreshes', reads: READS },
  reasons: REFRESH_REASONS,
  metrics: {},
  events: {
    RefreshRule: {
      description: 'The end of an instance refresh goes to refresh-groups',
      event: refreshEvent,
      seldom: 'A group has one instance refresh at a time, which takes minutes to days.',
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have self-managed groups looked at by refresh-groups',
      event: reconcileRequest,
    },
  },
  requests: ['approve', 'reject', 'resume'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['refresh', 'replacement-order', 'first-start'],
  rights: [
    onAnything('Groups', [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:DescribeWarmPool',
      'ec2:DescribeInstances',
      'ec2:DescribeLaunchTemplates',
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeTags',
    ]),
    describeImages,
    ...readGates,
    onClusters('DescribeCluster', 'ListUpdates', 'DescribeUpdate'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    ...REFRESH_RIGHTS,
  ],
  kubernetesGroup: 'eks-host-remediator-refreshes',
  outputs: { RefreshRoleArn: { value: '{role}', description: 'The role of refresh-groups, for access entries' } },
  alarms: {
    'refresh-failed': {
      metric: 'Failed',
      together: true,
      means:
        'An instance refresh failed, was cancelled or refused, or left workers behind. It is not begun again by itself.',
      first: recordsWhere('$.remediation = "refresh-groups" && $.decision = "failed"'),
      next: 'The record says what Auto Scaling gives as the reason; the scaling activities of the group say more.',
    },
  },
  dashboard: {
    title: 'Instance refreshes',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof refreshGroups>;
