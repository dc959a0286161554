import * as instanceRunning from '../../events/ec2-instance-running.ts';
import { identity, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { arnHere, onAnything } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { IMDS_REASONS } from './reasons.ts';
import * as reconcileRequest from './reconcile-request.ts';

export const requireImdsv2 = declare({
  name: 'require-imdsv2',
  summary: 'Has the instance metadata service of each EKS worker take version 2 only, from its launch on',
  startedBy: 'launches, operators, sweeps',
  subject: 'instance',
  start: {
    by: 'queue',
    // A FIFO queue runs one batch at a time, which is enough, and leaves a new account's ten concurrent invocations to
    // urgent work: the minimum concurrency of a standard queue is two. A FIFO queue delays all messages or none (SQS
    // developer guide, "Delay queues"). The delay is the time between a change and the fresh read that confirms it, and
    // a launch can wait as long.
    queue: { fifo: true, batch: 10, delaySeconds: 15 },
  },
  timeoutSeconds: 180,
  policy: { section: 'imds', reads: READS },
  reasons: IMDS_REASONS,
  metrics: { ImdsV1Allowed: 'Workers that take version 1, of the clusters that a sweep asked about.' },
  events: {
    InstanceRunningRule: {
      description: 'An EC2 instance that runs goes to require-imdsv2',
      event: instanceRunning,
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have workers reconciled by require-imdsv2',
      event: reconcileRequest,
    },
  },
  sweep: { of: 'clusters', detailType: reconcileRequest.detailType },
  requests: ['approve', 'reject'],
  reconcilesAgain: true,
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['imds'],
  rights: [
    onAnything('Workers', ['autoscaling:DescribeAutoScalingInstances', 'ec2:DescribeInstances', 'ec2:DescribeTags']),
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    {
      sid: 'MetadataOptions',
      actions: ['ec2:ModifyInstanceMetadataOptions'],
      resources: [arnHere('ec2', 'instance/*')],
      wildcardReason: 'Any instance may be a worker: its identity is proven before anything is changed.',
    },
  ],
  alarms: {
    'imds-failed': {
      metric: 'Failed',
      together: true,
      means: 'The metadata service of a worker could not be set to version 2.',
      first: recordsWhere('$.remediation = "require-imdsv2" && $.decision = "failed"'),
      next: 'The record names the error of AWS. The usual cause is a missing permission, or a policy of the organization.',
    },
  },
  dashboard: {
    title: 'Metadata service of workers',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: { title: 'Workers that take version 1', lines: [{ metric: 'ImdsV1Allowed', perSweep: true }] },
  },
});

export type Recorder = RecorderOf<typeof requireImdsv2>;
