import { answerRequest, comesTo, type OperatorRequest, ruleOrUndo } from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision, Observation } from './decision.ts';

/**
 * Answers a request to approve or reject a pin; a pure function. Rejecting one that was made gives back the former
 * terms.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { made, behind } = observation.state;
  const done = made === undefined ? undefined : { target: made.alias, at: made.at };
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => {
      if (observation.view.kind !== 'class') return { refusal: 'this EC2NodeClass cannot be seen.' };
      return ruleOrUndo(known, request, done);
    },
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    comes: (action, then) => comesTo(action, then) || (action === 'reject' && then.reason === 'pin-undone'),
  });
  return { ...words, made, behind, proposal: state.proposal, answers: request.trigger.id };
}
