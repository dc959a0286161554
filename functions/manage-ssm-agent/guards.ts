import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';

/** What keeps a worker from being acted upon. */
export type GuardResult = Pick<Decision, 'decision' | 'reason' | 'message' | 'variant'>;

/** A guard speaks against acting; or none does, and the policy is a good one. */
export type Verdict = { readonly guardResult: GuardResult } | { readonly policy: Policy };

/**
 * Whether a worker is to be left alone; a pure function that stands before every remedy. Mode `observe` is no guard: what
 * would be done is for the decision to say. Without `owner`, what can be told without asking EKS.
 */
export function guardOf(
  { cluster, tags, owner }: Pick<WorkerView, 'cluster' | 'tags' | 'owner'>,
  { policy, account }: Pick<Circumstances, 'policy' | 'account'>,
): Verdict {
  if (isOptedOut(tags)) return hindered('skipped', 'opted-out', 'The instance opted out by its tag.');
  if (isInvalid(policy)) return hindered('refused', 'policy-invalid', policy.error, policy.error);
  if (policy.killSwitch) return hindered('skipped', 'kill-switch', 'The kill switch is on.');
  if (policy.ssmAgent.mode === 'off') return hindered('skipped', 'mode-off', 'Mode is off for the SSM agent.');
  if (!isInScope(policy.scope, account, cluster)) {
    return hindered('skipped', 'out-of-scope', `The scope leaves out ${cluster}.`);
  }
  if (owner?.notAWorker !== undefined) return hindered('skipped', 'unknown-cluster', owner.notAWorker);
  if (isOptedOut(owner?.tags ?? {})) {
    return hindered('skipped', 'opted-out', 'Its cluster or node group opted out by its tag.');
  }
  // Whether they opted out, nobody knows: doubt means no.
  const unreadable = owner?.unreadable;
  return unreadable === undefined ? { policy } : hindered('failed', 'unreadable', unreadable, unreadable);
}

const hindered = (
  decision: GuardResult['decision'],
  reason: GuardResult['reason'],
  message: string,
  variant = '',
): Verdict => ({ guardResult: { decision, reason, message, variant } });
