import { isUrgent, type Need, nameOf } from '../../shared/ledger/finding-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import type { Policy } from '../policy.ts';

/**
 * Whether the findings of a node group are urgent at `now` (epoch milliseconds), if the policy lets findings hasten
 * anything.
 */
export const isHastened = (need: Need | undefined, policy: Policy | InvalidPolicy, now: number): boolean =>
  isUrgent(need, now) && !isInvalid(policy) && policy.findings.mode === 'enforce';

/**
 * What an upgrade has to wait for. Urgent findings shorten the bake times. They override windows only where the policy
 * says so.
 */
export function paceOf(need: Need | undefined, policy: Policy, now: number) {
  const { bakeAge, bakeBetween, windows, urgent } = policy.upgrades;
  const normal = { bakeAge, bakeBetween, windows, isHastened: false };
  if (need === undefined || policy.findings.mode !== 'enforce') return { ...normal, cause: '' };
  /** The end of a message. */
  const cause = `, for ${nameOf(need)}`;
  if (!isHastened(need, policy, now)) return { ...normal, cause };
  return {
    bakeAge: Math.min(bakeAge, urgent.bakeAge),
    bakeBetween: Math.min(bakeBetween, urgent.bakeAge),
    windows: urgent.ignoreWindows ? [] : windows,
    isHastened: true,
    cause,
  };
}
