import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { expect, it } from 'vitest';
import { lifecycleStatesOf } from './lifecycle.ts';

it('reads on where Auto Scaling shows fewer instances than it was asked for', async () => {
  const pages = [
    { NextToken: 'more' },
    { AutoScalingInstances: [{ InstanceId: 'i-1', LifecycleState: 'Standby' }], NextToken: 'last' },
    { AutoScalingInstances: [{ InstanceId: 'i-2', LifecycleState: 'InService' }] },
  ];
  const client = new AutoScalingClient({ region: 'eu-central-1' });
  client.send = async () => pages.shift();
  const states = await lifecycleStatesOf(client, ['i-1', 'i-2']);
  expect(Object.fromEntries(states)).toEqual({ 'i-1': 'Standby', 'i-2': 'InService' });
});
