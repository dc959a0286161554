import { guardOfSelfManaged, type Verdict } from '../../shared/policy/guards.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/** Applies the guards of a group, whatever is due; a pure function. */
export const guardOfGroup = (observation: Observation, circumstances: Circumstances): Verdict<Policy> =>
  guardOfSelfManaged(observation, circumstances, {
    modeIn: ({ refreshes }) => refreshes.mode,
    about: 'instance refreshes',
  });
