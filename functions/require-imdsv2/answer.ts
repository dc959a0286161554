import { answerRequest, comesTo, type OperatorRequest, ruleOrUndo } from '../shared/intake/operator-request.ts';
import { type Circumstances, type Decision, decide, TARGET } from './decide.ts';
import type { Observation } from './observe.ts';

/** Answers a request to approve or reject; a pure function. Rejecting a completed change undoes it. */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { changedAt } = observation.state;
  const done = changedAt === undefined ? undefined : { target: TARGET, at: changedAt };
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => ruleOrUndo(known, request, done),
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    // A change that EC2 does not show yet is undone as soon as it does.
    comes: (action, then) =>
      comesTo(action, then) ||
      (action === 'reject' && (then.reason === 'imdsv2-undone' || then.reason === 'imdsv2-being-required')),
  });
  return { ...words, changedAt, proposal: state.proposal, answers: request.trigger.id };
}
