import { describe, expect, it } from 'vitest';
import type { Refusal } from '../sandbox/account/refusals.ts';
import { deadLetterCount, HOUR, start } from './harness.ts';
import { karpenterFleet, nodeClassPolicy } from './node-classes.fixture.ts';

const selfManagedGroups = [{ name: 'batch', size: 1, imageId: 'ami-0123456789abcdef0' }];
const play = (operation: string, as: Refusal['as'], until: number) => {
  const refusals = [{ function: 'upgrade-node-groups', operation, as, until }];
  const fleet = karpenterFleet({}, {}, { selfManagedGroups });
  return start({ fleet, policy: nodeClassPolicy(), inProcess: true, play: '5h', faults: { refusals } });
};

describe.each([
  ['DescribeInstances', 'ec2:DescribeInstances', 'UnauthorizedOperation'],
  ['DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingGroups', 'AccessDenied'],
])('groups outside of managed node groups that %s does not show', (operation, right, denied) => {
  const toldOf = async (as: Refusal['as'], until: number) => {
    const run = await play(operation, as, until);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.errors).toEqual([]);
    const told = run.records.filter(({ reason }) => reason.startsWith('unmanaged-'));
    for (const { message } of told) expect(message.startsWith(right)).toBe(true);
    return told;
  };

  it('are told of once by the call and the right that is missing, and so is their end', async () => {
    const told = await toldOf('denied', 3 * HOUR);
    expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual([
      'failed unmanaged-unread',
      'done unmanaged-shown',
    ]);
    expect(told[0]?.message).toContain(denied);
  });

  it.each(['failed', 'dropped'] as const)('are told of where that lasts (%s)', async (as) => {
    expect((await toldOf(as, 3 * HOUR)).map(({ reason }) => reason)).toEqual(['unmanaged-unread', 'unmanaged-shown']);
  });

  it.each<[Refusal['as'], number]>([
    ['failed', HOUR / 2],
    ['throttled', 3 * HOUR],
  ])('are told of by nobody where that passes, or AWS throttles (%s)', async (as, until) => {
    expect(await toldOf(as, until)).toEqual([]);
  });
});
