import { type Failures, failureCount } from '../ledger/node-group-ledger.ts';
import type { Setback } from '../ledger/rollout-memory.ts';
import { isSameRelease, type TriedRelease } from './tried-release.ts';

/** How many setbacks of a node group are remembered, by cause and release: the latest ones. */
const KEPT = 20;

/** What is remembered of a group's failed attempts. */
export interface Setbacks {
  readonly setbacks?: readonly Setback[] | undefined;
  /** The failures that stand where items of former versions have no setbacks. */
  readonly failures?: Failures | undefined;
}

/**
 * What has ended the attempts of a group since it last reached a release, or since an operator had its setbacks
 * forgotten.
 */
export function setbacksOf({ setbacks, failures }: Setbacks): readonly Setback[] {
  if (setbacks !== undefined) return setbacks;
  const count = failureCount(failures);
  if (failures === undefined || count === 0) return [];
  // Items of former versions know the release, and no cause.
  const { releaseVersion, kubernetesVersion, lastAt } = failures;
  const release = { releaseVersion, ...(kubernetesVersion !== undefined && { kubernetesVersion }) };
  return [{ cause: 'unknown', ...release, count, lastAt }];
}

/** The setbacks once another attempt has failed. */
export function withSetback(before: readonly Setback[], cause: string, release: TriedRelease, now: number): Setback[] {
  const same = (each: Setback) => each.cause === cause && isSameRelease(each, release);
  const count = (before.find(same)?.count ?? 0) + 1;
  return [...before.filter((each) => !same(each)), { cause, ...release, count, lastAt: now }].slice(-KEPT);
}

/** The setback of the last attempt. */
export const latestOf = (setbacks: readonly Setback[]): Setback | undefined =>
  setbacks.reduce<Setback | undefined>(
    (last, each) => (last === undefined || each.lastAt >= last.lastAt ? each : last),
    undefined,
  );
