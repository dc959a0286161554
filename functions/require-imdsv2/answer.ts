import { comesTo, grant, type OperatorRequest, refuse, rule } from '../shared/intake/operator-request.ts';
import { type Circumstances, type Decision, decide, TARGET } from './decide.ts';
import type { Observation } from './observe.ts';

/**
 * Answers a request to approve or reject; a pure function. A rejection of what was done has it undone. It only changes what
 * is remembered: the next reconcile acts.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { action } = request.event.detail;
  const done = state.changedAt === undefined ? undefined : { target: TARGET, at: state.changedAt };
  const asked = { ...state, proposal: state.proposal ?? (action === 'reject' ? done : undefined) };
  const remembered = { changedAt: state.changedAt, proposal: state.proposal, answers: request.trigger.id };
  const requested = rule(asked, request);
  if ('refusal' in requested) return { ...refuse(request, requested.refusal), ...remembered };
  const then = decide({ ...observation, state: requested.state }, circumstances);
  const undoes = action === 'reject' && then.reason === 'imdsv2-undone';
  return comesTo(action, then) || undoes
    ? { ...grant(request, then.message), ...remembered, proposal: requested.state.proposal }
    : { ...refuse(request, then.message), ...remembered };
}
