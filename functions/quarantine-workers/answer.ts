import { comesTo, grant, type OperatorRequest, refuse, rule } from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * Answers a request to approve or reject a quarantine that was proposed; a pure function. It is granted where something
 * comes of it, now or when there is room. It only changes what is remembered: the next reconcile acts.
 */
export function answer(
  { request: _, ...observation }: Observation,
  request: OperatorRequest,
  circumstances: Circumstances,
): Decision {
  const { state } = observation;
  const answers = request.trigger.id;
  const kept = {
    ...(state.accepted !== undefined && { accepted: state.accepted }),
    ...(state.proposal !== undefined && { proposal: state.proposal }),
  };
  const requested = rule(state, request);
  if ('refusal' in requested) return { ...refuse(request, requested.refusal), ...kept, answers };
  const then = decide({ ...observation, state: requested.state }, circumstances);
  const { action } = request.event.detail;
  if (!comesTo(action, then)) return { ...refuse(request, then.message), ...kept, answers };
  const { proposal } = requested.state;
  return { ...grant(request, then.message), ...kept, ...(proposal !== undefined && { proposal }), answers };
}
