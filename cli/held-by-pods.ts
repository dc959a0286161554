import { isInvalid } from '../functions/shared/policy/policy.ts';
import { circumstancesOf } from '../functions/upgrade-node-groups/model/circumstances.ts';
import type { Circumstances } from '../functions/upgrade-node-groups/model/decision.ts';
import type { Observation } from '../functions/upgrade-node-groups/model/observation.ts';
import { LOOKS, type Obstruction } from '../functions/upgrade-node-groups/model/preflight.ts';

/** All that the plan knows of pods, which it cannot read. */
export const HELD_BY_PODS: Obstruction = {
  kind: 'eviction',
  why: 'the last look of upgrade-node-groups saw pods that hold it, which explain names',
  which: 'pods',
};

/** Whether the last look before the start kept a node group from starting, where that look reads pods. */
export function wasHeldByPods({ key, view, state }: Observation, anywhere: Circumstances): boolean {
  const { policy } = circumstancesOf({ key, view }, anywhere);
  return state.reason === 'preflight-blocked' && !isInvalid(policy) && LOOKS.pods(policy.upgrades);
}
