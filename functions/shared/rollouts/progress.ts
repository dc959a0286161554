import type { Progress } from '../ledger/rollout-memory.ts';

const DAY = 86_400_000;

/** How many earlier releases of a group are remembered: half a year of weekly ones. */
export const RUNS_KEPT = 26;

/** Renews `seenAt` once a day, so that a sighting without another change costs one write a day. */
export const seen = (progress: Omit<Progress, 'seenAt'>, before: Progress | undefined, now: number): Progress => ({
  ...progress,
  seenAt: before !== undefined && now - before.seenAt < DAY ? before.seenAt : now,
});

/** Reasons by which the policy alone keeps releases from a group. */
const BY_POLICY: ReadonlySet<string> = new Set(['mode-off', 'out-of-scope']);

/** What is remembered of a group that nothing but the policy leaves alone. */
export const leftByPolicy = ({
  version,
}: {
  readonly version?: number;
}): Pick<Progress, 'isLeftAlone' | 'leftUnder'> => ({
  isLeftAlone: true,
  ...(version !== undefined && { leftUnder: version }),
});

/** What is remembered of a group to which no release comes, for the reason that was decided by. */
export const leftAlone = (
  reason: string,
  policy: { readonly version?: number },
): Pick<Progress, 'isLeftAlone' | 'leftUnder'> =>
  BY_POLICY.has(reason) ? leftByPolicy(policy) : { isLeftAlone: true };

/** What is remembered of a group that cannot be read, where the policy still leaves it alone: that needs no look at it. */
export const stillLeft = (
  { leftUnder }: Pick<Progress, 'leftUnder'>,
  isLeft: boolean,
  { version }: { readonly version?: number },
): Pick<Progress, 'leftUnder'> =>
  leftUnder !== undefined && version !== undefined && isLeft ? { leftUnder: version } : {};

/**
 * Whether a former version of the policy left a group alone, or only had it proposed what is due. Nobody knows what the
 * present one does until a look.
 */
export const isLeftByFormer = (
  { leftUnder }: Pick<Progress, 'leftUnder'> = {},
  { version }: { readonly version?: number },
): boolean => leftUnder !== undefined && version !== undefined && leftUnder !== version;

/**
 * The progress of a group that cannot be read. AMIs may come to the group meanwhile of which nobody knows. A group that
 * was not well counts as such until somebody sees that it has recovered: only then does the release bake anew.
 */
export function unread(before: Progress, now: number): Progress {
  const { images: _, imagesSince: __, ...known } = before;
  return seen({ ...known, health: before.health === 'well' ? 'unreadable' : before.health }, before, now);
}

/**
 * What a group runs, and has run.
 *
 * @param before how it stood with releases of the same pair
 * @param healthFrom its health, by how it was with the same release; undefined: the group did not run that release
 * @param images the AMIs of its owner that come to it; undefined where there are none, or they cannot be read
 */
export function runsAfter(
  before: Progress | undefined,
  releaseVersion: string,
  healthFrom: (before: Progress['health'] | undefined) => Progress['health'],
  images: readonly string[] | undefined,
  now: number,
): Pick<Progress, 'runs' | 'ran' | 'images' | 'imagesSince' | 'health'> {
  const isSame = before?.runs.releaseVersion === releaseVersion;
  const health = healthFrom(isSame ? before.health : undefined);
  // A release bakes anew in a group that has recovered.
  const hasRecovered = (before?.health === 'unhealthy' || before?.health === 'mixed') && health === 'well';
  const since = isSame && !hasRecovered ? before.runs.since : now;
  const left = before === undefined || isSame || before.health !== 'well' ? [] : [{ ...before.runs, until: now }];
  const ran = [...(before?.ran ?? []), ...left].slice(-RUNS_KEPT);
  const hasNoOther = images?.every((image) => before?.images?.includes(image)) === true;
  return {
    runs: { releaseVersion, since },
    ...(ran.length > 0 && { ran }),
    ...(images !== undefined && {
      images: [...images],
      imagesSince: hasNoOther ? (before?.imagesSince ?? now) : now,
    }),
    health,
  };
}
