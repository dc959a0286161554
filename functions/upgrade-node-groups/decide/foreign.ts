import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, FOREIGN_EVERY, type Memory, RECONCILE_EVERY, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { mayTake } from '../model/time-needed.ts';

/** Waits for an update that is not known to be ours, and reports an update that takes too long. */
export function updatedBySomebody({ state }: Observation, view: NodeGroupView, idle: Memory, now: number): Decision {
  // An upgrade that was requested but cannot be found yet keeps its slot, because it may be the one that is running.
  if (state.upgrade !== undefined) {
    const memory = { ...idle, upgrade: state.upgrade };
    const message = 'The node group is being updated. Whether this is the requested upgrade is not known yet.';
    return { ...say('waiting', 'update-in-progress', message, memory, 'ours'), wakeAt: now + RECONCILE_EVERY };
  }
  const foreign = view.foreign ?? state.foreign ?? { since: now };
  const { updateId, since } = foreign;
  const memory = { ...idle, foreign };
  const longest = mayTake(view);
  const named = updateId === undefined ? 'an update' : `the update ${updateId}`;
  const told = now - since > longest;
  const message = told
    ? `Somebody else's update has run since ${iso(since)}, longer than such a node group needs: ${named}. No upgrade starts before it ends.`
    : `Somebody else has been updating the node group since ${iso(since)}: ${named}.`;
  return {
    ...say(told ? 'refused' : 'waiting', told ? 'update-stuck' : 'update-in-progress', message, memory, updateId ?? ''),
    // Until the update counts as stuck, the next reconcile comes one second after that moment at the latest.
    wakeAt: told ? now + FOREIGN_EVERY : Math.min(now + FOREIGN_EVERY, since + longest + 1000),
    ...(updateId !== undefined && { details: { updateId } }),
  };
}
