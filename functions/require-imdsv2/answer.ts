import { answerRequest, comesTo, type OperatorRequest, ruleOrUndo } from '../shared/intake/operator-request.ts';
import { type Circumstances, type Decision, decide, TARGET } from './decide.ts';
import type { Observation } from './observe.ts';

/** Answers a request to approve or reject; a pure function. Rejecting a completed change undoes it. */
export function answer(found: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  // What became of a change that EC2 was about to be asked for is told by the next look.
  const { asked, ...known } = found.state;
  const observation = { ...found, state: known };
  const { changedAt } = known;
  const done = changedAt === undefined ? undefined : { target: TARGET, at: changedAt };
  const { words, state } = answerRequest(observation.state, request, {
    change: (ruled) => ruleOrUndo(ruled, request, done),
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    // A change that EC2 does not show yet is undone as soon as it does.
    comes: (action, then) =>
      comesTo(action, then) ||
      (action === 'reject' && (then.reason === 'imdsv2-undone' || then.reason === 'imdsv2-being-required')),
  });
  return { ...words, changedAt, asked, proposal: state.proposal, answers: request.trigger.id };
}
