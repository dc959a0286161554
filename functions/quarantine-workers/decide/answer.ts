import { answerRequest, type OperatorRequest, rule } from '../../shared/intake/operator-request.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { decide } from './decide.ts';

/**
 * Answers a request to approve or reject a proposed quarantine; a pure function. A request is granted where it has an
 * effect, now or when a slot is free. Granting only changes the saved state: the next reconcile acts.
 */
export function answer(
  { request: _, ...observation }: Observation,
  request: OperatorRequest,
  circumstances: Circumstances,
): Decision {
  const { accepted } = observation.state;
  const { words, state } = answerRequest(observation.state, request, {
    change: rule,
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
  });
  const { proposal } = state;
  return {
    ...words,
    ...(accepted !== undefined && { accepted }),
    ...(proposal !== undefined && { proposal }),
    answers: request.trigger.id,
  };
}
