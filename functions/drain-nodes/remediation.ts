import * as reconcileRequest from '../../events/drain-reconcile-request.ts';
import { identity, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';
import { DRAIN_RIGHTS } from './drain-rights.ts';
import { READS } from './policy.ts';
import { DRAIN_REASONS } from './reasons.ts';
import * as lifecycleAction from './terminate-lifecycle-action.ts';

export const drainNodes = declare({
  name: 'drain-nodes',
  summary: 'Drains nodes of self-managed Auto Scaling groups before these end them, as disruption budgets allow',
  startedBy:
    'self-managed groups that upgrade-node-groups finds, terminations that wait for its hook, wake-ups, operators',
  subject: 'node-group',
  // One writer at a time: it counts the nodes that a group retains, and leaves a new account's ten invocations to
  // others.
  start: { by: 'queue', queue: { fifo: true, batch: 10 } },
  timeoutSeconds: 180,
  policy: { section: 'drains', reads: READS },
  reasons: DRAIN_REASONS,
  metrics: {},
  events: {
    LifecycleRule: {
      description: 'A termination that waits for the hook of drain-nodes goes to drain-nodes',
      event: lifecycleAction,
      seldom: 'An instance ends once, in a group that has the hook; ten of one group are one look.',
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have self-managed groups looked at by drain-nodes',
      event: reconcileRequest,
    },
  },
  requests: ['approve', 'reject'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['drain-hook', 'drain'],
  rights: [
    onAnything('Groups', [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:DescribeWarmPool',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ec2:DescribeTags',
    ]),
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    ...DRAIN_RIGHTS,
  ],
  kubernetesGroup: 'eks-host-remediator-drains',
  outputs: {
    DrainRoleArn: { value: '{role}', description: 'The role of drain-nodes, for access entries' },
  },
  alarms: {
    'drain-failed': {
      metric: 'Failed',
      together: true,
      means:
        'A node was not drained in time: it is retained and costs, or has ended with its pods; or AWS refused a hook, or does not show scheduled events.',
      first: recordsWhere('$.remediation = "drain-nodes" && $.decision = "failed"'),
      next: 'The record names the pods and the disruption budgets that hold them. Loosen the budget, or add a replica elsewhere.',
    },
  },
  dashboard: {
    title: 'Drains of self-managed groups',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof drainNodes>;
