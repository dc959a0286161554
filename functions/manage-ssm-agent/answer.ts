import type { RequestedAction } from '../../events/remediation-request.ts';
import {
  type Answer,
  answerRequest,
  isBefore,
  type OperatorRequest,
  type RequestedChange,
  rule,
} from '../shared/intake/operator-request.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import type { WorkerState } from './worker-ledger.ts';

/** Answers an operator's request; a pure function. */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { words, state } = answerRequest(observation.state, request, {
    change: REQUESTED_CHANGES[request.event.detail.action],
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
  });
  return remembering(state, request, words);
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

/** A decision that leaves everything unchanged, except for what the answer changes in the state. */
function remembering(
  { remedy, failures, proposal }: WorkerState,
  { trigger }: OperatorRequest,
  words: Answer,
): Decision {
  return {
    ...words,
    memory: { ...(remedy !== undefined && { remedy }), ...(failures !== undefined && { failures }) },
    ...(proposal !== undefined && { proposal }),
    answers: trigger.id,
  };
}
