import type { Ledger } from '../ledger/ledger.ts';
import { NEVER_SEEN, NODE_CLASS_PK, type NodeClassState, readNodeClassStates } from '../ledger/node-class-ledger.ts';
import { keyOf } from '../ledger/node-group-key.ts';
import { type NodeGroupState, readAllNodeGroups } from '../ledger/node-group-ledger.ts';
import { type RefreshState, readRemembered } from '../ledger/refresh-ledger.ts';
import type { Progress } from '../ledger/rollout-memory.ts';
import { LEDGER_UNREADABLE } from '../ledger/unreadable-items.ts';
import { type InvalidPolicy, isInvalid } from '../policy/policy.ts';
import { failuresIn, type Remembered } from './breaker.ts';
import type { FleetFailures } from './fleet-failures.ts';
import { nodeClassMembers } from './node-classes.ts';
import { isLeftByFormer } from './progress.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import type { Member, Rollouts } from './rollouts.ts';
import { CUSTOM, rememberedPlace } from './wave-place.ts';
import { rolloutsIn } from './waves.ts';

/** What the ledger remembers of all groups, by `subjectOf`. Each function writes its own items, and all read them. */
export interface AllGroups {
  /** The items of `upgrade-node-groups`. */
  readonly managed: ReadonlyMap<string, NodeGroupState>;
  /** The items of `refresh-groups` that matter to other groups. */
  readonly selfManaged: ReadonlyMap<string, RefreshState>;
  /** The items of `steer-node-classes`; absent where Amazon's releases do not matter. */
  readonly nodeClasses?: ReadonlyMap<string, NodeClassState>;
}

/** Reads what is remembered of all groups: three queries, whatever the number of groups. */
export async function readAllGroups(ledger: Ledger): Promise<AllGroups> {
  const [managed, selfManaged, nodeClasses] = await Promise.all([
    readAllNodeGroups(ledger),
    readRemembered(ledger),
    readNodeClassStates(ledger),
  ]);
  return { managed, selfManaged, nodeClasses: withUnreadableClasses(ledger, nodeClasses) };
}

/** Adds the node classes that could not be read to those that were: later waves wait for them, too. */
export const withUnreadableClasses = (
  { unreadable }: Ledger,
  read: ReadonlyMap<string, NodeClassState>,
): ReadonlyMap<string, NodeClassState> =>
  new Map([
    ...read,
    ...(unreadable?.keysOf(NODE_CLASS_PK) ?? []).map((subject): [string, NodeClassState] => [
      subject,
      { ...NEVER_SEEN, reason: LEDGER_UNREADABLE },
    ]),
  ]);

/** A self-managed group as the ledger, or a decision, remembers it; undefined where nobody waits for it. */
export function selfManagedMember(
  subject: string,
  { progress, refresh, failures, reason }: Pick<RefreshState, 'progress' | 'refresh' | 'failures' | 'reason'>,
  policy: RolloutPolicy,
): Member | undefined {
  if (progress === undefined && reason !== LEDGER_UNREADABLE) return undefined;
  const key = keyOf(subject);
  const hasFailed = failures !== undefined && failures.count > failures.resumed;
  return {
    key,
    wave: rememberedPlace(key, progress, policy),
    progress,
    isLeftByFormer: isLeftByFormer(progress, policy),
    reason,
    taking: refresh?.target,
    failed: hasFailed ? { releaseVersion: failures.target } : undefined,
  };
}

const withSelfManaged = (
  rollouts: Rollouts,
  groups: ReadonlyMap<string, RefreshState>,
  policy: RolloutPolicy,
): Rollouts =>
  rollouts.with([...groups].map(([subject, state]) => [subject, selfManagedMember(subject, state, policy)]));

/**
 * The rollouts of AMIs of owners: of self-managed groups, and of the managed node groups that run such AMIs. A later
 * wave takes no AMI before two sweeps. So a managed group whose AMI nobody knows yet counts once its AMI is known.
 */
export function ownRollouts({ managed, selfManaged }: AllGroups, policy: RolloutPolicy): Rollouts {
  const own = [...managed].filter(
    ([, { progress, reason }]) => progress?.pair === CUSTOM || reason === LEDGER_UNREADABLE,
  );
  return withSelfManaged(rolloutsIn(new Map(own), policy), selfManaged, policy);
}

/**
 * The rollouts that managed node groups and node classes go by. Self-managed groups count where their refreshes are
 * begun, or may be under another version of the policy: whoever only proposes them may never take an AMI.
 */
export function managedRollouts(
  { managed, selfManaged, nodeClasses = new Map() }: AllGroups,
  policy: RolloutPolicy,
): Rollouts {
  const refreshed = [...selfManaged].filter(
    ([, { progress }]) => progress?.isProposed !== true || isLeftByFormer(progress, policy),
  );
  const classes = [...nodeClasses].flatMap(([subject, state]) => nodeClassMembers(subject, state, policy));
  return withSelfManaged(rolloutsIn(managed, policy).with(classes), new Map(refreshed), policy);
}

/** Who has failed in the fleet, by what is remembered of all groups. */
export function failuresOf({ managed, selfManaged }: AllGroups, policy: RolloutPolicy | InvalidPolicy): FleetFailures {
  const refreshed = [...selfManaged].map(([subject, state]) => [subject, failingBy(state)] as const);
  const states: ReadonlyMap<string, Remembered & { readonly progress?: Progress | undefined }> = new Map([
    ...managed,
    ...refreshed,
  ]);
  return failuresIn(states, (subject) =>
    isInvalid(policy) ? undefined : rememberedPlace(keyOf(subject), states.get(subject)?.progress, policy),
  );
}

/** What breakers go by in the state of a self-managed group. */
export const failingBy = ({
  setbacks = [],
  lifts,
  reason,
  progress,
}: Pick<RefreshState, 'setbacks' | 'lifts' | 'reason' | 'progress'>): Remembered & Pick<RefreshState, 'progress'> => ({
  setbacks,
  lifts,
  reason,
  progress,
});
