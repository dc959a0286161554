import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DescribeLaunchTemplatesResult, DescribeNetworkInterfacesResult } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const OPERATOR = 'mwaa.amazonaws.com';

/** A self-managed group of two. */
function account(file: object) {
  const own = { name: 'g', size: 2, maxSize: 4, imageId: 'ami-0aaaaaaaaaaaaaaaa', ...file };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [own] }] });
  const group = at.state.autoScalingGroups.list()[0]!;
  const named = { AutoScalingGroupName: group.name };
  return { at, group, named, instanceId: [...group.members.keys()][0]! };
}

describe('a group that an AWS service operates', () => {
  it('says so, and so do its instances, also new ones, and their interfaces', async () => {
    const { at, group, named } = account({ managedBy: OPERATOR });
    const { AutoScalingGroups: [shown] = [] } = at.call<{ AutoScalingGroups: AutoScalingGroup[] }>(
      'autoscaling',
      'DescribeAutoScalingGroups',
      { AutoScalingGroupNames: [named.AutoScalingGroupName] },
    );
    expect(shown?.Operator).toEqual({ Principal: OPERATOR });
    group.desired = 3;
    at.state.autoScalingGroups.settleSoon(group);
    await at.play(10 * MINUTE_MS);
    const operators = [...group.members.values()].map(({ instance }) => instance.operator);
    expect(operators).toEqual([OPERATOR, OPERATOR, OPERATOR]);
    const interfaces = (input: object) =>
      (
        at.call<DescribeNetworkInterfacesResult>('ec2', 'DescribeNetworkInterfaces', input).NetworkInterfaces ?? []
      ).filter(({ Attachment }) => group.members.has(Attachment?.InstanceId ?? ''));
    expect(interfaces({})).toEqual([]);
    const all = interfaces({ IncludeManagedResources: true });
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const { Operator } of all) expect(Operator).toMatchObject({ Managed: true, Principal: OPERATOR });
  });

  it.each([
    ['StartInstanceRefresh', {}],
    ['UpdateAutoScalingGroup', {}],
    ['PutLifecycleHook', { LifecycleHookName: 'h', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' }],
    ['PutWarmPool', {}],
    ['DetachInstances', { ShouldDecrementDesiredCapacity: false }],
  ])('refuses %s to everybody else', (operation, input) => {
    const { at, named } = account({ managedBy: OPERATOR });
    expect(refusal(() => at.call('autoscaling', operation, { ...named, ...input })).code).toBe('AccessDenied');
  });

  it('keeps its instances, for Auto Scaling and for EC2', () => {
    const { at, instanceId } = account({ managedBy: OPERATOR });
    const end = { InstanceId: instanceId, ShouldDecrementDesiredCapacity: false };
    expect(refusal(() => at.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', end)).code).toBe('AccessDenied');
    const terminate = () => at.call('ec2', 'TerminateInstances', { InstanceIds: [instanceId] });
    expect(refusal(terminate).code).toBe('OperationNotPermitted');
  });
});

it('a launch template that an AWS service operates says so, and takes no version from anybody else', () => {
  const { at, group, named } = account({ launchTemplateManagedBy: OPERATOR });
  const { id } = group.launchTemplate;
  const { LaunchTemplates: [shown] = [] } = at.call<DescribeLaunchTemplatesResult>('ec2', 'DescribeLaunchTemplates', {
    LaunchTemplateIds: [id],
  });
  expect(shown?.Operator).toMatchObject({ Managed: true, Principal: OPERATOR });
  const input = { LaunchTemplateId: id, SourceVersion: '1', LaunchTemplateData: {} };
  expect(refusal(() => at.call('ec2', 'CreateLaunchTemplateVersion', input)).code).toBe('OperationNotPermitted');
  expect(() => at.call('autoscaling', 'UpdateAutoScalingGroup', named)).not.toThrow();
});
