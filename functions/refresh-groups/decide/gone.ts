import type { Told } from '../../shared/records/decision.ts';
import { type Decision, memoryOf, SHOWN_WITHIN, say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Reason } from '../reasons.ts';

/**
 * Forgets a group that Auto Scaling does not show, once that has lasted for a while; a pure function. One read may miss
 * a group that exists, and then nobody would follow its refresh or wait for it.
 *
 * @param told what is said once the group is forgotten
 */
export function whenGone({ state }: Pick<Observation, 'state'>, told: Told<Reason>, now: number): Decision {
  const memory = memoryOf(state);
  const goneSince = state.goneSince ?? now;
  const forgottenAt = goneSince + SHOWN_WITHIN;
  if (now < forgottenAt) {
    const waiting = say('waiting', 'group-gone', 'Auto Scaling does not show the group.');
    return { ...waiting, memory: { ...memory, goneSince }, silent: true, wakeAt: forgottenAt };
  }
  const { failures, lifts } = memory;
  return { ...told, memory: { ...(failures && { failures }), ...(lifts && { lifts }) } };
}
