import * as reconcileRequest from '../../events/posture-reconcile-request.ts';
import { describeImages, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { arnHere, onAnything } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { POSTURE_REASONS } from './reasons.ts';

export const checkPosture = declare({
  name: 'check-posture',
  summary: 'Judges sampled workers by the CIS Amazon EKS Benchmark, and says what fails until it does not any more',
  startedBy: 'sweeps, once a week per cluster; updates of node groups; operators',
  subject: 'node-group',
  start: {
    by: 'queue',
    // Requests about many clusters share an invocation, because one command goes to fifty workers at once.
    queue: { batch: 100, gatherSeconds: 30, concurrency: 2 },
  },
  timeoutSeconds: 180,
  policy: { section: 'posture', reads: READS },
  reasons: POSTURE_REASONS,
  metrics: {
    HostsChecked: 'Workers that were looked at.',
    ChecksFailed: 'Checks that failed on them and are not waived, by group.',
  },
  events: {
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have the hosts of a cluster checked by check-posture',
      event: reconcileRequest,
    },
  },
  sweep: { of: 'clusters', detailType: reconcileRequest.detailType },
  requests: [],
  reconcilesAgain: true,
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['posture', 'posture-group'],
  rights: [
    onAnything('Workers', [
      'autoscaling:DescribeAutoScalingInstances',
      'ec2:DescribeInstanceConnectEndpoints',
      'ec2:DescribeInstances',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeTags',
      'ec2:DescribeVolumes',
      'ec2:DescribeVpcs',
      'ec2:GetEbsEncryptionByDefault',
      'ssm:DescribeInstanceInformation',
      'ssm:GetCommandInvocation',
    ]),
    describeImages,
    {
      sid: 'Sessions',
      actions: ['ssm:GetDocument'],
      resources: [arnHere('ssm', 'document/SSM-SessionManagerRunShell')],
    },
    {
      sid: 'AskToClose',
      actions: ['sqs:SendMessage'],
      resources: ['{queue:close-shells}', '{queue:quarantine-workers}'],
    },
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    {
      sid: 'Gather',
      actions: ['ssm:SendCommand'],
      resources: ['{postureDocument}', arnHere('ec2', 'instance/*')],
      wildcardReason:
        'Any instance may be a worker; the only document that can be sent reads, and takes no parameters.',
    },
  ],
  kubernetesGroup: 'eks-host-remediator-posture',
  outputs: {
    PostureRoleArn: { value: '{role}', description: 'The role of check-posture, for access entries' },
  },
  environment: {
    POSTURE_DOCUMENT: '{postureDocumentName}',
    SHELLS_QUEUE_URL: '{queueUrl:close-shells}',
    QUARANTINE_QUEUE_URL: '{queueUrl:quarantine-workers}',
  },
  beside: 'posture-document',
  alarms: {},
  dashboard: {
    title: 'Posture of hosts',
    decisions: ['done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: {
      title: 'Workers looked at, and checks that failed',
      lines: [{ metric: 'HostsChecked' }, { metric: 'ChecksFailed' }],
    },
  },
});

export type Recorder = RecorderOf<typeof checkPosture>;
