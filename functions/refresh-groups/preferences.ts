import type { RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import type { Policy } from './policy.ts';

/**
 * How a refresh goes, all of it explicit: what is left out is taken from the group, or differs between console and API.
 * - A list of checkpoints that ends below 100 would end the refresh there.
 * - An explicit `MaxHealthyPercentage` launches first where both bounds cannot hold.
 * - Waiting, the default for instances in standby or protected from scale-in, fails the refresh after an hour.
 *
 * Source: Auto Scaling API reference, RefreshPreferences.
 */
export const preferencesOf = ({
  minHealthyPercentage: MinHealthyPercentage,
  maxHealthyPercentage: MaxHealthyPercentage,
  instanceWarmup,
  checkpoints,
  checkpointDelay,
  bakeTime,
}: Policy['refreshes']): RefreshPreferences => ({
  MinHealthyPercentage,
  MaxHealthyPercentage,
  InstanceWarmup: seconds(instanceWarmup),
  ...(checkpoints.length > 0 && {
    CheckpointPercentages: [...checkpoints, 100],
    CheckpointDelay: seconds(checkpointDelay),
  }),
  BakeTime: seconds(bakeTime),
  AutoRollback: true,
  SkipMatching: false,
  StandbyInstances: 'Ignore',
  ScaleInProtectedInstances: 'Ignore',
});

const seconds = (ms: number): number => Math.round(ms / 1000);
