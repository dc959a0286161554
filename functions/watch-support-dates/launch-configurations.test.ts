import { AutoScalingClient, DescribeLaunchConfigurationsCommand } from '@aws-sdk/client-auto-scaling';
import { expect, it } from 'vitest';
import { readLaunchConfigurations } from './launch-configurations.ts';

it('launch configurations are read fifty at a time, and one page that is refused hides no other', async () => {
  const autoScaling = new AutoScalingClient({ region: 'eu-central-1' });
  const asked: number[] = [];
  autoScaling.send = async (command: unknown) => {
    if (!(command instanceof DescribeLaunchConfigurationsCommand)) throw new Error('an unexpected call');
    const names = command.input.LaunchConfigurationNames ?? [];
    asked.push(names.length);
    if (names.includes('c-0')) throw Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: {} });
    return { LaunchConfigurations: [{ LaunchConfigurationName: 'c-50', UserData: '' }] };
  };
  const names = Array.from({ length: 52 }, (_, index) => `c-${index}`);
  const found = await readLaunchConfigurations(autoScaling, names);
  expect(asked).toEqual([50, 2]);
  expect(['c-0', 'c-50', 'c-51'].map((name) => found.get(name)?.kind)).toEqual(['unreadable', 'found', 'gone']);
  await readLaunchConfigurations(autoScaling, []);
  expect(asked).toHaveLength(2);
});

it('a launch configuration that comes after an empty page is read', async () => {
  const found = [{ LaunchConfigurationName: 'old', UserData: '' }];
  const client = Object.assign(new AutoScalingClient({ region: 'eu-central-1' }), {
    send: async ({ input }: { input: { NextToken?: string } }) =>
      input.NextToken === undefined ? { NextToken: 'more' } : { LaunchConfigurations: found },
  });
  expect((await readLaunchConfigurations(client, ['old'])).get('old')?.kind).toBe('found');
});
