import { AutoScalingClient, type AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import { expect, it } from 'vitest';
import { readFollowers } from './template-followers.ts';

const specification = (LaunchTemplateId: string, Version?: string) => ({ LaunchTemplateId, Version });

it('finds every group that launches from the latest version of a template, also by an override of a mixed policy', async () => {
  const pages: Array<Array<Partial<AutoScalingGroup>>> = [
    [
      { AutoScalingGroupName: 'latest', LaunchTemplate: specification('lt-1', '$Latest') },
      { AutoScalingGroupName: 'numbered', LaunchTemplate: specification('lt-1', '3') },
      { AutoScalingGroupName: 'default', LaunchTemplate: specification('lt-1') },
    ],
    [
      {
        AutoScalingGroupName: 'mixed',
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: specification('lt-1', '$Latest'),
            Overrides: [
              { LaunchTemplateSpecification: specification('lt-2', '$Latest') },
              { LaunchTemplateSpecification: specification('lt-1', '$Latest') },
              { InstanceType: 'm7i.large' },
            ],
          },
        },
      },
      { AutoScalingGroupName: 'of-configuration', LaunchConfigurationName: 'lc' },
    ],
  ];
  const autoScaling = new AutoScalingClient({ region: 'eu-central-1' });
  autoScaling.send = async ({ input }: { input: { NextToken?: string } }) => ({
    AutoScalingGroups: pages[Number(input.NextToken ?? 0)],
    NextToken: input.NextToken === undefined ? '1' : undefined,
  });
  const followersOf = await readFollowers(autoScaling);
  expect(followersOf('lt-1')).toEqual(['latest', 'mixed']);
  expect(followersOf('lt-2')).toEqual(['mixed']);
  expect(followersOf('lt-3')).toEqual([]);
});
