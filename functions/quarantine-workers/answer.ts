import { comesTo, grant, type OperatorRequest, refuse, rule } from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * Answers a request to approve or reject a quarantine that was proposed; a pure function. It is granted where something
 * comes of it, now or when there is room. It only changes what is remembered: the next look acts.
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
  const wish = rule(state, request);
  if ('refusal' in wish) return { ...refuse(request, wish.refusal), ...kept, answers };
  const then = decide({ ...observation, state: wish.state }, circumstances);
  const { action } = request.event.detail;
  if (!comesTo(action, then)) return { ...refuse(request, then.message), ...kept, answers };
  const { proposal } = wish.state;
  return { ...grant(request, then.message), ...kept, ...(proposal !== undefined && { proposal }), answers };
}
