import { type Failures, failureCount, type NodeGroupState, type Setback } from '../shared/ledger/node-group-ledger.ts';
import { isSameRelease, type TriedRelease } from '../shared/rollouts/tried-release.ts';
import type { UpdateError } from './observation.ts';

/** How many setbacks of a node group are remembered, by cause and release: the latest ones. */
const KEPT = 20;

/**
 * What has ended the attempts of a node group since it last reached a release, or since an operator had its setbacks
 * forgotten.
 */
export function setbacksOf({ setbacks, failures }: Pick<NodeGroupState, 'setbacks' | 'failures'>): readonly Setback[] {
  if (setbacks !== undefined) return setbacks;
  const count = failureCount(failures);
  if (failures === undefined || count === 0) return [];
  // Items of former versions know the release, and no cause.
  const { releaseVersion, kubernetesVersion, lastAt } = failures;
  const release = { releaseVersion, ...(kubernetesVersion !== undefined && { kubernetesVersion }) };
  return [{ cause: 'unknown', ...release, count, lastAt }];
}

/** The setbacks once another attempt has failed. */
export function withSetback(
  before: readonly Setback[],
  errors: readonly UpdateError[],
  release: TriedRelease,
  now: number,
): Setback[] {
  const cause = causeOf(errors);
  const same = (each: Setback) => each.cause === cause && isSameRelease(each, release);
  const count = (before.find(same)?.count ?? 0) + 1;
  return [...before.filter((each) => !same(each)), { cause, ...release, count, lastAt: now }].slice(-KEPT);
}

/** EKS's codes, whatever stands in its messages: the messages name pods and instances, which change. */
const causeOf = (errors: readonly UpdateError[]): string =>
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

/** The setback of the last attempt. */
export const latestOf = (setbacks: readonly Setback[]): Setback | undefined =>
  setbacks.reduce<Setback | undefined>(
    (last, each) => (last === undefined || each.lastAt >= last.lastAt ? each : last),
    undefined,
  );

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
