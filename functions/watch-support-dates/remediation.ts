import * as healthPlanned from '../../events/health-planned-lifecycle.ts';
import { listClusters, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { SUPPORT_REASONS } from './reasons.ts';

export const watchSupportDates = declare({
  name: 'watch-support-dates',
  summary:
    "Tells in time when support of a cluster's Kubernetes version ends, which nodes and user data do not trust a new certificate authority, and what AWS Health plans for clusters",
  startedBy: 'schedule, daily; AWS Health',
  subject: 'cluster',
  start: { by: 'schedule', every: 'day' },
  timeoutSeconds: 300,
  policy: { section: 'authorities', reads: READS },
  reasons: SUPPORT_REASONS,
  metrics: {},
  events: {
    HealthPlannedLifecycle: {
      description: 'AWS Health plans something for clusters',
      event: healthPlanned,
    },
  },
  requests: [],
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: [
    'support',
    'certificate-authority',
    'authority-in-user-data',
    'planned-change',
    'replacement-order',
    'run',
    'unreadable',
  ],
  rights: [
    listClusters,
    onClusters('DescribeCluster', 'ListCertificateAuthorities', 'DescribeCertificateAuthority', 'ListNodegroups'),
    onNodegroups('DescribeNodegroup'),
    onAnything('DescribeClusterVersions', ['eks:DescribeClusterVersions']),
    onAnything('Nodes', [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeLaunchConfigurations',
      'ec2:DescribeInstances',
      'ec2:DescribeLaunchTemplates',
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeTags',
    ]),
  ],
  alarms: {},
});

export type Recorder = RecorderOf<typeof watchSupportDates>;
