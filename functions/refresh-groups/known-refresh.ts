import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { KnownRefresh } from './observation.ts';

/** The needed part of a refresh, as Auto Scaling describes it. */
export const knownRefresh = (each: InstanceRefresh): KnownRefresh => {
  const version = each.DesiredConfiguration?.LaunchTemplate?.Version;
  return {
    id: each.InstanceRefreshId ?? '',
    status: each.Status ?? '',
    reason: each.StatusReason ?? '',
    percent: each.PercentageComplete ?? 0,
    startedAt: each.StartTime?.getTime() ?? 0,
    ...(version !== undefined && { version }),
  };
};
