import { type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import type { RemediationRecord } from '../records/record.ts';
import { iso } from '../runtime/clock.ts';
import { counted } from '../text/counted.ts';
import { listed } from '../text/listed.ts';
import type { Trip } from './breaker.ts';

/** What is told of a group that a breaker keeps from starting. */
export interface HeldByBreaker {
  /** `breaker-tripped` where the group's own failure is among those that have tripped the breaker. */
  readonly reason: 'breaker-tripped' | 'held-by-breaker';
  readonly message: string;
  /** The breaker. One that trips again after it was lifted is another one. */
  readonly variant: string;
  readonly details: NonNullable<RemediationRecord['details']>;
}

/** What is told of a group that a tripped breaker keeps from starting; a pure function. */
export function heldBy(trip: Trip, key: NodeGroupKey): HeldByBreaker {
  const { breaker, liftedAt, failed } = trip;
  const variant = liftedAt === undefined ? breaker : `${breaker}, lifted at ${iso(liftedAt)}`;
  const about = { variant, details: { breaker: variant, failed: failed.map(({ subject }) => subject) } };
  return failed.some(({ subject }) => subject === subjectOf(key))
    ? {
        reason: 'breaker-tripped',
        message: `Nothing new starts: ${tripInWords(trip)}. What runs is followed.`,
        ...about,
      }
    : { reason: 'held-by-breaker', message: `It starts once the breaker is lifted: ${tripInWords(trip)}.`, ...about };
}

/** A trip in words, such as `3 node groups have failed in cluster shop (shop/web: PodEvictionFailure)`. */
const tripInWords = ({ breaker, failed, kind, limit }: Trip): string =>
  `${counted(failed.length, 'node group')} ${failed.length === 1 ? 'has' : 'have'} failed ${kind === 'release' ? `to move to ${breaker}` : `in ${breaker === 'fleet' ? 'the fleet' : breaker}`} (${listed(failed.map(({ subject, cause }) => `${subject}: ${cause}`))}), and upgrades.breaker.${kind} stops at ${limit}`;
