import type { RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import type { Policy } from '../policy.ts';

/**
 * The preferences of a refresh, all of them explicit: Auto Scaling takes what is left out from the group, and its
 * defaults differ between console and API.
 * - A list of checkpoints that ends below 100 would end the refresh there.
 * - An explicit `MaxHealthyPercentage` launches first where both bounds cannot hold.
 * - An alarm that ends a refresh would end the way back from it, too, so an undo watches none.
 * - `Wait`, the default for instances in standby or protected from scale-in, fails the refresh after an hour.
 *
 * Source: Auto Scaling API reference, RefreshPreferences.
 */
export const preferencesOf = (
  {
    minHealthyPercentage: MinHealthyPercentage,
    maxHealthyPercentage: MaxHealthyPercentage,
    instanceWarmup,
    checkpoints,
    checkpointDelay,
    bakeTime,
    alarms,
  }: Policy['refreshes'],
  { undoes }: Pick<Refresh, 'undoes'>,
): RefreshPreferences => ({
  MinHealthyPercentage,
  MaxHealthyPercentage,
  InstanceWarmup: seconds(instanceWarmup),
  ...(checkpoints.length > 0 && {
    CheckpointPercentages: [...checkpoints, 100],
    CheckpointDelay: seconds(checkpointDelay),
  }),
  BakeTime: seconds(bakeTime),
  ...(alarms.length > 0 && undoes === undefined && { AlarmSpecification: { Alarms: alarms } }),
  ...ALWAYS,
});

/** The preferences that no policy changes. */
const ALWAYS = {
  AutoRollback: true,
  SkipMatching: false,
  StandbyInstances: 'Ignore',
  ScaleInProtectedInstances: 'Ignore',
} as const;

/** Whether a refresh has the preferences that each one begun here has. Most differ from the API's defaults. */
export const isAsBegunHere = (preferences: RefreshPreferences = {}): boolean =>
  preferences.AutoRollback === ALWAYS.AutoRollback &&
  preferences.SkipMatching !== true &&
  preferences.StandbyInstances === ALWAYS.StandbyInstances &&
  preferences.ScaleInProtectedInstances === ALWAYS.ScaleInProtectedInstances;

const seconds = (ms: number): number => Math.round(ms / 1000);
