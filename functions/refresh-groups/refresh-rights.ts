import { readWantedImages } from '../shared/declaration/fleet-rights.ts';
import { byTemplate, tagsAtLaunch } from '../shared/declaration/launch-rights.ts';
import { arnHere, iamHere, type Right } from '../shared/declaration/right.ts';

/**
 * Excludes groups that CloudFormation keeps (also for CDK and eksctl), groups of managed node groups, and groups that
 * opted out.
 */
const notKept = {
  Null: Object.fromEntries(
    [
      'aws:cloudformation:stack-name',
      'eks:nodegroup-name',
      'eks:cluster-name',
      'alpha.eksctl.io/cluster-name',
      'eks-host-remediator:ignore',
    ].map((key) => [`aws:ResourceTag/${key}`, 'true']),
  ),
};

/** What a request that pins a group must not set as well. Source: service authorization reference of Auto Scaling. */
const notSet = Object.fromEntries(
  ['LaunchConfigurationName', 'MinSize', 'MaxSize', 'VPCZoneIdentifiers'].map((key) => [`autoscaling:${key}`, 'true']),
);

/**
 * The rights to move a group to another AMI. Whoever names a launch template needs, in the eyes of Auto Scaling, the
 * rights of a launch: RunInstances on what the template names, CreateTags where it sets tags, PassRole for its role.
 * Sources: Auto Scaling user guide, "IAM support for launch templates"; for the resources of RunInstances, and those
 * that know the key `ec2:LaunchTemplate`: service authorization reference, "Actions, resources, and condition keys for
 * Amazon EC2". Elastic Graphics and Elastic Inference have ended, so a template that names them launches nothing.
 */
export const REFRESH_RIGHTS: readonly Right[] = [
  readWantedImages,
  {
    sid: 'Refresh',
    actions: ['autoscaling:StartInstanceRefresh', 'autoscaling:RollbackInstanceRefresh'],
    resources: [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
    conditions: notKept,
    wildcardReason: 'Any self-managed group may be one of workers, which is proven first.',
    unlessOff: 'refreshRights',
  },
  {
    sid: 'PinVersion',
    actions: ['autoscaling:UpdateAutoScalingGroup'],
    resources: [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
    conditions: {
      Null: { ...notKept.Null, ...notSet },
      Bool: { 'autoscaling:LaunchTemplateVersionSpecified': 'true' },
    },
    wildcardReason: 'Any self-managed group may be one of workers that floats with its launch template.',
    unlessOff: 'refreshRights',
  },
  {
    sid: 'TemplateVersions',
    actions: ['ec2:CreateLaunchTemplateVersion'],
    resources: [arnHere('ec2', 'launch-template/*')],
    conditions: notKept,
    wildcardReason: 'Any template may be the one of a group; IAM cannot restrict what a version names.',
    unlessOff: 'refreshRights',
  },
  {
    sid: 'RefreshLaunches',
    actions: ['ec2:RunInstances'],
    resources: [
      ...[
        'instance',
        'network-interface',
        'security-group',
        'subnet',
        'volume',
        'key-pair',
        'launch-template',
        'placement-group',
        'capacity-reservation',
      ].map((kind) => arnHere('ec2', `${kind}/*`)),
      // ARNs of images and snapshots have no account, because they may belong to anybody.
      'arn:{partition}:ec2:{region}::image/*',
      'arn:{partition}:ec2:{region}::snapshot/*',
    ],
    conditions: { ArnLike: byTemplate },
    wildcardReason: 'A group launches whatever its template names, and any group may be refreshed.',
    unlessOff: 'refreshRights',
  },
  {
    sid: 'RefreshLaunchParts',
    actions: ['ec2:RunInstances'],
    resources: [
      ...['spot-instances-request', 'secondary-interface', 'secondary-subnet'].map((kind) =>
        arnHere('ec2', `${kind}/*`),
      ),
      // Another account may share license configurations and groups of capacity reservations.
      'arn:{partition}:license-manager:{region}:*:license-configuration:*',
      'arn:{partition}:resource-groups:{region}:*:group/*',
    ],
    wildcardReason:
      'A template may name any of these, which know no key for its template; they alone launch nothing, and RefreshLaunches admits the instance only by one.',
    unlessOff: 'refreshRights',
  },
  tagsAtLaunch({ sid: 'RefreshTags', unlessOff: 'refreshRights' }),
  {
    sid: 'NodeRoles',
    actions: ['iam:PassRole'],
    resources: [iamHere('role/{nodeRoles}')],
    // EC2's domain differs by partition. Karpenter's controller policy lists the domain of China, too.
    conditions: { StringLike: { 'iam:PassedToService': 'ec2.*' } },
    wildcardReason:
      'Any role may be the one of nodes, as far as the setting nodeRoles goes; IAM heeds no tags of a role here.',
    unlessOff: 'refreshRights',
  },
];
