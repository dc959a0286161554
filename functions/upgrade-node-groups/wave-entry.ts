import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey, NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { SeenRelease } from '../shared/releases/release-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { NodeGroupView } from './observation.ts';
import { paceOf } from './pace.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Blocker, Candidate, Entry } from './rollouts.ts';
import { CUSTOM, placeOfWave, rolloutPair } from './wave-place.ts';

/** What of a node group its wave depends on. */
interface Mover {
  readonly key: NodeGroupKey;
  readonly need: Need | undefined;
  readonly state: Pick<NodeGroupState, 'progress'>;
  readonly view: NodeGroupView;
}

/**
 * How long a release must have been known before a later wave takes it, ms: two sweeps. By then every node group of the earlier
 * ones has been seen by the ledger.
 */
const SWEPT_AFTER = 2 * 3_600_000;

/** How an entry, or what nobody can know yet, keeps a release away; absent: it does not. */
export type Held =
  | Exclude<Entry, { kind: 'open' }>
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unswept'; readonly until: number };

/** Whether waves keep a release from a node group, and how; undefined where they do not. */
export function entryFor(
  release: SeenRelease,
  { key, need, state, view }: Mover,
  { policy, rollouts, now }: Circumstances,
): Held | undefined {
  if (isInvalid(policy) || policy.upgrades.waves.length === 0) return undefined;
  if (rollouts === undefined) return { kind: 'unknown' };
  const wave = placeOfWave(policy);
  const candidate = candidateOf(view, release.releaseVersion);
  const entry = rollouts.entryOf(key, wave, candidate, paceOf(need, policy, now).bakeBetween, now);
  if (entry.kind !== 'open') return entry;
  const until = knownSince(release, view, state, now) + SWEPT_AFTER;
  return wave > 0 && until > now ? { kind: 'unswept', until } : undefined;
}

/**
 * Since when a release has been known here, epoch milliseconds. The creation of an AMI does not say that: it may have been shared, or
 * been named by the policy, later.
 */
function knownSince(
  { releaseVersion, firstSeenAt }: SeenRelease,
  { amiType }: NodeGroupView,
  { progress }: Mover['state'],
  now: number,
): number {
  if (amiType !== CUSTOM) return firstSeenAt;
  return progress?.images?.includes(releaseVersion) === true ? (progress.imagesSince ?? now) : now;
}

/**
 * The one to move to of releases that have baked, oldest first: the newest that its wave may take, or that its first group is taking; if there is none, the one that it
 * may take first; if nobody can say when, the newest that the earlier waves have not passed over.
 */
export function chooseByWave(
  baked: readonly SeenRelease[],
  mover: Mover,
  circumstances: Circumstances,
): SeenRelease | undefined {
  const soonest: Array<{ readonly release: SeenRelease; readonly until: number }> = [];
  let newest: SeenRelease | undefined;
  for (const release of baked.toReversed()) {
    const held = entryFor(release, mover, circumstances);
    // Who waits for the first group to take it is in the line for it, and moves once.
    if (held === undefined || held.kind === 'alone') return release;
    const until = opensAt(held, mover, circumstances);
    if (until !== undefined) soonest.push({ release, until });
    if (held.kind !== 'passed-over') newest ??= release;
  }
  const [first] = soonest.toSorted((a, b) => a.until - b.until);
  return first?.release ?? newest ?? baked.at(-1);
}

/** When what keeps a release away has passed, epoch milliseconds; undefined where nobody knows. */
function opensAt(held: Held, { need }: Mover, { policy, now }: Circumstances): number | undefined {
  if (held.kind === 'unswept') return held.until;
  return held.kind === 'baking' && !isInvalid(policy) ? held.since + paceOf(need, policy, now).bakeBetween : undefined;
}

/** What a moment says about waves. */
interface AtWaves {
  readonly entry: Held | undefined;
  readonly releaseVersion: string;
  readonly upgrades: Policy['upgrades'];
  readonly pace: { readonly bakeBetween: number };
}

type Wait = (reason: Reason, message: string, until?: number) => Decision;

/** What the node group waits for, where waves keep the release away. */
export function heldByWaves(moment: AtWaves, wait: Wait): Decision | undefined {
  const { entry } = moment;
  if (entry === undefined) return undefined;
  const waiting = waitFor(entry, moment, wait);
  // That it waits for another wave is news, that a part of one has finished is none.
  const wave = 'blockers' in entry ? (entry.blockers[0]?.wave ?? '') : 'wave' in entry ? entry.wave : '';
  return { ...waiting, variant: `${waiting.variant} ${entry.kind} ${wave}`.trim() };
}

function waitFor(entry: Held, { releaseVersion, upgrades, pace: { bakeBetween } }: AtWaves, wait: Wait): Decision {
  const nameOf = (wave: number) => `wave ${upgrades.waves[wave] ?? wave}`;
  switch (entry.kind) {
    case 'unknown':
      return wait('earlier-wave', `How far the earlier waves are with ${releaseVersion} is not known.`);
    case 'unswept':
      return wait(
        'earlier-wave',
        `${releaseVersion} has been known for less than two hours. Until ${iso(entry.until)} only the first wave takes it.`,
        entry.until,
      );
    case 'alone':
      return wait(
        'earlier-wave',
        `${inWords([entry.first])}: the first node group that takes ${releaseVersion} goes alone.`,
      );
    case 'passed-over':
      return wait(
        'earlier-wave',
        `It waits for ${nameOf(entry.wave)}, which runs a newer release than ${releaseVersion} and never ran this one.`,
      );
    case 'baking': {
      const until = entry.since + bakeBetween;
      return wait('earlier-wave', `${releaseVersion} bakes in ${nameOf(entry.wave)} until ${iso(until)}.`, until);
    }
    case 'stopped':
      return wait(
        'wave-stopped',
        `${releaseVersion} is stopped in ${waveOf(entry.blockers)}: ${inWords(entry.blockers)}.`,
      );
    case 'unfinished': {
      const waiting = wait('earlier-wave', `It waits for ${waveOf(entry.blockers)}: ${inWords(entry.blockers)}.`);
      return entry.unseen.length === 0 ? waiting : { ...waiting, lookAt: entry.unseen };
    }
  }

  function waveOf([first]: readonly Blocker[]): string {
    return nameOf(first?.wave ?? 0);
  }
}

/** At most three by name. */
function inWords(blockers: readonly Blocker[]): string {
  const named = blockers.slice(0, 3).map(({ key: { cluster, nodegroup }, why }) => `${cluster}/${nodegroup} ${why}`);
  return [...named, ...(blockers.length > 3 ? [`and ${blockers.length - 3} more`] : [])].join(', ');
}

/** A release, as a node group would take it. */
export const candidateOf = ({ version, amiType, target }: NodeGroupView, releaseVersion: string): Candidate => ({
  pair: rolloutPair({ kubernetesVersion: version, amiType }),
  releaseVersion,
  withdrawn: target.withdrawn ?? [],
});
