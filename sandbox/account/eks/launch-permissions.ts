import type { Permission } from '../service.ts';
import type { World } from '../world.ts';
import type { EksNodeGroup } from './node-group.ts';

/**
 * The rights that EKS requires, besides the update itself, from whoever updates a node group with an owner's launch
 * template. EKS tries a launch as the caller (EKS user guide, "Customize managed nodes with launch templates"), and IAM
 * evaluates every resource of it. AWS does not document which of them count as the template's own. Here only the
 * template and its key pair do, so that rights which depend on more are refused.
 */
export function launchPermissions(
  { partition, region, accountId }: World,
  group: EksNodeGroup,
  imageId = group.imageId,
): Permission[] {
  const { launchTemplate, autoScalingGroup, hosts, cluster } = group;
  if (launchTemplate === undefined) return [];
  const arn = (resource: string, account = accountId) => `arn:${partition}:ec2:${region}:${account}:${resource}`;
  const template = arn(`launch-template/${launchTemplate.id}`);
  const launches = (resource: string, isOfTemplate: boolean): Permission => ({
    action: 'ec2:RunInstances',
    resource,
    context: { 'ec2:LaunchTemplate': template, 'ec2:IsLaunchTemplateResource': String(isOfTemplate) },
  });
  const [subnet] = autoScalingGroup.subnets;
  return [
    ...['instance/*', 'network-interface/*', 'volume/*', `subnet/${subnet?.id}`].map((one) =>
      launches(arn(one), false),
    ),
    launches(arn(`security-group/${hosts.securityGroupIds?.[0] ?? cluster.securityGroupId}`), false),
    launches(arn(`image/${imageId}`, ''), false),
    launches(arn('key-pair/nodes'), true),
    launches(template, true),
    { action: 'ec2:CreateTags', resource: arn('instance/*'), context: { 'ec2:CreateAction': 'RunInstances' } },
    { action: 'ec2:CreateTags', resource: arn('volume/*'), context: { 'ec2:CreateAction': 'RunInstances' } },
    { action: 'ec2:DescribeLaunchTemplateVersions', resource: '*' },
  ];
}
