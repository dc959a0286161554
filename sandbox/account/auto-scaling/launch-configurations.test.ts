import type { AutoScalingGroupsType, LaunchConfigurationsType } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { type TestAccount, testAccount } from '../../fleet/test-account.ts';

const group = { size: 1, imageId: 'ami-0badcafe0badcafe0', launchesFrom: 'launch-configuration', userData: 'join' };
const fleet = {
  clusters: [
    {
      name: 'c',
      version: '1.33',
      nodeGroups: [],
      selfManagedGroups: [
        { ...group, repeat: 60, name: 'old-{n}' },
        { ...group, name: 'new', launchesFrom: undefined },
      ],
    },
  ],
};
const describeAll = (at: TestAccount, input: object = {}) =>
  at.call<LaunchConfigurationsType>('autoscaling', 'DescribeLaunchConfigurations', input);

describe('DescribeLaunchConfigurations', () => {
  it('pages by 50, or as told, and leaves groups with a launch template out', () => {
    const at = testAccount(fleet);
    const first = describeAll(at);
    const second = describeAll(at, { NextToken: first.NextToken });
    expect([first, second].map(({ LaunchConfigurations }) => LaunchConfigurations?.length)).toEqual([50, 10]);
    expect(describeAll(at, { MaxRecords: 100 }).LaunchConfigurations).toHaveLength(60);
  });

  it('describes those that exist, with user data in base64', () => {
    const named = describeAll(testAccount(fleet), { LaunchConfigurationNames: ['c-old-7', 'none', 'c-new'] });
    expect(named.LaunchConfigurations).toMatchObject([
      {
        LaunchConfigurationName: 'c-old-7',
        ImageId: group.imageId,
        InstanceType: 'm7i.large',
        UserData: Buffer.from('join').toString('base64'),
      },
    ]);
  });

  it('has another one for each change, while members keep the one that they were launched from', () => {
    const at = testAccount(fleet);
    const changed = at.state.autoScalingGroups.get('c-old-7');
    if (changed === undefined) throw new Error('There is no group.');
    at.state.launchTemplates.makeVersion(changed.launchTemplate.id, {}, { source: 1 });
    changed.launchTemplate.version = 2;
    const { AutoScalingGroups } = at.call<AutoScalingGroupsType>('autoscaling', 'DescribeAutoScalingGroups', {
      AutoScalingGroupNames: ['c-old-7'],
    });
    expect(AutoScalingGroups).toMatchObject([
      { LaunchConfigurationName: 'c-old-7-2', Instances: [{ LaunchConfigurationName: 'c-old-7' }] },
    ]);
    const both = describeAll(at, { LaunchConfigurationNames: ['c-old-7', 'c-old-7-2'] });
    expect(both.LaunchConfigurations).toHaveLength(2);
  });

  it.each([
    [{ LaunchConfigurationNames: Array.from({ length: 51 }, (_, n) => `c-${n}`) }, 'ValidationError'],
    [{ MaxRecords: 101 }, 'ValidationError'],
    [{ NextToken: 'x' }, 'InvalidNextToken'],
  ])('refuses %o', (input, code) => {
    expect(() => describeAll(testAccount(fleet), input)).toThrow(expect.objectContaining({ code, status: 400 }));
  });
});
