import { iso } from '../shared/runtime/clock.ts';
import { type DrainDecision, say } from './decision.ts';
import type { DrainState } from './drain-ledger.ts';
import type { NoAccess } from './observation.ts';

/** How long a cluster may only be troubled while one of its nodes is drained, ms. */
const DOUBT_FOR = 15 * 60_000;

/** Whether the cluster of a node may only be troubled now: nobody has refused anything, and it has not lasted. */
export const isInDoubt = ({ doubtSince }: DrainState, { mayPass }: Pick<NoAccess, 'mayPass'>, now: number): boolean =>
  mayPass && (doubtSince === undefined || now < doubtSince + DOUBT_FOR);

/**
 * What is told of a node that its cluster does not let be drained, or given back, now; a pure function. One failed call
 * is doubt. It is a failure where the cluster has refused, or where the doubt has lasted.
 */
export function obstructed(state: DrainState, { why, mayPass }: NoAccess, now: number): DrainDecision {
  const { startedAt, doubtSince = now } = state;
  const since = iso(startedAt);
  if (isInDoubt(state, { mayPass }, now)) {
    const message = `${why} The node waits on. From ${iso(doubtSince + DOUBT_FOR)} on it counts as not drained.`;
    return { ...say('waiting', 'drain-in-doubt', message, since), doubtSince, memory: {} };
  }
  return { ...say('failed', 'drain-obstructed', why, since), ...(mayPass && { doubtSince }), memory: {} };
}
