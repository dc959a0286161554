import * as release from '../../events/eks-ami-release.ts';
import {
  describeImages,
  listClusters,
  onClusters,
  onNodegroups,
  readAmiReleases,
} from '../shared/declaration/fleet-rights.ts';
import { putEvents } from '../shared/declaration/put-events.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { AMI_RELEASE_REASONS } from './reasons.ts';

export const watchAmiReleases = declare({
  name: 'watch-ami-releases',
  summary: 'Sees new EKS AMI releases for the Kubernetes versions and AMI types that the fleet uses',
  startedBy: 'schedule, hourly',
  subject: 'account',
  start: { by: 'schedule', every: 'watchSchedule' },
  timeoutSeconds: 300,
  reasons: AMI_RELEASE_REASONS,
  metrics: {},
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['release', 'run', 'unreadable'],
  rights: [
    listClusters,
    onClusters('ListNodegroups', 'DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    describeImages,
    readAmiReleases,
    putEvents('Announce', release.detailType),
  ],
  environment: { EVENT_BUS_NAME: '{eventBusName}' },
  alarms: {},
  dashboard: {
    title: 'AMI releases',
    decisions: ['acted', 'done', 'skipped', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof watchAmiReleases>;
