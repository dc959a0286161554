import {
  type AutoScalingClient,
  type AutoScalingGroup,
  type LaunchTemplateSpecification,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';

/** DescribeAutoScalingGroups returns at most a hundred groups per page. */
const GROUPS_PER_PAGE = 100;

/** The Auto Scaling groups that launch from the latest version of a launch template, by its id. */
export type Followers = (templateId: string) => readonly string[];

/**
 * Reads which Auto Scaling groups of the region, whoever owns them, launch from the latest version of a launch template:
 * each version that somebody makes comes to their next launch, whatever it is meant for. That is one page per hundred
 * groups. Who launches from a template in other ways is not known. Source: Auto Scaling API reference,
 * LaunchTemplateSpecification.
 */
export async function readFollowers(autoScaling: AutoScalingClient): Promise<Followers> {
  const followers = new Map<string, string[]>();
  const config = { client: autoScaling, pageSize: GROUPS_PER_PAGE };
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups(config, {})) {
    for (const group of AutoScalingGroups) {
      for (const id of new Set(specificationsOf(group).filter(followsLatest).map(templateIdOf))) {
        followers.set(id, [...(followers.get(id) ?? []), group.AutoScalingGroupName ?? '']);
      }
    }
  }
  return (templateId) => followers.get(templateId) ?? [];
}

/** Which groups launch from the latest version of a template, as a clause; at least one does. */
export function followedInWords(followers: readonly string[], templateId: string): string {
  const more = followers.length > 3 ? ` and ${followers.length - 3} more` : '';
  return `${followers.slice(0, 3).join(', ')}${more} ${followers.length === 1 ? 'launches' : 'launch'} from the latest version of ${templateId}`;
}

/** Where a group launches from: its template, or those of its mixed instances policy. */
const specificationsOf = ({
  LaunchTemplate,
  MixedInstancesPolicy,
}: AutoScalingGroup): LaunchTemplateSpecification[] => {
  const { LaunchTemplateSpecification: main, Overrides = [] } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  const own = Overrides.map(({ LaunchTemplateSpecification: specification }) => specification);
  return [LaunchTemplate, main, ...own].filter((specification) => specification !== undefined);
};

const followsLatest = ({ Version }: LaunchTemplateSpecification): boolean => Version === '$Latest';

const templateIdOf = ({ LaunchTemplateId = '' }: LaunchTemplateSpecification): string => LaunchTemplateId;
