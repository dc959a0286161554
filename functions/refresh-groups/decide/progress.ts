import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { selfManagedMember } from '../../shared/rollouts/all-groups.ts';
import { imageOrder } from '../../shared/rollouts/image-order.ts';
import { leftAlone, runsAfter, seen, stillLeft, unread } from '../../shared/rollouts/progress.ts';
import type { Member } from '../../shared/rollouts/rollouts.ts';
import { CUSTOM, waveByTags, waveOf } from '../../shared/rollouts/wave-place.ts';
import { whyAbsent } from '../model/absent-nodes.ts';
import type { Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** Why no AMI comes to a group by an instance refresh, for as long as that holds: a rollout does not wait for it. */
export const LEFT_ALONE: ReadonlySet<Reason> = new Set<Reason>([
  'opted-out',
  'out-of-scope',
  'mode-off',
  'group-has-launch-configuration',
  'group-cannot-surge',
  'group-is-mixed',
  'group-operated',
  'image-is-parameter',
]);

/** Why a group counts for nobody: what only tags claim holds up no rollout. */
const NO_MEMBER: ReadonlySet<Reason> = new Set<Reason>(['unknown-cluster', 'claims-to-be-worker']);

/** The policy of the account, and the one that holds where the group is. */
interface Policies {
  readonly anywhere: Policy | InvalidPolicy;
  readonly here: Policy | InvalidPolicy;
}

/**
 * How a group stands in the rollouts of its AMIs once a decision holds; a pure function. It is undefined where nobody
 * waits for the group: it is gone or not proven, the policy names no AMI for it or has no waves.
 */
export function progressAfter(
  observation: Observation,
  { reason, memory, proposal }: Pick<Decision, 'reason' | 'memory' | 'proposal'>,
  { anywhere, here }: Policies,
  now: number,
): Progress | undefined {
  const { key, group, state, wanted, unreadable } = observation;
  const before = state.progress;
  if (isInvalid(anywhere) || isInvalid(here)) return before;
  const wave = waveOf(here);
  if (wave === undefined || NO_MEMBER.has(reason)) return undefined;
  // One read may miss a group that exists.
  if (group.source.kind === 'gone') return memory.goneSince === undefined ? undefined : before;
  const isLeftAlone = LEFT_ALONE.has(reason) || group.members.length === 0;
  if (unreadable !== undefined || (wanted === undefined && !isLeftAlone)) {
    if (before === undefined || unreadable === undefined) return undefined;
    return {
      ...unread(before, now),
      ...stillLeft(before, here.refreshes.mode === (before.isProposed ? 'observe' : 'off'), here),
    };
  }
  const runs = runsNow(observation, memory, now);
  if (runs === undefined) return before && seen({ ...before, health: 'unreadable' }, before, now);
  return seen(
    {
      pair: CUSTOM,
      ...runs,
      ...(isLeftAlone && leftAlone(reason, here)),
      ...(isOnlyProposed(here, memory, proposal) && { isProposed: true as const, leftUnder: here.version }),
      // What overrides by name say is looked up in the policy: it may say something else by then.
      ...waveByTags(wave, key, anywhere),
    },
    before,
    now,
  );
}

/** How a group counts for others once a decision holds; undefined where it does not. */
export function memberAfter(
  observation: Observation,
  decision: Pick<Decision, 'reason' | 'memory' | 'proposal' | 'silent'>,
  policies: Policies & { readonly anywhere: Policy },
  now: number,
): Member | undefined {
  const { memory, reason, silent } = decision;
  const state = {
    ...memory,
    progress: progressAfter(observation, decision, policies, now),
    reason: silent ? observation.state.reason : reason,
  };
  return selfManagedMember(subjectOf(observation.key), state, policies.anywhere);
}

/**
 * Whether refreshes of a group are only proposed, so that it may never take an AMI. One that is approved, under way or
 * has failed is more than a proposal.
 */
const isOnlyProposed = (
  { refreshes }: Policy,
  { refresh, failures }: Decision['memory'],
  proposal: Decision['proposal'],
): boolean =>
  refreshes.mode === 'observe' &&
  refresh === undefined &&
  (failures === undefined || failures.count === failures.resumed) &&
  proposal?.ruling?.kind !== 'approved';

/** What the group runs. While it is refreshed that is the former AMI: the new one counts once every worker runs it. */
function runsNow(
  observation: Observation,
  { refresh, done }: Decision['memory'],
  now: number,
): Pick<Progress, 'runs' | 'ran' | 'images' | 'imagesSince' | 'health'> | undefined {
  const { wanted, present, behind, controlPlane } = observation;
  const before = observation.state.progress;
  const releaseVersion = refresh?.from.imageId ?? present?.imageId ?? before?.runs.releaseVersion;
  if (releaseVersion === undefined) return undefined;
  // Some workers run the new AMI while the group is refreshed. The former AMI still is the one that counts, so it must
  // not leave the order.
  const former = [present, behind].find((image) => image?.imageId === releaseVersion);
  const images =
    present !== undefined && former === undefined
      ? before?.images
      : wanted && imageOrder({ wanted, present: former, controlPlane }, now);
  const absent = done !== undefined && whyAbsent(observation.group, done, now) !== undefined;
  return runsAfter(before, releaseVersion, (health) => healthOf(observation, refresh, health, absent), images, now);
}

/**
 * @param before how it was with the same AMI; undefined: it did not run it
 * @param isAbsent none of the workers that the last refresh brought has joined the cluster
 */
function healthOf(
  { group, present, behind }: Pick<Observation, 'group' | 'present' | 'behind'>,
  refresh: Decision['memory']['refresh'],
  before: Progress['health'] | undefined,
  isAbsent: boolean,
): Progress['health'] {
  // What an operator has undone counts no more for others.
  if (refresh?.undoes === true || refresh?.rolledBackAt !== undefined) return 'mixed';
  // Workers are bound to differ while they are replaced.
  if (refresh !== undefined) return before ?? 'well';
  if (group.desired > 0 && !group.members.some(({ lifecycleState }) => lifecycleState === 'InService'))
    return 'unhealthy';
  if (isAbsent) return 'unhealthy';
  if (present === undefined) return before ?? 'unreadable';
  return behind === undefined ? 'well' : 'mixed';
}
