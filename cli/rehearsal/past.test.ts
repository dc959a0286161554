import { type Activity, AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient, type Nodegroup } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import type { Ground } from './ground.ts';
import { batchTimes, detached, endedInStandby, unavailableShares, updatesOf } from './past.ts';

const START = Date.parse('2026-07-14T06:00:00Z');
const at = (minute: number) => new Date(START + minute * 60_000);

/** An activity in Auto Scaling's words, which took this many minutes. */
const activity = (minute: number, what: string, id: string, took = 2): Activity => ({
  ActivityId: `${minute} ${id}`,
  AutoScalingGroupName: 'asg',
  Cause: `because of ${what}`,
  StatusCode: 'Successful',
  Description: `${what}: ${id}`,
  StartTime: at(minute),
  EndTime: at(minute + took),
});

/** A cluster with one node group, for which AWS returns these updates and these activities, the latest first. */
function ground(activities: Activity[] | Error, group: Partial<Nodegroup> = {}, updates: object[] = []): Ground {
  const region = 'eu-central-1';
  const autoScaling = new AutoScalingClient({ region });
  autoScaling.send = async () => {
    if (activities instanceof Error) throw activities;
    return { Activities: activities.toReversed() };
  };
  const eks = new EKSClient({ region });
  eks.send = async ({ input }: { input: { updateId?: string } }) =>
    input.updateId === undefined
      ? { updateIds: updates.map((_, index) => String(index)) }
      : { update: updates[Number(input.updateId)] };
  const resources = { autoScalingGroups: [{ name: 'asg' }] };
  return {
    clients: { autoScaling, eks } as Ground['clients'],
    region,
    cluster: { name: 'shop' },
    groups: [{ nodegroupName: 'web', status: 'ACTIVE', resources, ...group }],
    unread: [],
    instances: [],
    identities: new Map(),
    now: () => START,
  };
}

const A = 'i-0aaaaaaaaaaaaaaaa';
const B = 'i-0bbbbbbbbbbbbbbbb';

describe('the past of node groups', () => {
  it('tells of members that were ended in standby, and of none that were out of it again', async () => {
    const activities = [
      activity(0, 'Moving EC2 instance to Standby', A),
      activity(1, 'Moving EC2 instance to Standby', B),
      activity(5, 'Moving EC2 instance out of Standby', B),
      activity(9, 'Terminating EC2 instance', B),
      activity(40, 'Terminating EC2 instance', A),
    ];
    expect(await endedInStandby(ground(activities))).toEqual([
      { kind: 'answered', text: `web: ${A} was ended in standby: because of Terminating EC2 instance` },
    ]);
  });

  it('tells of members that were detached, with how their group stands', async () => {
    const group: Partial<Nodegroup> = {
      status: 'DEGRADED',
      health: { issues: [{ code: 'AutoScalingGroupNotFound' }] },
    };
    expect(await detached(ground([activity(3, 'Detaching EC2 instance', A)], group))).toEqual([
      {
        kind: 'answered',
        text: `web: ${A} was detached at 2026-07-14T06:03:00.000Z; the group is DEGRADED, AutoScalingGroupNotFound`,
      },
    ]);
  });

  it('tells how many left at once beside what the percentage comes to, and how long that took', async () => {
    const end = 'Terminating EC2 instance';
    const activities = [
      activity(0, end, A, 4),
      activity(0.5, end, B),
      activity(12, end, A),
      // This activity is on the next day.
      activity(1500, end, B),
    ];
    const group = { updateConfig: { maxUnavailablePercentage: 33 }, scalingConfig: { desiredSize: 5 } };
    const [share] = await unavailableShares(ground(activities, group));
    expect(share).toEqual({
      kind: 'answered',
      text: 'web: 33 % are 1.65 nodes; at most 2 have left at once in the last six weeks',
    });
    expect(await batchTimes(ground(activities))).toEqual([
      { kind: 'answered', text: 'web: 4 nodes ended, in 4 min at most, and at most 12 min from one batch to the next' },
    ]);
  });

  it('says so where nothing has happened, or AWS does not tell', async () => {
    for (const look of [endedInStandby, detached, batchTimes]) {
      expect(await look(ground([]))).toEqual([
        { kind: 'open', text: expect.stringMatching(/^no .* in the last six weeks$/) },
      ]);
      const refused = Object.assign(new Error('no right'), { name: 'AccessDenied', $metadata: {} });
      expect(await look(ground(refused))).toEqual([
        { kind: 'trouble', text: 'DescribeScalingActivities of web: AccessDenied: no right' },
      ]);
    }
  });
});

it('tells how the updates of a node group ended', async () => {
  const errors = [{ errorCode: 'PodEvictionFailure', errorMessage: 'cart' }];
  const updates = [{ type: 'VersionUpdate', status: 'Failed', createdAt: at(0), errors }];
  const degraded = (each: Nodegroup) => each.status === 'DEGRADED';
  expect(await updatesOf(ground([], { status: 'DEGRADED' }, updates), 'is DEGRADED', degraded)).toEqual([
    {
      kind: 'answered',
      text: 'web is DEGRADED: VersionUpdate of 2026-07-14T06:00:00.000Z Failed (PodEvictionFailure: cart)',
    },
  ]);
  expect(await updatesOf(ground([]), 'is DEGRADED', degraded)).toEqual([
    { kind: 'open', text: 'no node group here is DEGRADED' },
  ]);
});
