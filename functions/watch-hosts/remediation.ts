import { listClusters, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { HOST_REASONS } from './reasons.ts';

export const watchHosts = declare({
  name: 'watch-hosts',
  summary:
    'Tells when the hosts of a group, whoever owns them, run another AMI, or one that is deprecated or not allowed',
  startedBy: 'schedule, daily',
  subject: 'node-group',
  start: { by: 'schedule', every: 'day' },
  timeoutSeconds: 300,
  policy: { reads: READS },
  reasons: HOST_REASONS,
  metrics: {},
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['hosts', 'other-hosts', 'other-nodes', 'run', 'unreadable'],
  rights: [
    listClusters,
    onClusters('DescribeCluster', 'ListFargateProfiles'),
    onNodegroups('DescribeNodegroup'),
    onAnything('DescribeHosts', ['ec2:DescribeInstances', 'ec2:DescribeInstanceImageMetadata']),
  ],
  kubernetesGroup: 'eks-host-remediator-hosts',
  outputs: {
    HostsRoleArn: { value: '{role}', description: 'The role of watch-hosts, for access entries' },
  },
  alarms: {},
});

export type Recorder = RecorderOf<typeof watchHosts>;
