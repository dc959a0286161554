import { isProven } from '../shared/fleet/owners.ts';
import { isStripped, QUARANTINE_TAG } from '../shared/fleet/scope.ts';
import { AUTO_SCALING_GROUP_TAG } from '../shared/fleet/worker.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { type Circumstances, iso } from './decision.ts';
import type { Observation, WorkerView } from './observation.ts';
import type { Quarantine } from './quarantine-ledger.ts';
import { interfacesOfTag } from './saved-in-tags.ts';

/** How long a quarantine that was found again lasts where nobody can read the policy, ms: its default. */
const LASTS = 7 * 86_400_000;
const MOST_TEXT = 256;

/** The tags that a worker bears in quarantine. */
export const TAGS = {
  since: QUARANTINE_TAG,
  groups: `${QUARANTINE_TAG}-groups`,
  why: `${QUARANTINE_TAG}-why`,
  by: `${QUARANTINE_TAG}-by`,
} as const;

/**
 * A quarantine of which the ledger knows nothing (its item was deleted, the table restored or made anew), as the tags of the
 * worker tell it; undefined where there is none. Anybody may have set tags: only a worker that a security group of this
 * stack's quarantines holds is `held`, and looked after again. One that is only `tagged` is told of; nothing but a release,
 * which takes the tags off, comes of it.
 */
export function foundQuarantine(
  { state, view, owner }: Pick<Observation, 'state' | 'view' | 'owner'>,
  { now, policy, stackName }: Pick<Circumstances, 'now' | 'policy' | 'stackName'>,
): Quarantine | undefined {
  const value = view?.tags[TAGS.since];
  // What a release could not give back stays as it was left: the ledger knows of it.
  if (view === undefined || value === undefined || state.quarantine !== undefined || state.granted !== undefined)
    return undefined;
  if (view.heldBy.some((stack) => stack !== stackName)) return undefined;
  const isHeld = view.heldBy.includes(stackName) && isProven(owner) && owner !== undefined;
  const told = Date.parse(value.slice(value.lastIndexOf(' ') + 1));
  const startedAt = Number.isNaN(told) ? view.launchedAt : Math.min(now, told);
  const { [AUTO_SCALING_GROUP_TAG]: autoScalingGroup } = view.tags;
  return {
    kind: isHeld && !isStripped(value) ? 'isolate' : 'strip',
    phase: 'isolating',
    cluster: view.cluster,
    ...(view.nodegroup !== undefined && { nodegroup: view.nodegroup }),
    vpcId: view.vpcId,
    exposures: [view.tags[TAGS.why] ?? ''].filter((text) => text !== ''),
    startedAt,
    // Whether somebody had extended it, nobody knows: it begins anew.
    expiresAt: now + (isInvalid(policy) ? LASTS : policy.quarantine.expireAfter),
    by: view.tags[TAGS.by] ?? '',
    found: isHeld ? 'held' : 'tagged',
    saved: {
      interfaces: isHeld ? interfacesOfTag(view.tags[TAGS.groups] ?? '', view.interfaces) : [],
      ...(isHeld && autoScalingGroup !== undefined && { autoScalingGroup, standby: false }),
      targets: [],
    },
    notes: {},
  };
}

/** What is told of a quarantine that was found again. */
export function foundInWords({ found, startedAt, saved }: Quarantine, view: WorkerView): string {
  const since = `since ${iso(startedAt)}`;
  if (found !== 'held') {
    return `Its tag ${TAGS.since} says that it has been in quarantine ${since}. The ledger and its security groups do not.`;
  }
  const unknown = view.interfaces.filter(({ id }) => !saved.interfaces.some((each) => each.id === id));
  const groups = [...new Set(saved.interfaces.flatMap((each) => each.groups))];
  const back = groups.length === 0 ? [] : [`A release gives back ${groups.join(', ')}, as its tags name them.`];
  const lost =
    unknown.length === 0
      ? []
      : [`The security groups of ${unknown.map(({ id }) => id).join(', ')} are not in its tags.`];
  return [
    `It has been in quarantine ${since}, by its tag and its security group. The ledger has lost what it had before: it is looked after again, as far as its tags tell.`,
    ...back,
    ...lost,
  ].join(' ');
}

/** What nobody remembers of a worker whose quarantine was found again, in words. */
export const forgottenInWords = ({ exposures }: Quarantine): string => {
  const why = exposures.length === 0 ? '' : ` (its tag says: ${exposures.join('; ').slice(0, MOST_TEXT)})`;
  return `its public addresses${why} and its places in target groups, which the ledger has lost`;
};
