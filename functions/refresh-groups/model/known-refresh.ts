import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import type { KnownRefresh } from './observation.ts';
import { isAsBegunHere } from './preferences.ts';

/** The needed part of a refresh, as Auto Scaling describes it. */
export const knownRefresh = (each: InstanceRefresh): KnownRefresh => {
  const version = each.DesiredConfiguration?.LaunchTemplate?.Version;
  return {
    id: each.InstanceRefreshId ?? '',
    status: each.Status ?? '',
    reason: each.StatusReason ?? '',
    percent: each.PercentageComplete ?? 0,
    startedAt: each.StartTime?.getTime() ?? 0,
    isAsBegunHere: isAsBegunHere(each.Preferences),
    ...(version !== undefined && { version }),
  };
};

/** Tolerance for Auto Scaling's clock, which counts whole seconds, ms. */
const SECONDS = 60_000;

/**
 * Whether a refresh is the one that was begun here; a pure function. StartInstanceRefresh takes no client token, so that
 * until its answer is saved only what was saved before tells: when it was to begin, and the version that it desires. A
 * version that was made for it is desired by nobody else. One that the group had before may be, by somebody's own
 * refresh, which has other preferences.
 */
export function isBegunHere(known: KnownRefresh, { refreshId, version, at, from, undoes }: Refresh): boolean {
  if (refreshId !== undefined) return known.id === refreshId;
  if (version === undefined || known.version !== version) return false;
  // A refresh that is pending may have no start yet.
  if (known.startedAt !== 0 && known.startedAt < at - SECONDS) return false;
  const isMadeForIt = version !== from.version && undoes === undefined;
  return isMadeForIt || known.isAsBegunHere;
}
