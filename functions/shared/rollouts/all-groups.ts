import type { Ledger } from '../ledger/ledger.ts';
import { keyOf, readAllNodeGroups } from '../ledger/node-group-ledger.ts';
import type { RefreshState } from '../ledger/refresh-ledger.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import type { Member, Rollouts } from './rollouts.ts';
import { CUSTOM, rememberedPlace } from './wave-place.ts';
import { rolloutsIn } from './waves.ts';

/** A self-managed group as the ledger, or a decision, remembers it; undefined where nobody waits for it. */
export function selfManagedMember(
  subject: string,
  { progress, refresh, failures, reason }: Pick<RefreshState, 'progress' | 'refresh' | 'failures' | 'reason'>,
  policy: RolloutPolicy,
): Member | undefined {
  if (progress === undefined) return undefined;
  const key = keyOf(subject);
  const hasFailed = failures !== undefined && failures.count > failures.resumed;
  return {
    key,
    wave: rememberedPlace(key, progress, policy),
    progress,
    reason,
    taking: refresh?.target,
    failed: hasFailed ? { releaseVersion: failures.target } : undefined,
  };
}

/**
 * The rollouts of AMIs of owners: of self-managed groups, and of the managed node groups that run such AMIs. A later
 * wave takes no AMI before two sweeps. So a managed group whose AMI nobody knows yet counts once its AMI is known.
 *
 * @throws where the ledger cannot be read, so that nothing starts
 */
export async function readOwnRollouts(
  ledger: Ledger,
  selfManaged: ReadonlyMap<string, RefreshState>,
  policy: RolloutPolicy,
): Promise<Rollouts> {
  const managed = [...(await readAllNodeGroups(ledger))].filter(([, { progress }]) => progress?.pair === CUSTOM);
  return rolloutsIn(new Map(managed), policy).with(
    [...selfManaged].map(([subject, state]) => [subject, selfManagedMember(subject, state, policy)]),
  );
}
