import { type Failures, failureCount } from '../../shared/ledger/node-group-ledger.ts';
import type { Setback } from '../../shared/ledger/rollout-memory.ts';
import { latestOf } from '../../shared/rollouts/setbacks.ts';
import { isSameRelease } from '../../shared/rollouts/tried-release.ts';
import type { UpdateError } from '../model/observation.ts';

/** EKS's codes, whatever stands in its messages: the messages name pods and instances, which change. */
export const causeOf = (errors: readonly UpdateError[]): string =>
  [...new Set(errors.map(({ code }) => code))].sort().join(', ') || 'unknown';

/** How often the cause of the last failed attempt has ended an attempt of the node group, to whatever release. */
export function lastCause(
  setbacks: readonly Setback[],
): { readonly cause: string; readonly count: number } | undefined {
  const last = latestOf(setbacks);
  if (last === undefined) return undefined;
  const same = setbacks.filter(({ cause }) => cause === last.cause);
  return { cause: last.cause, count: same.reduce((sum, { count }) => sum + count, 0) };
}

/**
 * Whether no further attempt is made with a release. The policy's limit counts failed attempts at the release. It also
 * counts attempts at any release that the cause of the latest failure has ended, if that failure was with the release
 * itself. So a newer release has one attempt where the cause is not the release's.
 */
export function isExhausted(
  failures: Failures | undefined,
  setbacks: readonly Setback[],
  stopAfterFailures: number,
): boolean {
  const failed = failureCount(failures);
  if (failures === undefined || failed === 0) return false;
  if (failed >= stopAfterFailures) return true;
  const latest = latestOf(setbacks);
  return (
    latest !== undefined && isSameRelease(latest, failures) && (lastCause(setbacks)?.count ?? 0) >= stopAfterFailures
  );
}
