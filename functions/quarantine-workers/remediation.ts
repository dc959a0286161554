import * as networkChange from '../../events/cloudtrail-network-change.ts';
import * as instanceLaunch from '../../events/ec2-instance-launch.ts';
import * as networkReachability from '../../events/inspector-network-reachability.ts';
import * as reconcileRequest from '../../events/quarantine-reconcile-request.ts';
import * as quarantineRequest from '../../events/quarantine-request.ts';
import { identity, onClusters, onNodegroups, readSessionChannels } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { arnHere, type Right } from '../shared/declaration/right.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';
import { READS } from './policy.ts';
import { QUARANTINE_REASONS } from './reasons.ts';

const reads: Right = {
  sid: 'Look',
  actions: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeAutoScalingInstances',
    'ec2:DescribeInstanceAttribute',
    'ec2:DescribeInstances',
    // Shows whether a group's launch template asks for public addresses.
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeNetworkAcls',
    // Shows the other users of a security group before one of its rules is revoked.
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSnapshots',
    'ec2:DescribeSubnets',
    'ec2:DescribeTags',
    // Shows which pod interfaces a worker carries.
    'ec2:DescribeTrunkInterfaceAssociations',
    'ec2:DescribeVpcEndpoints',
    // Shows which addresses are inside a VPC before a rule for others is revoked.
    'ec2:DescribeVpcs',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
    // Shows whether workers have another way in before one is closed.
    'ssm:DescribeInstanceInformation',
  ],
  resources: ['*'],
  wildcardReason: 'None of these reading calls knows resources that could be named before they are read.',
};

const prefixLists: Right = {
  sid: 'PrefixLists',
  actions: ['ec2:GetManagedPrefixListEntries'],
  // The ARNs of AWS's own prefix lists have `aws` as the account.
  resources: [arnHere('ec2', 'prefix-list/*'), 'arn:{partition}:ec2:{region}:aws:prefix-list/*'],
  wildcardReason: 'Rules and routes may name any list: who is in it decides whether they admit the world.',
};

const anyWorker =
  'Any instance of the account may be a worker: the function reads its tags before it changes anything.';
const ec2 = (...resources: string[]): string[] => resources.map((resource) => arnHere('ec2', `${resource}/*`));

/** The ARN of a snapshot has no account. */
const anySnapshot = 'arn:{partition}:ec2:{region}::snapshot/*';

/** The rights to change what isolating and releasing a worker change. */
const isolation: readonly Right[] = [
  {
    sid: 'NetworkOfWorkers',
    actions: [
      'ec2:AssignIpv6Addresses',
      'ec2:AssociateAddress',
      'ec2:DisassociateAddress',
      'ec2:ModifyNetworkInterfaceAttribute',
      'ec2:UnassignIpv6Addresses',
    ],
    // EC2 may check ModifyNetworkInterfaceAttribute against the subnet, too (service authorization reference of EC2).
    resources: ec2('elastic-ip', 'instance', 'network-interface', 'security-group', 'subnet'),
    wildcardReason: anyWorker,
  },
  {
    sid: 'QuarantineGroups',
    actions: [
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:CreateSecurityGroup',
      'ec2:RevokeSecurityGroupEgress',
      'ec2:RevokeSecurityGroupIngress',
    ],
    resources: ec2('security-group', 'vpc'),
    wildcardReason:
      'Groups of its own in the VPC of any cluster; and, by policy, rules that admit the world to a group.',
  },
  {
    sid: 'CloseSubnets',
    actions: ['ec2:ModifySubnetAttribute'],
    resources: ec2('subnet'),
    wildcardReason: 'By policy, any subnet whose workers are public by design.',
  },
  {
    sid: 'Tags',
    actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
    resources: [...ec2('instance', 'security-group'), anySnapshot],
    conditions: {
      'ForAllValues:StringLike': { 'aws:TagKeys': 'eks-host-remediator:*' },
      // The condition above holds for a request without keys, too, which makes DeleteTags remove all tags of users.
      Null: { 'aws:TagKeys': 'false' },
    },
    wildcardReason: 'Any instance may be a worker; only tags of its own can be set or taken off.',
  },
  {
    sid: 'Evidence',
    actions: ['ec2:CreateSnapshots'],
    resources: [...ec2('instance', 'volume'), anySnapshot],
    wildcardReason: anyWorker,
  },
  {
    sid: 'Protection',
    actions: ['ec2:ModifyInstanceAttribute'],
    resources: ec2('instance'),
    // Only the protection from termination may be changed, not user data or the instance type. AWS does not document
    // the attribute's spelling, or whether EC2 always gives it: docs/unverified.md. Source: service authorization
    // reference of EC2.
    conditions: { StringEqualsIgnoreCaseIfExists: { 'ec2:Attribute': 'DisableApiTermination' } },
    wildcardReason: anyWorker,
  },
  {
    sid: 'Standby',
    actions: ['autoscaling:DetachInstances', 'autoscaling:EnterStandby', 'autoscaling:ExitStandby'],
    resources: [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
    wildcardReason: 'Any Auto Scaling group may be the one of a worker.',
  },
  {
    sid: 'Targets',
    actions: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
    resources: [arnHere('elasticloadbalancing', 'targetgroup/*')],
    wildcardReason: 'Any target group may have a worker as its target.',
  },
];

/** What an operator can do about a worker in quarantine. */
const END_QUARANTINE = `${OPERATOR_COMMAND} release INSTANCE --why "…", or ${OPERATOR_COMMAND} terminate, or ${OPERATOR_COMMAND} extend with --by 3d.`;

export const quarantineWorkers = declare({
  name: 'quarantine-workers',
  summary: 'Isolates EKS workers that the Internet can reach, and releases them as they were',
  startedBy: 'launches, CloudTrail, Inspector, operators, sweeps',
  subject: 'instance',
  start: {
    by: 'queue',
    // Lambda gets the first event at once, because a batching window may wait for 20 s. A wave of launches still
    // becomes a few reconciles, since each takes further messages itself (`take-batch.ts`).
    queue: { batch: 10, most: 200, concurrency: 2, urgent: true },
  },
  // A reconcile acts within seconds; a lease on a worker (65 s, in `act.ts`) must outlast it.
  timeoutSeconds: 60,
  policy: { section: 'quarantine', reads: READS },
  reasons: QUARANTINE_REASONS,
  metrics: {
    StaysExposed: 'Workers that the Internet can reach, and that nothing closes.',
    InQuarantine: 'Workers that hold a slot of the quarantine budget.',
    QuarantineExpiring: 'Quarantines that end within a day.',
    QuarantineExpired: 'Quarantines whose time is over.',
  },
  events: {
    InstanceLaunchRule: {
      description: 'An EC2 instance that is launched goes to quarantine-workers',
      event: instanceLaunch,
    },
    NetworkChangeRule: {
      description: 'A call that may expose an instance goes to quarantine-workers',
      event: networkChange,
    },
    ReachabilityRule: {
      description: 'An open path that Inspector found goes to quarantine-workers',
      event: networkReachability,
    },
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have workers reconciled by quarantine-workers',
      event: reconcileRequest,
    },
    QuarantineRequestRule: {
      description: 'Whoever may put events on the bus can ask for a release, and more',
      event: quarantineRequest,
    },
  },
  sweep: { of: 'clusters', detailType: reconcileRequest.detailType },
  requests: ['approve', 'reject', 'release', 'extend', 'terminate'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'],
  ledgerKinds: ['quarantine', 'quarantine-line', 'exposed-group', 'open-exposures', 'budget'],
  rights: [
    reads,
    readSessionChannels,
    prefixLists,
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    ...isolation,
    { sid: 'OrderTerminations', actions: ['sqs:SendMessage'], resources: ['{queue:terminate-workers}'] },
  ],
  environment: { TERMINATION_QUEUE_URL: '{queueUrl:terminate-workers}' },
  kubernetesGroup: 'eks-host-remediator-quarantine',
  outputs: {
    QuarantineRoleArn: { value: '{role}', description: 'The role of quarantine-workers, for access entries' },
  },
  alarms: {
    'stays-exposed': {
      metric: 'StaysExposed',
      means: 'The Internet can reach workers, and nothing closes that. The record says why.',
      first: recordsWhere(
        '($.reason = "workers-stay-exposed" || $.reason = "public-by-design" || $.reason = "quarantine-suspended")',
      ),
      next: `${OPERATOR_COMMAND} status names them. Close the exposures by hand, or remove the obstacle that the record names.`,
      lasts: true,
    },
    'quarantine-failed': {
      metric: 'Failed',
      means: 'A worker could not be isolated, or a release could not give back all that it had.',
      first: recordsWhere('$.remediation = "quarantine-workers" && $.decision = "failed"'),
      next: 'The record names what is left. What was not isolated is tried again by itself; close its exposure by hand if you cannot wait.',
    },
    'quarantine-expiring': {
      metric: 'QuarantineExpiring',
      means: 'A quarantine ends within a day.',
      first: recordsWhere('$.remediation = "quarantine-workers"'),
      next: `${OPERATOR_COMMAND} quarantines lists them. Save what you need from the worker, then: ${END_QUARANTINE}`,
      lasts: true,
    },
    'quarantine-expired': {
      metric: 'QuarantineExpired',
      means: 'The time of a quarantine is over, and the worker is still isolated.',
      first: recordsWhere('$.remediation = "quarantine-workers"'),
      next: `${OPERATOR_COMMAND} quarantines lists them; each holds a slot. ${END_QUARANTINE}`,
      lasts: true,
    },
  },
  dashboard: {
    title: 'Quarantine of exposed workers',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
    graph: {
      title: 'In quarantine, expiring, expired',
      lines: [
        { metric: 'StaysExposed', statistic: 'Maximum' },
        { metric: 'InQuarantine', statistic: 'Maximum' },
        { metric: 'QuarantineExpiring', statistic: 'Maximum' },
        { metric: 'QuarantineExpired', statistic: 'Maximum' },
      ],
    },
  },
});

export type Recorder = RecorderOf<typeof quarantineWorkers>;
