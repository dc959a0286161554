import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { type TestAccount, testAccount } from '../../fleet/test-account.ts';

const fleet = {
  clusters: [
    {
      name: 'c',
      version: '1.33',
      nodeGroups: [{ repeat: 60, name: 'g-{n}', desiredSize: 1, releaseVersion: '1.33.4-20260701' }],
      selfManagedGroups: [{ name: 'legacy', size: 2, imageId: 'ami-0badcafe0badcafe0' }],
    },
  ],
};

const groups = (at: TestAccount, input: object = {}) =>
  at.call<AutoScalingGroupsType>('autoscaling', 'DescribeAutoScalingGroups', input);

describe('DescribeAutoScalingGroups', () => {
  it('pages by 50, or as told', () => {
    const at = testAccount(fleet);
    const first = groups(at);
    const second = groups(at, { NextToken: first.NextToken });
    expect([first, second].map(({ AutoScalingGroups }) => AutoScalingGroups?.length)).toEqual([50, 11]);
    expect(second.NextToken).toBeUndefined();
    expect(groups(at, { MaxRecords: 100 }).AutoScalingGroups).toHaveLength(61);
  });

  it.each([
    [[{ Name: 'tag-key', Values: ['eks:nodegroup-name'] }], 60],
    [[{ Name: 'tag-value', Values: ['g-7'] }], 1],
    [[{ Name: 'tag:eks:nodegroup-name', Values: ['g-7', 'g-8'] }], 2],
    [[{ Name: 'tag:kubernetes.io/cluster/c', Values: ['owned'] }], 61],
    [
      [
        { Name: 'tag:kubernetes.io/cluster/c', Values: ['owned'] },
        { Name: 'tag-value', Values: ['g-7'] },
      ],
      1,
    ],
  ])('filters by %o', (Filters, count) => {
    expect(groups(testAccount(fleet), { Filters, MaxRecords: 100 }).AutoScalingGroups).toHaveLength(count);
  });

  it.each(['', 'x'.repeat(256)])('refuses a call with a name that no group can have: %s', (name) => {
    const input = { AutoScalingGroupNames: ['c-legacy', name] };
    expect(() => groups(testAccount(fleet), input)).toThrow('between 1 and 255');
  });

  it('describes a group by its name and leaves unknown names out', () => {
    const at = testAccount(fleet);
    const { AutoScalingGroups = [] } = groups(at, { AutoScalingGroupNames: ['c-legacy', 'none'] });
    const ids = at.state.instances.list().filter(({ tags }) => tags.get('aws:autoscaling:groupName') === 'c-legacy');
    expect(AutoScalingGroups).toMatchObject([
      {
        AutoScalingGroupName: 'c-legacy',
        DesiredCapacity: 2,
        Instances: ids.map(({ id }) => ({ InstanceId: id, LifecycleState: 'InService' })),
      },
    ]);
    expect(
      groups(at, { AutoScalingGroupNames: ['c-legacy'], IncludeInstances: false }).AutoScalingGroups?.[0]?.Instances,
    ).toEqual([]);
  });

  it.each([
    [{ Filters: [{ Name: 'name', Values: ['x'] }] }, 'ValidationError'],
    [{ MaxRecords: 101 }, 'ValidationError'],
    [{ NextToken: 'x' }, 'InvalidNextToken'],
  ])('refuses %o', (input, code) => {
    expect(() => groups(testAccount(fleet), input)).toThrow(expect.objectContaining({ code, status: 400 }));
  });
});
