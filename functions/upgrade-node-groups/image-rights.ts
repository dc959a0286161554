import { arnHere, type Right } from '../shared/declaration/right.ts';

const WHY_ANY = 'Any launch template may be that of a node group; the conditions leave out those that others keep.';

/**
 * The rights to make versions of launch templates, with another AMI or without a key pair, and to read which AMI is wanted.
 * They are granted with the setting `imageRights` only. What a new version of a
 * launch template says cannot be bounded by IAM (EC2 user guide, "Control access to launch templates with IAM
 * permissions"): with it whoever takes over the function can have nodes run anything (docs/threat-model.md).
 */
export const IMAGE_RIGHTS: readonly Right[] = [
  {
    sid: 'WantedImages',
    actions: ['ssm:GetParameters'],
    resources: ['arn:{partition}:ssm:{region}:{account}:parameter{imageParameters}'],
    wildcardReason: 'The setting imageParameters says which parameters may name an AMI.',
    unlessOff: 'imageRights',
  },
  {
    sid: 'LaunchTemplateImages',
    actions: ['ec2:CreateLaunchTemplateVersion'],
    resources: [arnHere('ec2', 'launch-template/*')],
    // CloudFormation's (CDK's and eksctl's, too), EKS's own copies, and those that opted out.
    conditions: {
      Null: Object.fromEntries(
        [
          'aws:cloudformation:stack-name',
          'eks:cluster-name',
          'alpha.eksctl.io/cluster-name',
          'eks-host-remediator:ignore',
        ].map((key) => [`aws:ResourceTag/${key}`, 'true']),
      ),
    },
    wildcardReason: WHY_ANY,
    unlessOff: 'imageRights',
  },
];
