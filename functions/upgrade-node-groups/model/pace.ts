import type { Need } from '../../shared/ledger/finding-ledger.ts';
import { causeOf, isHastened, shortened } from '../../shared/rollouts/hastened.ts';
import type { Policy } from '../policy.ts';

/**
 * What an upgrade has to wait for. Urgent findings shorten the bake times. They override windows only where the policy
 * says so.
 */
export function paceOf(need: Need | undefined, policy: Policy, now: number) {
  const { bakeAge, bakeBetween, windows, urgent } = policy.upgrades;
  /** The end of a message. */
  const cause = causeOf(need, policy);
  if (!isHastened(need, policy, now)) return { bakeAge, bakeBetween, windows, isHastened: false, cause };
  return {
    ...shortened({ bakeAge, bakeBetween }, urgent),
    windows: urgent.ignoreWindows ? [] : windows,
    isHastened: true,
    cause,
  };
}
