import * as reconcileRequest from '../../events/findings-reconcile-request.ts';
import * as packageFinding from '../../events/inspector-package-finding.ts';
import {
  describeImages,
  onClusters,
  onNodegroups,
  readAmiReleases,
  readWantedImages,
} from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { iamHere, onAnything, type Right } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { FINDING_REASONS } from './reasons.ts';

const serviceRole = (service: string, name: string): string => iamHere(`role/aws-service-role/${service}/${name}`);

const enableInspector: Right = {
  sid: 'InspectorServiceRole',
  actions: ['iam:CreateServiceLinkedRole'],
  // Enabling scanning makes Inspector create these two service-linked roles, for agent-based and for agentless scans.
  // Source: Inspector user guide, "Using service-linked roles".
  resources: [
    serviceRole('inspector2.amazonaws.com', 'AWSServiceRoleForAmazonInspector2'),
    serviceRole('agentless.inspector2.amazonaws.com', 'AWSServiceRoleForAmazonInspector2Agentless'),
  ],
  conditions: {
    StringEquals: { 'iam:AWSServiceName': ['inspector2.amazonaws.com', 'agentless.inspector2.amazonaws.com'] },
  },
};

export const triageFindings = declare({
  name: 'triage-findings',
  summary: 'Turns Inspector findings on EKS workers into upgrades and refreshes of their groups, once, however many',
  startedBy: 'Inspector findings, sweeps',
  subject: 'node-group',
  start: {
    by: 'queue',
    // A new vulnerability across a fleet causes tens of thousands of events. Batching reduces them to some tens of
    // reconciles.
    queue: { batch: 1000, gatherSeconds: 60, concurrency: 2 },
  },
  timeoutSeconds: 180,
  policy: { section: 'findings', reads: READS },
  reasons: FINDING_REASONS,
  metrics: {
    FindingsReceived: 'Messages that told of a finding of Inspector.',
    FindingsExamined: 'Of these: those that led to a reconcile.',
    FindingsKnown: 'Of these: those that added nothing to what is known.',
    FindingsDuplicate: 'Of these: those told twice.',
    FindingsBelowFloor: 'Of these: those below the severity floor.',
    FindingsWithoutFix: 'Of these: those without a fix.',
    FindingsNotOnWorker: 'Of these: those not on workers.',
    FindingsIgnored: 'Of these: those that were ignored.',
  },
  events: {
    // A rule of quarantine-workers takes network findings. No rule takes findings of ECR, Lambda, Azure or code.
    FindingRule: {
      description: 'Inspector findings of vulnerable packages on EC2 instances go to triage-findings',
      event: packageFinding,
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have findings reconciled by triage-findings',
      event: reconcileRequest,
    },
  },
  sweep: { of: 'account', detailType: reconcileRequest.detailType },
  requests: [],
  ledger: ['BatchGetItem', 'PutItem', 'Query'],
  ledgerKinds: ['findings', 'coverage'],
  rights: [
    onAnything('Workers', [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeAutoScalingInstances',
      'ec2:DescribeInstances',
    ]),
    describeImages,
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    readAmiReleases,
    readWantedImages,
    onAnything(
      'Inspector',
      [
        'inspector2:ListFindings',
        'inspector2:ListFindingAggregations',
        'inspector2:ListCoverage',
        'inspector2:BatchGetAccountStatus',
        'inspector2:Enable',
      ],
      'None of these calls knows resources; the policy has inspector2:Enable off by default.',
    ),
    enableInspector,
    {
      sid: 'RequestUpgrades',
      actions: ['sqs:SendMessage'],
      resources: ['{queue:upgrade-node-groups}', '{queue:refresh-groups}', '{queue:steer-node-classes}'],
    },
  ],
  environment: {
    UPGRADE_QUEUE_URL: '{queueUrl:upgrade-node-groups}',
    REFRESH_QUEUE_URL: '{queueUrl:refresh-groups}',
    NODE_CLASS_QUEUE_URL: '{queueUrl:steer-node-classes}',
  },
  alarms: {},
  dashboard: {
    title: 'Inspector findings',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: {
      title: 'Messages that told of findings',
      lines: [{ metric: 'FindingsReceived' }, { metric: 'FindingsExamined' }, { metric: 'FindingsDuplicate' }],
    },
  },
});

export type Recorder = RecorderOf<typeof triageFindings>;
