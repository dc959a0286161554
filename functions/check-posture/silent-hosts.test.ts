import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { silentHosts } from './silent-hosts.ts';

const STATES = [{ findings: { '3.2.4': { since: 1, correlationId: 'c', hosts: ['i-1', 'i-2'] } } }];

/** Which of two workers that failed are silent, of which the second told something. */
async function silent(tags: Readonly<Record<string, string>>, LifecycleState = 'InService', fails = false) {
  const [autoScaling, ec2] = [
    new AutoScalingClient({ region: 'eu-central-1' }),
    new EC2Client({ region: 'eu-central-1' }),
  ];
  const asked: unknown[] = [];
  ec2.send = async ({ input }: { input: unknown }) => {
    asked.push(input);
    if (fails) throw Object.assign(new Error('no'), { name: 'RequestLimitExceeded', $metadata: {} });
    const Tags = Object.entries({ 'aws:autoscaling:groupName': 'eks-web', ...tags }).map(([Key, Value]) => ({
      Key,
      Value,
    }));
    return { Reservations: [{ Instances: [{ InstanceId: 'i-1', Tags }] }] };
  };
  autoScaling.send = async () => ({ AutoScalingInstances: [{ InstanceId: 'i-1', LifecycleState }] });
  const found = await silentHosts({ autoScaling, ec2 }, STATES, new Set(['i-2']));
  expect(JSON.stringify(asked)).not.toContain('i-2');
  return [...found];
}

it.each([
  ['serves', {}, 'InService', ['i-1']],
  ['has the tag of a quarantine, and serves', { 'eks-host-remediator:quarantine': '2026-07-14' }, 'InService', ['i-1']],
  ['is in standby', {}, 'Standby', []],
  ['opted out', { 'eks-host-remediator:ignore': '' }, 'InService', []],
])('a worker that failed, told nothing, and %s', async (_what, tags, lifecycleState, expected) => {
  expect(await silent(tags, lifecycleState)).toEqual(expected);
});

it('a worker of which EC2 does not tell may exist as ever', async () => {
  expect(await silent({}, 'InService', true)).toEqual(['i-1']);
});
