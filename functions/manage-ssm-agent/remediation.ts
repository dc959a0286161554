import * as reconcileRequest from '../../events/agent-reconcile-request.ts';
import * as instanceLaunch from '../../events/autoscaling-instance-launch.ts';
import * as instanceRunning from '../../events/ec2-instance-running.ts';
import * as inspectorCoverage from '../../events/inspector-coverage.ts';
import {
  describeImages,
  onClusters,
  onNodegroups,
  readAccessEntries,
  readPolicies,
  readSessionChannels,
} from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { arnHere, iamHere, onAnything, type Right } from '../shared/declaration/right.ts';
import { AGENT_POLICIES } from './agent-policy.ts';
import { READS } from './policy.ts';
import { SSM_AGENT_REASONS } from './reasons.ts';

const everyNodeRole =
  'Node roles are named by their owners; what is done to one is read, or bound to policies of AWS for agents.';

/** Rights to read what a node role allows, and to attach one of the agent's policies and no other. */
const nodeRoles: readonly Right[] = [
  {
    sid: 'ReadNodeRoles',
    actions: [
      'iam:GetInstanceProfile',
      'iam:GetRole',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:GetRolePolicy',
    ],
    resources: [iamHere('instance-profile/*'), iamHere('role/*')],
    wildcardReason: everyNodeRole,
  },
  readPolicies,
  {
    sid: 'AttachAgentPolicy',
    actions: ['iam:AttachRolePolicy'],
    resources: [iamHere('role/*')],
    conditions: {
      ArnEquals: { 'iam:PolicyARN': AGENT_POLICIES.map((name) => `arn:{partition}:iam::aws:policy/${name}`) },
    },
    wildcardReason: everyNodeRole,
  },
];

const updateAgents: Right = {
  sid: 'UpdateAgents',
  actions: ['ssm:SendCommand'],
  resources: ['arn:{partition}:ssm:{region}::document/AWS-UpdateSSMAgent', arnHere('ec2', 'instance/*')],
  wildcardReason: 'Any instance may be a worker; the only document that can be sent updates the agent.',
};

const hostManagement: readonly Right[] = [
  {
    sid: 'HostManagement',
    actions: ['ssm:GetServiceSetting', 'ssm:UpdateServiceSetting'],
    resources: [arnHere('ssm', 'servicesetting/ssm/managed-instance/default-ec2-instance-management-role')],
  },
  {
    sid: 'PassHostManagementRole',
    actions: ['iam:PassRole'],
    resources: ['{hostManagementRole}'],
    conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
  },
];

export const manageSsmAgent = declare({
  name: 'manage-ssm-agent',
  summary: 'Makes sure that each EKS worker answers in Systems Manager, and says why where one does not',
  startedBy: 'launches, Inspector, sweeps',
  subject: 'instance',
  start: {
    by: 'queue',
    // A wave of launches within seconds becomes a few reconciles, because each call describes many workers. The delay
    // gives an agent the minute that it needs to register: an earlier reconcile would find nothing.
    queue: { batch: 1000, gatherSeconds: 30, concurrency: 2, delaySeconds: 60 },
  },
  timeoutSeconds: 180,
  policy: { section: 'ssmAgent', reads: READS },
  reasons: SSM_AGENT_REASONS,
  metrics: {
    WorkersUnanswered: 'Workers of the clusters that a sweep asked about, whose agent does not answer.',
  },
  events: {
    InstanceRunningRule: {
      description: 'An EC2 instance that runs goes to manage-ssm-agent',
      event: instanceRunning,
    },
    InstanceLaunchRule: {
      description: 'An instance that Auto Scaling launched goes to manage-ssm-agent',
      event: instanceLaunch,
    },
    InspectorCoverageRule: {
      description: 'An instance that Inspector calls unmanaged goes to manage-ssm-agent',
      event: inspectorCoverage,
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have workers reconciled by manage-ssm-agent',
      event: reconcileRequest,
    },
  },
  sweep: { of: 'clusters', detailType: reconcileRequest.detailType },
  requests: ['approve', 'reject', 'retry'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['worker', 'agent-install'],
  rights: [
    onAnything('Workers', [
      'ec2:DescribeInstances',
      'ec2:DescribeRouteTables',
      'ec2:DescribeVpcEndpoints',
      'ec2:DescribeVpcs',
      'ec2:DescribeVpcAttribute',
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeNetworkAcls',
      'ec2:DescribeNatGateways',
      'ec2:DescribeSubnets',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeTags',
      'autoscaling:DescribeAutoScalingInstances',
      'ssm:DescribeInstanceInformation',
      'ssm:GetCommandInvocation',
    ]),
    {
      sid: 'PrefixLists',
      actions: ['ec2:GetManagedPrefixListEntries'],
      resources: ['arn:{partition}:ec2:{region}:*:prefix-list/*'],
      wildcardReason:
        'Security groups and routes may name any prefix list, of this account, of AWS or of one that shares it.',
    },
    readSessionChannels,
    describeImages,
    readAccessEntries,
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...nodeRoles,
    updateAgents,
    ...hostManagement,
  ],
  environment: {
    HOST_MANAGEMENT_ROLE: '{hostManagementRoleName}',
    INSTALLER_REGISTRIES: '{installerRegistries}',
  },
  beside: 'host-management-role',
  kubernetesGroup: 'eks-host-remediator',
  outputs: {
    AgentRoleArn: { value: '{role}', description: 'The role of manage-ssm-agent, for access entries of clusters' },
  },
  alarms: {
    'agent-failed': {
      metric: 'Failed',
      together: true,
      means: 'A worker does not answer in Systems Manager, and no remedy helped.',
      first: recordsWhere('$.remediation = "manage-ssm-agent" && $.decision = "failed"'),
      next: 'The record names the missing piece and what to do.',
    },
  },
  dashboard: {
    title: 'SSM agents of workers',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: {
      title: 'Workers whose agent does not answer',
      lines: [{ metric: 'WorkersUnanswered', perSweep: true }],
    },
  },
});

export type Recorder = RecorderOf<typeof manageSsmAgent>;
