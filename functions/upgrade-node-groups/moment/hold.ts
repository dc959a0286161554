import { heldBy } from '../../shared/rollouts/held-by-breaker.ts';
import type { Decision } from '../model/decision.ts';
import type { Moment } from './moment.ts';
import { tellingUrgentLast } from './urgent-wait.ts';

/**
 * Decides where a node group's own failure is among those that have tripped a breaker. The node group says so at once,
 * whatever else it waits for, so the record comes as soon as the breaker has tripped.
 */
export function trippedBySelf(moment: Moment): Decision | undefined {
  const held = heldByBreaker(moment);
  return held?.reason === 'breaker-tripped' ? held : undefined;
}

/** Decides where a node group could start, and is held by a tripped breaker. */
export function heldByBreaker({ tripped, key, isProposal, wait, pace }: Moment): Decision | undefined {
  // A proposal changes nothing, so operators may get and approve one while a breaker is tripped.
  if (tripped === undefined || isProposal) return undefined;
  const { reason, message, variant, details } = heldBy(tripped, key);
  return tellingUrgentLast({ ...wait(reason, message), decision: 'refused', variant, details }, pace);
}
