import type { DescribeInstanceStatusResult } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const EVENT = { at: '+1h', code: 'instance-retirement', notBefore: '+5h', node: 1 };
const RETIRING = [{ Name: 'event.code', Values: ['instance-retirement', 'instance-stop'] }];

/** A group of two nodes, with events that EC2 schedules for them. */
function account(events: object[] = [EVENT]) {
  const group = { name: 'g', size: 2, imageId: 'ami-0aaaaaaaaaaaaaaaa', scheduledEvents: events };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [group] }] });
  const ids = [...(at.state.autoScalingGroups.list()[0]?.members.keys() ?? [])];
  const describe = (input: object = {}) =>
    at.call<DescribeInstanceStatusResult>('ec2', 'DescribeInstanceStatus', input);
  return { at, ids, describe };
}

describe('DescribeInstanceStatus', () => {
  it('shows an event from its announcement on, and what became of it afterwards', async () => {
    const { at, ids, describe } = account([{ ...EVENT, code: 'system-reboot' }]);
    const events = () => describe({ InstanceIds: [ids[1]] }).InstanceStatuses?.[0]?.Events;
    expect(events()).toBeUndefined();
    await at.play(2 * HOUR_MS);
    expect(events()).toMatchObject([{ Code: 'system-reboot', NotBefore: expect.any(Date) }]);
    await at.play(4 * HOUR_MS);
    expect(events()?.[0]?.Description).toMatch(/^\[Completed\] /);
  });

  it('finds instances by the code of their event, and an instance that EC2 stops is replaced by its group', async () => {
    const { at, ids, describe } = account();
    await at.play(2 * HOUR_MS);
    expect(describe({ Filters: RETIRING }).InstanceStatuses?.map(({ InstanceId }) => InstanceId)).toEqual([ids[1]]);
    await at.play(4 * HOUR_MS);
    const members = [...(at.state.autoScalingGroups.list()[0]?.members.keys() ?? [])];
    expect([members.length, members.includes(ids[1] ?? '')]).toEqual([2, false]);
    expect(describe({ Filters: RETIRING }).InstanceStatuses).toEqual([]);
  });

  it.each([
    ['ids with a page size', { InstanceIds: ['i-0123456789abcdef0'], MaxResults: 5 }, 'InvalidParameterCombination'],
    ['more than 100 ids', { InstanceIds: Array.from({ length: 101 }, () => 'i-1') }, 'InvalidParameterValue'],
    ['an unknown id', { InstanceIds: ['i-0123456789abcdef0'] }, 'InvalidInstanceID.NotFound'],
    ['an unknown filter', { Filters: [{ Name: 'event.kind', Values: ['x'] }] }, 'InvalidParameterValue'],
  ])('refuses %s', (_what, input, code) => {
    const { describe } = account();
    expect(refusal(() => describe(input)).code).toBe(code);
  });
});
