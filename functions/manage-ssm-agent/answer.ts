import type { RequestedAction } from '../../events/remediation-request.ts';
import {
  comesTo,
  grant,
  isBefore,
  type OperatorRequest,
  refuse,
  rule,
  type Wish,
} from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import type { WorkerState } from './worker-ledger.ts';

/**
 * Answers an operator's request; a pure function. It is granted where something comes of it, now or at its moment. It
 * only changes what is remembered: the next look acts.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { action } = request.event.detail;
  const wish = WISHES[action](state, request);
  if ('refusal' in wish) return remembering(state, request, refuse(request, wish.refusal));
  const then = decide({ ...observation, state: wish.state }, circumstances);
  return comesTo(action, then)
    ? remembering(wish.state, request, grant(request, then.message))
    : remembering(state, request, refuse(request, then.message));
}

const WISHES: Readonly<Record<RequestedAction, (state: WorkerState, request: OperatorRequest) => Wish<WorkerState>>> = {
  approve: rule,
  reject: rule,
  resume: () => ({ refusal: 'an agent is retried, not resumed.' }),
  retry: (state, { trigger }) => {
    const { failures, ...others } = state;
    if (state.remedy !== undefined) return { refusal: 'a remedy is under way.' };
    if (failures === undefined) return { refusal: 'nothing has failed.' };
    if (isBefore(trigger, failures.lastAt)) return { refusal: 'it has failed again since it was asked for.' };
    return { state: others };
  },
};

/** The answer as a decision that leaves all as it is, but for what the state says. */
function remembering(
  { remedy, failures, proposal }: WorkerState,
  { trigger }: OperatorRequest,
  words: ReturnType<typeof grant>,
): Decision {
  return {
    ...words,
    memory: { ...(remedy !== undefined && { remedy }), ...(failures !== undefined && { failures }) },
    ...(proposal !== undefined && { proposal }),
    answers: trigger.id,
  };
}
