import {
  DescribeLaunchConfigurations$,
  type DescribeLaunchConfigurationsCommandInput,
  type DescribeLaunchConfigurationsCommandOutput,
  type LaunchConfiguration,
} from '@aws-sdk/client-auto-scaling';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation } from '../service.ts';
import type { World } from '../world.ts';
import { type AutoScalingGroup, configurationName } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';

const MAX_NAMES = 50;
const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;

/**
 * Launch configurations by their names; names that do not exist are left out.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLaunchConfigurations.html
 */
export const describeLaunchConfigurations = (world: World, groups: AutoScalingGroups) =>
  operation<DescribeLaunchConfigurationsCommandInput, DescribeLaunchConfigurationsCommandOutput>(
    DescribeLaunchConfigurations$,
    ['LaunchConfigurationNames', 'MaxRecords', 'NextToken'],
    ({ LaunchConfigurationNames = [], MaxRecords = DEFAULT_PAGE, NextToken }) => {
      if (LaunchConfigurationNames.length > MAX_NAMES) {
        throw new AwsError('ValidationError', `At most ${MAX_NAMES} launch configuration names may be passed in.`);
      }
      if (MaxRecords < 1 || MaxRecords > MAX_PAGE) {
        throw new AwsError('ValidationError', `MaxRecords must be between 1 and ${MAX_PAGE}`);
      }
      const wanted = new Set(LaunchConfigurationNames);
      const name = ({ LaunchConfigurationName = '' }: LaunchConfiguration) => LaunchConfigurationName;
      const found = groups
        .list()
        .flatMap((group) => configurationsOf(world, group))
        .filter((each) => wanted.size === 0 || wanted.has(name(each)))
        .sort(byText(name));
      const { items, nextToken } = pageOf(found, name, MaxRecords, NextToken, () => {
        return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
      });
      return { LaunchConfigurations: items, NextToken: nextToken };
    },
  );

/** The launch configurations that a group has or had. */
function configurationsOf({ partition, region, accountId }: World, group: AutoScalingGroup): LaunchConfiguration[] {
  if (group.launchesFrom !== 'launch-configuration') return [];
  const found: LaunchConfiguration[] = [];
  for (let version = 1; ; version += 1) {
    const data = group.templateVersion?.(version);
    if (data === undefined) return found;
    const name = configurationName(group, version);
    found.push({
      LaunchConfigurationName: name,
      LaunchConfigurationARN: `arn:${partition}:autoscaling:${region}:${accountId}:launchConfiguration:${group.launchTemplate.id}:launchConfigurationName/${name}`,
      ImageId: data.ImageId,
      InstanceType: data.InstanceType ?? 'm7i.large',
      IamInstanceProfile: data.IamInstanceProfile?.Name,
      UserData: data.UserData ?? '',
      CreatedTime: new Date(group.createdAt),
    });
  }
}
