import * as reconcileRequest from '../../events/node-class-reconcile-request.ts';
import { describeImages, onClusters, readAmiReleases } from '../shared/declaration/fleet-rights.ts';
import { readGates } from '../shared/declaration/gate-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { READS } from './policy.ts';
import { NODE_CLASS_REASONS } from './reasons.ts';

export const steerNodeClasses = declare({
  name: 'steer-node-classes',
  summary: "Pins the AMI alias of Karpenter's EC2NodeClasses to releases that have baked, or proposes it as a patch",
  startedBy: 'clusters with nodes of Karpenter that upgrade-node-groups finds, wake-ups, operators',
  subject: 'node-group',
  // One batch at a time is enough. The delay of a FIFO queue holds for all messages: it is the time between a change
  // and the fresh read that confirms it.
  start: { by: 'queue', queue: { fifo: true, batch: 10, delaySeconds: 15 } },
  timeoutSeconds: 180,
  policy: { section: 'nodeClasses', reads: READS },
  reasons: NODE_CLASS_REASONS,
  metrics: {},
  events: {
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have node classes looked at by steer-node-classes',
      event: reconcileRequest,
    },
  },
  requests: ['approve', 'reject'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['node-class', 'watched-pair', 'first-start'],
  // It changes nothing in AWS. What it may change in a cluster, the cluster's RBAC says.
  rights: [
    onClusters('DescribeCluster'),
    describeImages,
    readAmiReleases,
    ...readGates,
    { sid: 'UnseenGroups', actions: ['sqs:SendMessage'], resources: ['{queue:upgrade-node-groups}'] },
  ],
  kubernetesGroup: 'eks-host-remediator-node-classes',
  environment: { UPGRADE_QUEUE_URL: '{queueUrl:upgrade-node-groups}' },
  outputs: {
    NodeClassRoleArn: { value: '{role}', description: 'The role of steer-node-classes, for access entries' },
  },
  alarms: {},
  dashboard: {
    title: "Karpenter's node classes",
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof steerNodeClasses>;
