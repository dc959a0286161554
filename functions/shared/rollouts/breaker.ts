import type { OperatorRequest } from '../intake/operator-request.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import type { Lift, Setback } from '../ledger/rollout-memory.ts';
import type { BreakerLimits } from './breaker-policy.ts';
import type { Failing, FleetFailures } from './fleet-failures.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import { latestOf, type Setbacks, setbacksOf } from './setbacks.ts';
import { isSameRelease, nameOf, type TriedRelease } from './tried-release.ts';
import { waveOf } from './wave-place.ts';

/** The part of a group's state that breakers go by. */
export interface Remembered extends Setbacks {
  readonly lifts?: readonly Lift[] | undefined;
  readonly reason?: string | undefined;
}

export const NO_FAILURES: FleetFailures = { failing: new Map(), lifts: [] };

/** A node group that would start, with what it remembers itself and the release that it would move to. */
interface Starter extends Remembered, TriedRelease {
  readonly key: NodeGroupKey;
}

/** A breaker that has tripped. */
export interface Trip {
  readonly kind: 'release' | 'wave' | 'cluster' | 'fleet';
  /** The breaker's name, such as `cluster shop`. */
  readonly breaker: string;
  /** The node groups that count, and why each failed. */
  readonly failed: ReadonlyArray<{ readonly subject: string; readonly cause: string }>;
  readonly limit: number;
  /** When the failure that tripped the breaker became known, epoch milliseconds. */
  readonly trippedAt: number;
  /** When an operator last lifted the breaker, epoch milliseconds; absent: never. */
  readonly liftedAt?: number;
}

/**
 * The reasons for which nothing comes to a node group for good. A failure there once says nothing about other groups.
 */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  'node-group-gone',
  'group-gone',
  'opted-out',
  'out-of-scope',
  'mode-off',
  'custom-ami',
]);

/** @param waveOf the place of a node group's wave; undefined: the policy has no waves, or the node group is in none */
export function failuresIn(
  states: ReadonlyMap<string, Remembered>,
  waveOf: (subject: string) => number | undefined = () => undefined,
): FleetFailures {
  const failing = new Map<string, Failing>();
  const lifts: Lift[] = [];
  for (const [subject, state] of states) {
    lifts.push(...(state.lifts ?? []));
    const setbacks = countedOf(state);
    if (setbacks.length > 0) failing.set(subject, { key: keyOf(subject), wave: waveOf(subject), setbacks });
  }
  return { failing, lifts };
}

/** The same failures once one node group's state is another one. */
export function withStateOf(
  known: FleetFailures,
  key: NodeGroupKey,
  state: Remembered,
  wave: number | undefined,
): FleetFailures {
  const subject = subjectOf(key);
  const setbacks = countedOf(state);
  const before = known.failing.get(subject);
  const lifts = [...known.lifts, ...(state.lifts ?? []).filter((lift) => !known.lifts.includes(lift))];
  if (before === undefined && setbacks.length === 0)
    return lifts.length === known.lifts.length ? known : { ...known, lifts };
  const failing = new Map(known.failing);
  if (setbacks.length === 0) failing.delete(subject);
  else failing.set(subject, { key, wave: wave ?? before?.wave, setbacks });
  return { failing, lifts };
}

const countedOf = (state: Remembered): readonly Setback[] =>
  state.reason !== undefined && LEFT_ALONE.has(state.reason) ? [] : setbacksOf(state);

/**
 * The first breaker that keeps a node group from starting, the narrowest first; undefined: none.
 *
 * @param known absent: nothing was read, and only what the node group itself remembers counts
 * @param policy the policy that holds where the node group is
 */
export const tripFor = (
  known: FleetFailures | undefined,
  starter: Starter,
  policy: Pick<RolloutPolicy, 'upgrades'>,
): Trip | undefined => tripsFor(known, starter, policy)[0];

/** All breakers that keep a node group from starting. */
export function tripsFor(
  known: FleetFailures = NO_FAILURES,
  { key, releaseVersion, kubernetesVersion, ...state }: Starter,
  policy: Pick<RolloutPolicy, 'upgrades'>,
): Trip[] {
  const wave = waveOf(policy);
  const { failing, lifts } = withStateOf(known, key, state, wave?.place);
  if (failing.size === 0) return [];
  const limits = policy.upgrades.breaker;
  const all = [...failing.values()];
  const places: ReadonlyArray<readonly [Trip['kind'], string, (of: Failing) => boolean]> = [
    ...(wave === undefined ? [] : [['wave', `wave ${wave.name}`, (of: Failing) => of.wave === wave.place] as const]),
    ['cluster', `cluster ${key.cluster}`, (of) => of.key.cluster === key.cluster],
    ['fleet', 'fleet', () => true],
  ];
  const name = `release ${nameOf({ releaseVersion, kubernetesVersion })}`;
  // Lifts that former versions of this function wrote do not say for which Kubernetes version a release is.
  const ofName = lifts.map((each) =>
    each.breaker === `release ${releaseVersion}` ? { ...each, breaker: name } : each,
  );
  const ofRelease = trip('release', name, all, ofName, limits, (setbacks) =>
    setbacks.filter((each) => isSameRelease(each, { releaseVersion, kubernetesVersion })),
  );
  const inPlaces = places.map(([kind, breaker, isThere]) => trip(kind, breaker, all.filter(isThere), lifts, limits));
  return [ofRelease, ...inPlaces].filter((each) => each !== undefined);
}

function trip(
  kind: Trip['kind'],
  breaker: string,
  failing: readonly Failing[],
  lifts: readonly Lift[],
  limits: BreakerLimits,
  counting: (setbacks: readonly Setback[]) => readonly Setback[] = (setbacks) => setbacks,
): Trip | undefined {
  const limit = limits[kind];
  if (failing.length < limit) return undefined;
  const liftedAt = lifts.reduce((last, each) => (each.breaker === breaker ? Math.max(last, each.at) : last), 0);
  const failed = failing
    .flatMap(({ key, setbacks }) => {
      const last = latestOf(counting(setbacks).filter((each) => !isKnownAt(liftedAt, each.lastAt)));
      return last === undefined ? [] : [{ subject: subjectOf(key), ...last }];
    })
    .sort((a, b) => a.lastAt - b.lastAt || (a.subject < b.subject ? -1 : 1));
  const counts = kind === 'release' ? failed : inTurn(failed, limits);
  const trippedAt = kind === 'release' ? counts[limit - 1]?.lastAt : burstIn(counts, limit, limits.within);
  if (trippedAt === undefined) return undefined;
  const named = counts.map(({ subject, cause }) => ({ subject, cause }));
  return { kind, breaker, failed: named, limit, trippedAt, ...(liftedAt > 0 && { liftedAt }) };
}

/** Whether a failure was known when a request was made. EventBridge's times are whole seconds. */
const isKnownAt = (requestedAt: number, failedAt: number): boolean => Math.floor(failedAt / 1000) * 1000 <= requestedAt;

interface Failed extends Setback {
  readonly subject: string;
}

/**
 * Counts at most as many failures of each release as trip the release's own breaker. The upgrades of one bad release
 * are stopped by then, so however many were under way, they do not stop upgrades to other releases.
 */
function inTurn(failed: readonly Failed[], { release }: BreakerLimits): Failed[] {
  const counts = new Map<string, number>();
  return failed.filter((each) => {
    const name = nameOf(each);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= release;
  });
}

/**
 * When so many failures first lay within a span, epoch milliseconds; undefined: never. Time alone does not undo a trip.
 *
 * @param failed oldest first
 */
const burstIn = (failed: readonly Failed[], limit: number, within: number): number | undefined =>
  failed.find(({ lastAt }, index) => {
    const first = failed[index - limit + 1];
    return first !== undefined && lastAt - first.lastAt <= within;
  })?.lastAt;

/** The breakers that operators have lifted, without lifts that are older than any failure that breakers still count. */
const withLifts = (before: readonly Lift[] | undefined, lifted: readonly Lift[], now: number): Lift[] => [
  ...(before ?? []).filter(
    ({ breaker, at }) => at > now - LIFTS_KEPT && lifted.every((each) => each.breaker !== breaker),
  ),
  ...lifted,
];

const LIFTS_KEPT = 400 * 86_400_000;

/**
 * The lifts once an operator's request has lifted the breakers that hold a group; or why the request lifts none.
 *
 * @param before the breakers that were lifted by requests about the same group
 */
export function liftedBy(
  { event: { detail }, trigger }: OperatorRequest,
  trips: readonly Trip[],
  before: readonly Lift[] | undefined,
  now: number,
): { readonly lifts: Lift[] } | { readonly refusal: string } {
  const at = trigger.time;
  const known = trips.filter(({ trippedAt }) => isKnownAt(at, trippedAt));
  if (known.length === 0) return { refusal: 'the breaker has tripped since it was asked for.' };
  const { requestedBy, why } = detail;
  const lifted = known.map(({ breaker }) => ({ breaker, at, requestedBy, why }));
  return { lifts: withLifts(before, lifted, now) };
}
