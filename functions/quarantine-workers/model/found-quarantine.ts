import { isProven } from '../../shared/fleet/owners.ts';
import { isStripped, QUARANTINE_TAG } from '../../shared/fleet/scope.ts';
import { AUTO_SCALING_GROUP_TAG } from '../../shared/fleet/worker.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Circumstances } from './decision.ts';
import type { Observation, WorkerView } from './observation.ts';
import type { Quarantine } from './quarantine-ledger.ts';
import { interfacesOfTag } from './saved-in-tags.ts';

/** How long a recovered quarantine lasts while the policy cannot be read, ms: the policy's default. */
const LASTS = 7 * 86_400_000;
const MOST_TEXT = 256;

/** The tags of a worker in quarantine. */
export const TAGS = {
  since: QUARANTINE_TAG,
  groups: `${QUARANTINE_TAG}-groups`,
  why: `${QUARANTINE_TAG}-why`,
  by: `${QUARANTINE_TAG}-by`,
} as const;

/**
 * Recovers from the worker's tags a quarantine that is missing in the ledger, because its item was deleted, or the
 * table was restored or recreated; undefined where there is none.
 *
 * Anybody may set tags. So a quarantine only counts as `held`, and is managed again, when a quarantine security group
 * of this stack holds the worker. One that is only `tagged` is reported; nothing can be done about it except a release,
 * which removes the tags.
 */
export function foundQuarantine(
  { state, view, owner }: Pick<Observation, 'state' | 'view' | 'owner'>,
  { now, policy, stackName }: Pick<Circumstances, 'now' | 'policy' | 'stackName'>,
): Quarantine | undefined {
  const value = view?.tags[TAGS.since];
  // After a release that could not restore everything, the ledger has the rest, and the worker stays as it is.
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
    // The ledger's loss hides any extension, so the duration starts anew.
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

/** The message about a recovered quarantine. */
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
    `Its tag and its security group show that it has been in quarantine ${since}. The ledger has lost its former state. The quarantine is managed again, as far as its tags tell.`,
    ...back,
    ...lost,
  ].join(' ');
}

/** What is no longer known about the worker of a recovered quarantine, in words. */
export const forgottenInWords = ({ exposures }: Quarantine): string => {
  const why = exposures.length === 0 ? '' : ` (its tag says: ${exposures.join('; ').slice(0, MOST_TEXT)})`;
  return `its public addresses${why} and its places in target groups, which the ledger has lost`;
};
