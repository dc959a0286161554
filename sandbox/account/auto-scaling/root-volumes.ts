import type { StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { AutoScalingGroup } from './group.ts';

const invalid = (message: string) => new AwsError('ValidationError', message);

/** The AMI of each instance type. */
export type ImagesByType = ReadonlyMap<string, string>;

/**
 * Checks the input of an instance refresh that replaces root volumes. Source: Auto Scaling user guide, "Replace root
 * volumes during instance refresh", Requirements and Limitations. AWS does not document the texts of the refusals.
 *
 * @returns the AMIs of the new root volumes
 * @throws AwsError ValidationError; NotImplemented for what the sandbox does not play
 */
export function desiredImagesOf(
  group: AutoScalingGroup,
  { DesiredConfiguration, Preferences = {} }: StartInstanceRefreshType,
): ImagesByType {
  const { LaunchTemplate } = DesiredConfiguration?.MixedInstancesPolicy ?? {};
  const { LaunchTemplateSpecification, Overrides = [] } = LaunchTemplate ?? {};
  if (group.launchesFrom !== 'mixed-instances' || LaunchTemplateSpecification === undefined) {
    throw invalid('ReplaceRootVolume needs a mixed instances policy, of the group and as the desired configuration.');
  }
  const images = Overrides.map(({ InstanceType = '', ImageId = '' }) => [InstanceType, ImageId] as const);
  if (images.length === 0 || images.some(([, imageId]) => imageId === '')) {
    throw invalid('ReplaceRootVolume needs an ImageId in each override of the mixed instances policy.');
  }
  const { LaunchTemplateId, LaunchTemplateName, Version = '$Default' } = LaunchTemplateSpecification;
  if (!/^\d+$/.test(Version)) throw invalid('ReplaceRootVolume does not support $Latest or $Default.');
  if (group.warmPool !== undefined) throw invalid('ReplaceRootVolume does not support groups with a warm pool.');
  if (group.targetGroups.length > 0) throw invalid('ReplaceRootVolume does not support groups with a load balancer.');
  const { id, name, version } = group.launchTemplate;
  if ((LaunchTemplateId !== id && LaunchTemplateName !== name) || Number(Version) !== version) {
    throw new NotImplemented('ReplaceRootVolume with another launch template or version than that of the group');
  }
  if (Preferences.AutoRollback === true) throw new NotImplemented('ReplaceRootVolume with AutoRollback');
  const byType = new Map(images);
  const unfit = [...group.members.values()].find(({ instance }) => !byType.has(instance.instanceType));
  if (unfit === undefined) return byType;
  throw invalid(`Instance ${unfit.instance.id} does not match the launch template configuration of the group.`);
}
