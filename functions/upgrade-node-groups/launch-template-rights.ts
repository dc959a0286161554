import { readSessionChannels } from '../shared/declaration/fleet-rights.ts';
import { byTemplate, tagsAtLaunch } from '../shared/declaration/launch-rights.ts';
import { arnHere, onAnything, type Right } from '../shared/declaration/right.ts';

/**
 * The rights that EKS requires from a caller who updates a node group with an owner's launch template. EKS first tries
 * as the caller whether such instances may be launched. eksctl and terraform-aws-eks give every node group a template.
 * Sources: EKS user guide, "Customize managed nodes with launch templates"; scylladb/scylla-cluster-tests#12172 for
 * EKS's error otherwise.
 *
 * AWS does not document which parts of the launch count as the template's. What a node group can specify besides its
 * template (AMI, subnets, instance type, the cluster's security group) is allowed for any launch by a template.
 * Everything else is allowed only where the template itself specifies it (`ec2:IsLaunchTemplateResource`). Both keys
 * are documented for RunInstances in the service authorization reference of EC2.
 */
export const LAUNCH_TEMPLATE_RIGHTS: readonly Right[] = [
  {
    sid: 'LaunchTemplateParts',
    actions: ['ec2:RunInstances'],
    resources: ['*'],
    conditions: { ArnLike: byTemplate, Bool: { 'ec2:IsLaunchTemplateResource': 'true' } },
    wildcardReason: 'A launch template names whatever its owner put into it; the conditions admit nothing else.',
    unlessOff: 'launchTemplateRights',
  },
  {
    sid: 'LaunchTemplateGroups',
    actions: ['ec2:RunInstances'],
    resources: [
      ...['instance', 'network-interface', 'security-group', 'subnet', 'volume'].map((kind) =>
        arnHere('ec2', `${kind}/*`),
      ),
      // ARNs of images have no account, because images may belong to anybody.
      'arn:{partition}:ec2:{region}::image/*',
    ],
    conditions: { ArnLike: byTemplate },
    wildcardReason: 'A node group names these beside its launch template, and any group may be upgraded.',
    unlessOff: 'launchTemplateRights',
  },
  tagsAtLaunch({ sid: 'LaunchTemplateTags', unlessOff: 'launchTemplateRights' }),
  {
    // EKS asks for the versions. The function reads tags of templates to learn who keeps them, and SSM agents to learn
    // whether Session Manager leads to the nodes of a key pair.
    ...onAnything('LaunchTemplateVersions', [
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeLaunchTemplates',
      'ssm:DescribeInstanceInformation',
    ]),
    unlessOff: 'launchTemplateRights',
  },
  { ...readSessionChannels, unlessOff: 'launchTemplateRights' },
];
