import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Trip, tripInWords } from './breaker.ts';
import type { Decision } from './decision.ts';
import type { Moment } from './moment.ts';

/**
 * A node group whose own failure is among those that have tripped a breaker: it says so at once, whatever else it waits for. So
 * there is word of it as soon as it has tripped.
 */
export function trippedBySelf({ tripped, key, isProposal, wait }: Moment): Decision | undefined {
  // A proposal changes nothing: it is made, and stands to be approved, while a breaker is tripped, too.
  if (tripped === undefined || isProposal) return undefined;
  if (!tripped.failed.some(({ subject }) => subject === subjectOf(key))) return undefined;
  const held = wait('breaker-tripped', `Nothing new starts: ${tripInWords(tripped)}. What runs is followed.`);
  return { ...held, decision: 'refused', ...about(tripped) };
}

/** A node group that could start, and has not failed itself. */
export function heldByBreaker({ tripped, isProposal, wait }: Moment): Decision | undefined {
  if (tripped === undefined || isProposal) return undefined;
  const message = `It starts once the breaker is lifted: ${tripInWords(tripped)}.`;
  return { ...wait('held-by-breaker', message), decision: 'refused', ...about(tripped) };
}

/** A breaker that trips again after it was lifted is another one. */
const about = ({ breaker, liftedAt, failed }: Trip): Pick<Decision, 'variant' | 'details'> => {
  const name = liftedAt === undefined ? breaker : `${breaker}, lifted at ${iso(liftedAt)}`;
  return { variant: name, details: { breaker: name, failed: failed.map(({ subject }) => subject) } };
};
