import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Trip, tripInWords } from './breaker.ts';
import type { Decision } from './decision.ts';
import type { Moment } from './moment.ts';

/**
 * Decides where a node group's own failure is among those that have tripped a breaker. The node group says so at once,
 * whatever else it waits for, so the record comes as soon as the breaker has tripped.
 */
export function trippedBySelf({ tripped, key, isProposal, wait }: Moment): Decision | undefined {
  // A proposal changes nothing, so operators may get and approve one while a breaker is tripped.
  if (tripped === undefined || isProposal) return undefined;
  if (!tripped.failed.some(({ subject }) => subject === subjectOf(key))) return undefined;
  const held = wait('breaker-tripped', `Nothing new starts: ${tripInWords(tripped)}. What runs is followed.`);
  return { ...held, decision: 'refused', ...about(tripped) };
}

/** Decides where a node group could start, has not failed itself, and is held by a tripped breaker. */
export function heldByBreaker({ tripped, isProposal, wait }: Moment): Decision | undefined {
  if (tripped === undefined || isProposal) return undefined;
  const message = `It starts once the breaker is lifted: ${tripInWords(tripped)}.`;
  return { ...wait('held-by-breaker', message), decision: 'refused', ...about(tripped) };
}

/** The breaker as a record names it. A breaker that trips again after it was lifted is another one. */
const about = ({ breaker, liftedAt, failed }: Trip): Pick<Decision, 'variant' | 'details'> => {
  const name = liftedAt === undefined ? breaker : `${breaker}, lifted at ${iso(liftedAt)}`;
  return { variant: name, details: { breaker: name, failed: failed.map(({ subject }) => subject) } };
};
