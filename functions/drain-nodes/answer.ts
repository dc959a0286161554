import { answerRequest, comesTo, type OperatorRequest, ruleOrUndo } from '../shared/intake/operator-request.ts';
import { decideHook, TARGET } from './decide-hook.ts';
import type { Circumstances, HookDecision } from './decision.ts';
import type { GroupObservation } from './observation.ts';

/**
 * Answers a request to approve or reject the hook of a group; a pure function. Rejecting one that was made removes it.
 */
export function answer(
  observation: GroupObservation,
  request: OperatorRequest,
  circumstances: Circumstances,
): HookDecision {
  const { made } = observation.state;
  const done = made === undefined ? undefined : { target: TARGET, at: made.at };
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => ruleOrUndo(known, request, done),
    decide: (wanted) => decideHook({ ...observation, state: wanted }, circumstances),
    comes: (action, then) => {
      // A hook that is not shown yet is removed by the next look that shows it.
      const isUndo = action === 'reject' && ['hook-removed', 'hook-in-use', 'hook-made'].includes(then.reason);
      return isUndo || comesTo(action, then);
    },
  });
  return { ...words, made, proposal: state.proposal, answers: request.trigger.id };
}
