import { readWantedImages } from '../shared/declaration/fleet-rights.ts';
import { arnHere, type Right } from '../shared/declaration/right.ts';

const WHY_ANY = 'Any launch template may be that of a node group; the conditions leave out those that others keep.';

/**
 * The rights to make versions of launch templates, with another AMI or without a key pair, and to read which AMI is
 * wanted. Only the setting `imageRights` grants them. IAM cannot bound what a new version of a launch template says
 * (EC2 user guide, "Control access to launch templates with IAM permissions"). So whoever takes over the function with
 * these rights can have nodes run anything (docs/threat-model.md).
 */
export const IMAGE_RIGHTS: readonly Right[] = [
  { ...readWantedImages, unlessOff: 'imageRights' },
  {
    sid: 'LaunchTemplateImages',
    actions: ['ec2:CreateLaunchTemplateVersion'],
    resources: [arnHere('ec2', 'launch-template/*')],
    // The condition excludes templates of CloudFormation (CDK's and eksctl's, too), EKS's own copies, and those that
    // opted out.
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
