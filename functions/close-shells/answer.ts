import { answerRequest, comesTo, type OperatorRequest, ruleOrUndo } from '../shared/intake/operator-request.ts';
import { type Circumstances, type Decision, decide, TARGET } from './decide.ts';
import { memoryOf } from './memory.ts';
import type { Observation } from './observe.ts';

/** Answers a request to approve or reject; a pure function. A rejection undoes what was done. */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { closing, closedAt = closing } = observation.state;
  const done = closedAt === undefined ? undefined : { target: TARGET, at: closedAt };
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => ruleOrUndo(known, request, done),
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    // The host may have to be checked first.
    comes: (action, then) =>
      comesTo(action, then) || (action === 'reject' && /^shells-being-(restored|looked-at)$/.test(then.reason)),
  });
  return { ...words, memory: memoryOf(observation.state), proposal: state.proposal, answers: request.trigger.id };
}
