import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation, WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Quarantine } from './quarantine-ledger.ts';

/** What keeps a worker from being acted upon. */
export type GuardResult = Pick<Decision, 'decision' | 'reason' | 'message' | 'variant'>;

/**
 * Which guard says that this worker is left alone; a pure function. Undefined: none does, and the policy is a good one.
 * Mode `observe` is none: what would be done is for the decision to say.
 */
export function guardOf(
  { owner }: Pick<Observation, 'owner'>,
  { cluster, tags }: Pick<WorkerView, 'cluster' | 'tags'>,
  { policy, account }: Pick<Circumstances, 'policy' | 'account'>,
): GuardResult | undefined {
  if (isInvalid(policy)) return guardResult('refused', 'policy-invalid', policy.error, policy.error);
  if (policy.killSwitch) return guardResult('skipped', 'kill-switch', 'The kill switch is on.');
  if (policy.quarantine.mode === 'off') return guardResult('skipped', 'mode-off', 'Mode is off for quarantine.');
  if (!isInScope(policy.scope, account, cluster)) {
    return guardResult('skipped', 'out-of-scope', `The scope leaves out ${cluster}.`);
  }
  if (owner?.notAWorker !== undefined) return guardResult('skipped', 'unknown-cluster', owner.notAWorker);
  if (isOptedOut(tags)) return guardResult('skipped', 'opted-out', 'The instance opted out by its tag.');
  if (isOptedOut(owner?.tags ?? {})) {
    return guardResult('skipped', 'opted-out', 'Its cluster or node group opted out by its tag.');
  }
  // Whether they opted out, nobody knows: doubt means no.
  const unreadable = owner?.unreadable;
  return unreadable === undefined ? undefined : guardResult('refused', 'unreadable', unreadable, unreadable);
}

/** Whether the policy lets a quarantine go on: in mode enforce, and in mode observe where an operator approved it. */
export const goesOn = ({ approved }: Pick<Quarantine, 'approved'>, policy: Circumstances['policy']): policy is Policy =>
  !isInvalid(policy) &&
  !policy.killSwitch &&
  (policy.quarantine.mode === 'enforce' || (policy.quarantine.mode === 'observe' && approved !== undefined));

const guardResult = (
  decision: GuardResult['decision'],
  reason: GuardResult['reason'],
  message: string,
  variant = '',
): GuardResult => ({ decision, reason, message, variant });
