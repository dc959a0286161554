import { isUrgent, type Need, nameOf } from '../ledger/finding-ledger.ts';
import type { Mode } from '../policy/mode.ts';
import { type InvalidPolicy, isInvalid } from '../policy/policy.ts';

/** The part of a policy that says whether findings hasten anything. */
interface FindingsPolicy {
  readonly findings: { readonly mode: Mode };
}

/**
 * Whether the findings of a group are urgent at `now` (epoch milliseconds), if the policy lets findings hasten anything.
 */
export const isHastened = <Policy extends FindingsPolicy & object>(
  need: Need | undefined,
  policy: Policy | InvalidPolicy,
  now: number,
): boolean => isUrgent(need, now) && !isInvalid(policy) && policy.findings.mode === 'enforce';

/** The findings that a move is for, as the end of a message; empty where there are none, or the policy lets them start nothing. */
export const causeOf = (need: Need | undefined, { findings }: FindingsPolicy): string =>
  need === undefined || findings.mode !== 'enforce' ? '' : `, for ${nameOf(need)}`;

/** What a move has to wait for, in milliseconds. */
export interface Bakes {
  readonly bakeAge: number;
  readonly bakeBetween: number;
}

/** The bake times once urgent findings have shortened them: never longer than before. A pure function. */
export const shortened = ({ bakeAge, bakeBetween }: Bakes, urgent: Pick<Bakes, 'bakeAge'>): Bakes => ({
  bakeAge: Math.min(bakeAge, urgent.bakeAge),
  bakeBetween: Math.min(bakeBetween, urgent.bakeAge),
});
