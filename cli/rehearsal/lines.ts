import { addressFilters } from './address-filters.ts';
import { clusterTag, operatedTags } from './cluster-tag.ts';
import { controlPlaneUpdates, insightsOfPresent } from './control-plane.ts';
import { type Finding, type Ground, open } from './ground.ts';
import {
  defaultTier,
  familyAge,
  filterValues,
  groupsThat,
  healthIssues,
  hostNames,
  ipv6Egress,
  keepGroups,
  protectWorker,
  readUpdates,
  services,
  sessionPreferences,
  slowestRead,
  standby,
  templated,
  windowsParameters,
} from './looks.ts';
import { batchTimes, detached, endedInStandby, unavailableShares, updatesOf } from './past.ts';

/** The check of one line of docs/unverified.md. */
export interface LineCheck {
  /** Beginning of the line's first cell. */
  readonly line: string;
  /** What can be observed without changing anything. */
  readonly look: (ground: Ground) => Finding[] | Promise<Finding[]>;
  /** A step that shows more, done only with `--yes`. */
  readonly step?: string;
}

const ONLY_CONSOLE = 'only the console tells, which no call reaches: open the widget once the stack is there';
const AFTER_DEPLOY = 'the dashboard tells, in the first day of a deployed stack';

export const LINES: readonly LineCheck[] = [
  {
    line: 'whether every region has ListCertificateAuthorities',
    look: () => [open('only the call tells: aws eks list-certificate-authorities, by the role of watch-support-dates')],
  },
  {
    line: 'whether `data` of DescribeCertificateAuthority is base64 of PEM or of DER',
    look: () => [
      open('aws eks describe-certificate-authority --query certificateAuthority.data, decoded by base64 -d'),
    ],
  },
  {
    line: 'whether EKS writes a successor into its own launch template before it updates a managed node group',
    look: () => [
      open('only a cluster with a successor tells: the user data of the template of its Auto Scaling groups'),
    ],
  },
  {
    line: 'whether EKS replaces the nodes of a managed node group for the release that it has',
    look: () => [open('aws eks update-nodegroup-version with the present release of a node group tells')],
  },
  {
    line: 'whether EKS takes an update while a node group is DEGRADED',
    look: (ground) => updatesOf(ground, 'is DEGRADED', ({ status }) => status === 'DEGRADED'),
  },
  {
    line: 'from when the seven days count in which EKS rolls a control plane back',
    look: () => [
      open(
        'aws eks list-insights with category ROLLBACK_READINESS tells, a week after an upgrade of the control plane',
      ),
    ],
  },
  { line: 'for how long EKS lists the updates of a cluster', look: controlPlaneUpdates },
  { line: 'whether EKS lists an upgrade that it made itself at the end of support', look: controlPlaneUpdates },
  { line: 'whether insights about a version are still there once the control plane runs it', look: insightsOfPresent },
  {
    line: 'how EKS names the insight that nodes are too old',
    look: () => [open('aws eks list-insights tells, where nodes are older than their control plane supports')],
  },
  {
    line: 'by which error EKS refuses an update of a group that is not ACTIVE',
    look: (ground) =>
      groupsThat(
        ground,
        'is not ACTIVE',
        ({ status }) => status !== 'ACTIVE',
        'aws eks update-nodegroup-version on it now names the error',
      ),
  },
  {
    line: 'what 20 of the 36 health issue codes mean',
    look: healthIssues,
  },
  {
    line: 'whether EKS has a code of its own for a release that it does not take yet',
    look: () => [open('EKS keeps nothing of what it refuses, and tries nothing only to say whether it would')],
    step: 'impossible-release',
  },
  {
    line: 'by which error a missing right on the launch template comes',
    look: templated,
  },
  {
    line: 'whether launch templates have members that the SDK of this release does not know',
    look: () => [
      open(
        'aws ec2 describe-launch-template-versions of the newest AWS CLI tells: look for members that the version without the key pair lacks',
      ),
    ],
  },
  {
    line: "whether updates of a node group are authorized on the cluster's or the node group's ARN",
    look: readUpdates,
  },
  {
    line: 'whether EKS terminates members in standby while it updates a node group',
    look: async (ground) => [...(await standby(ground)), ...(await endedInStandby(ground))],
  },
  {
    line: 'whether EKS takes an earlier release of the same Kubernetes version',
    look: () => [open('aws eks update-nodegroup-version with --release-version of an earlier release tells')],
  },
  {
    line: 'how EKS rounds `maxUnavailablePercentage`',
    look: unavailableShares,
  },
  {
    line: 'what EKS does to a node group whose Auto Scaling group has the process Launch suspended',
    look: () => [open('aws autoscaling suspend-processes, and an update of a node group that can spare it, tell')],
  },
  {
    line: 'how long EKS may take for a batch of nodes',
    look: batchTimes,
  },
  {
    line: 'whether AWS Health names clusters by their ARN in an event of EKS',
    look: () => [
      open(
        'aws health describe-affected-entities of an event of EKS tells, with a support plan that has the Health API',
      ),
    ],
  },
  {
    line: 'on which day after the end of support EKS upgrades a control plane',
    look: () => [open('aws eks list-updates of a cluster whose version has come to its end tells')],
  },
  {
    line: 'whether an agent shows as `Online` while it cannot reach `ssmmessages`',
    look: () => [open('aws ssm get-connection-status --target INSTANCE, beside describe-instance-information, tells')],
  },
  {
    line: 'whether EKS node repair ends a node in standby',
    look: async (ground) => [
      ...groupsThat(
        ground,
        'has node repair on',
        ({ nodeRepairConfig }) => nodeRepairConfig?.enabled === true,
        'a worker of it in quarantine is told with that; quarantine.outOfService: detach takes it out of the group',
      ),
      ...(await endedInStandby(ground)),
    ],
  },
  { line: 'whether the filter `network-interface.addresses.association.public-ip`', look: addressFilters },
  {
    line: "whether EKS's hook on launches (`Launch-LC-Hook`",
    look: () => [
      open(
        'aws autoscaling describe-auto-scaling-instances shows it, once a worker is isolated at its launch: Pending:Wait for half an hour',
      ),
    ],
  },
  { line: 'whether EKS minds that a member of a managed group is detached', look: detached },
  {
    line: 'whether DescribeTargetHealth tells the server id of a target of protocol QUIC',
    look: () => [open('aws elbv2 describe-target-health for a target group of protocol QUIC tells')],
  },
  { line: 'whether self-managed nodes have the tag `aws:eks:cluster-name`', look: clusterTag },
  { line: 'whether DescribeTags shows the tags of instances that AWS operates', look: operatedTags },
  {
    line: 'how CloudTrail nests the parameters of ModifyManagedPrefixList',
    look: () => [
      open(
        'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=ModifyManagedPrefixList shows it, once a list was modified',
      ),
    ],
  },
  {
    line: 'whether and how EC2 gives `ec2:Attribute` for ModifyInstanceAttribute',
    look: protectWorker,
  },
  {
    line: 'how long a public parameter may show an older release',
    look: () => [
      open(
        'a public parameter has no history (GetParameterHistory is for own ones); release-in-doubt is recorded when it happens',
      ),
    ],
  },
  {
    line: 'whether Windows has a `release_version` parameter beside `image_id`',
    look: windowsParameters,
  },
  {
    line: 'whether a family that has had no release for 120 days has ended',
    look: familyAge,
  },
  {
    line: "whether EC2's 200 filter values hold for a filter or for a call",
    look: filterValues,
  },
  {
    line: 'how long EC2 takes to begin its answer where a page has 1,000 workers with many addresses',
    look: () => [
      open('time aws ec2 describe-instances --max-results 1000 tells, in an account with so many instances'),
    ],
  },
  {
    line: "whether a region in which nobody has set Session Manager's preferences has the document",
    look: sessionPreferences,
  },
  { line: 'whether the console keeps the forms of a custom widget', look: () => [open(ONLY_CONSOLE)] },
  {
    line: 'whether an action in a pop-up may show something in the widget',
    look: () => [open(ONLY_CONSOLE)],
  },
  {
    line: 'when Logs Insights shows a record that was just written',
    look: () => [open('the records begin with the stack: release with a look at its answer tells then')],
  },
  { line: 'what `SUM([m0, m1])` of metric math makes of metrics', look: () => [open(AFTER_DEPLOY)] },
  { line: 'how long the markdown of a text widget may be', look: () => [open(AFTER_DEPLOY)] },
  { line: 'what `latest()` and `sortsLast()` of Logs Insights return', look: () => [open(AFTER_DEPLOY)] },
  { line: 'by which error a service that a region lacks is missed', look: services },
  { line: 'which parts of the launch that EKS tries count as', look: templated },
  { line: "whether EKS's check sends `ec2:LaunchTemplate` at all", look: templated },
  {
    line: 'how long EC2 takes to show a new security group or instance',
    look: () => [open('only what is made now can be new')],
    step: 'closed-group',
  },
  {
    line: 'whether an account that a subnet is shared with is shown the main route table',
    look: () => [
      open('aws ec2 describe-route-tables in an account that a subnet without a table of its own is shared with'),
    ],
  },
  {
    line: "whether ModifyNetworkInterfaceAttribute is judged for the interface's subnet",
    look: keepGroups,
  },
  {
    line: 'whether a parameter in the Advanced tier stays there',
    look: defaultTier,
    step: 'advanced-parameter',
  },
  {
    line: 'whether a look while another call of the same second is under way sees the default egress',
    look: ipv6Egress,
    step: 'closed-group',
  },
  {
    line: 'how long a call of AWS may hang before another host answers',
    look: slowestRead,
  },
  {
    line: 'whether a kubelet starts with a key twice in its JSON configuration',
    look: () => [open('only a node tells, whose file is changed: a check of the posture reads each file either way')],
  },
  {
    line: "whether there are nodes that have neither their private DNS name nor their instance's id",
    look: hostNames,
  },
  {
    line: 'the last day with fixes of Ubuntu and RHEL',
    look: ({ groups }) => {
      const own = groups.filter(({ amiType }) => amiType === 'CUSTOM').map(({ nodegroupName = '' }) => nodegroupName);
      return [
        open(
          own.length === 0
            ? 'no node group here has an image of its own: the others run AL2023, AL2, Bottlerocket or Windows'
            : `${own.join(', ')}: an image of its own; its vendor's page names the day`,
        ),
      ];
    },
  },
  {
    line: 'whether a command of Systems Manager may use `apiclient set`',
    look: (ground) =>
      groupsThat(
        ground,
        'runs Bottlerocket',
        ({ amiType = '' }) => amiType.startsWith('BOTTLEROCKET'),
        'close-shells in mode enforce tells, by its fresh look after the command',
      ),
  },
  {
    line: 'which rights Auto Scaling asks of whoever starts an instance refresh',
    look: () => [
      open('only an instance refresh tells: start one of a group of one node by the role of refresh-groups'),
    ],
  },
  {
    line: 'what an instance refresh makes of an alarm that is in ALARM before it starts',
    look: () => [open('only an instance refresh tells: start one of a group of one node with such an alarm')],
  },
  {
    line: 'whether DescribeInstanceRefreshes gives the preferences of a refresh back as they were given',
    look: () => [open('only an instance refresh tells: start one of a group of one node, and describe it')],
  },
  {
    line: 'in which lifecycle state Auto Scaling shows an instance that waits for a termination hook on its way into a warm pool',
    look: () => [open('only a scale-in into a warm pool tells: of a group of one node with a termination hook')],
  },
  {
    line: 'in which lifecycle state Auto Scaling shows an instance once it has its new root volume and is healthy',
    look: () => [open('only a refresh that replaces root volumes tells: of a group of one node, until after its end')],
  },
  {
    line: 'what Auto Scaling does to an instance whose termination hook is abandoned, or runs out, before its root volume',
    look: () => [
      open('only a refresh that replaces root volumes tells: of a group of one node whose hook is abandoned'),
    ],
  },
  {
    line: 'whether DescribeAutoScalingGroups lists instances that are in a warm pool',
    look: () => [open('only a group with a warm pool tells: describe-auto-scaling-groups beside describe-warm-pool')],
  },
  {
    line: 'whether an update of a managed node group replaces the instances in its warm pool',
    look: () => [open('only an update of a node group with a warm pool tells: describe-warm-pool before and after')],
  },
  {
    line: 'how Auto Scaling words that no lifecycle action is pending',
    look: () => [
      open('only a heartbeat for an instance in service tells; drain-nodes tells other words as drain-obstructed'),
    ],
  },
  {
    line: 'whether Auto Scaling gives the condition key `LaunchTemplateVersionSpecified`',
    look: () => [open('only an update by the role of drain-nodes tells: approve the hook of a group of one node')],
  },
  {
    line: 'whether CloudFormation takes an update in which only DeletionPolicy changes',
    look: () => [open('there is no stack yet: aws cloudformation get-template tells, after a deploy with another one')],
  },
  {
    line: "how late EC2's usage of vCPUs is in CloudWatch",
    look: () => [
      open('CloudWatch tells, before and after a launch: its metric ResourceCount of AWS/Usage, with SERVICE_QUOTA'),
    ],
  },
  {
    line: 'how EC2 marks a scheduled event that was cancelled',
    look: () => [open('only EC2 tells, after it has cancelled an event: aws ec2 describe-instance-status')],
  },
  {
    line: 'whether Auto Scaling puts instance types, target capacity types or an AMI into the request context',
    look: () => [open('only an update of retention tells: make one by the role of drain-nodes on a group of one node')],
  },
  {
    line: "whether Karpenter's custom resources take a merge patch with `metadata.resourceVersion` and this field manager",
    look: () => [open('a cluster with Karpenter tells: approve a pin of a class of a pool of one node')],
  },
  {
    line: 'whether Karpenter sees given-back security groups within ten minutes in every version',
    look: () => [
      open(
        'a cluster with Karpenter tells: isolate a worker of a pool of one node, release it, and look at its NodeClaim',
      ),
    ],
  },
  {
    line: 'whether every version of Karpenter sets the condition `NodeRegistrationHealthy` of a NodePool to `False`',
    look: () => [open('a cluster with Karpenter tells: give a pool of one node a role that cannot join')],
  },
];
