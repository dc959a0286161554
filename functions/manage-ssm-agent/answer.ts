import type { RequestedAction } from '../../events/remediation-request.ts';
import {
  comesTo,
  grant,
  isBefore,
  type OperatorRequest,
  type RequestedChange,
  refuse,
  rule,
} from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import type { WorkerState } from './worker-ledger.ts';

/**
 * Answers an operator's request; a pure function. It is granted where something comes of it, now or at its moment. It
 * only changes what is remembered: the next reconcile acts.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { action } = request.event.detail;
  const requested = REQUESTED_CHANGES[action](state, request);
  if ('refusal' in requested) return remembering(state, request, refuse(request, requested.refusal));
  const then = decide({ ...observation, state: requested.state }, circumstances);
  return comesTo(action, then)
    ? remembering(requested.state, request, grant(request, then.message))
    : remembering(state, request, refuse(request, then.message));
}

const REQUESTED_CHANGES: Readonly<
  Record<RequestedAction, (state: WorkerState, request: OperatorRequest) => RequestedChange<WorkerState>>
> = {
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
