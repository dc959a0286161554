import type { Permission } from '../service.ts';
import type { World } from '../world.ts';
import type { EksNodeGroup } from './state.ts';

/**
 * What EKS asks of whoever updates a node group with a launch template of its owner, beside the update itself. It tries a
 * launch as the caller (EKS user guide, "Customize managed nodes with launch templates"), which IAM judges for every resource
 * of it. AWS does not say which of them count as the template's own: here only the template and its key pair do, so that
 * rights which rest on more are refused.
 */
export function launchPermissions({ partition, region, accountId }: World, group: EksNodeGroup): Permission[] {
  const { launchTemplate, autoScalingGroup, hosts, cluster, imageId } = group;
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
