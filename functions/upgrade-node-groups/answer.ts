import type { RequestedAction } from '../../events/remediation-request.ts';
import {
  type Answer,
  answerRequest,
  isBefore,
  type OperatorRequest,
  type RequestedChange,
  rule,
} from '../shared/intake/operator-request.ts';
import { failureCount, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import type { Reason } from './reasons.ts';

/** Answers an operator's request; a pure function. */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { words, state } = answerRequest(observation.state, request, {
    change: REQUESTED_CHANGES[request.event.detail.action],
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    objection: (action) => {
      const lifted = LIFTS[action];
      const holds = lifted === undefined || decide(observation, circumstances).reason === lifted;
      return holds ? undefined : `it is not ${lifted}.`;
    },
  });
  return remembering(state, request, words);
}

/** The consequences of a failure that each request lifts. */
const LIFTS: Partial<Record<RequestedAction, Reason>> = { resume: 'halted', retry: 'retry-later' };

type RequestedChanges = Readonly<
  Record<RequestedAction, (state: NodeGroupState, request: OperatorRequest) => RequestedChange<NodeGroupState>>
>;

const REQUESTED_CHANGES: RequestedChanges = {
  approve: rule,
  reject: rule,
  resume: afterFailures((failures) => ({ ...failures, forgotten: failures.count })),
  retry: afterFailures((failures) => ({ ...failures, waitLifted: true })),
};

/** Changes what has failed before the request was made. */
function afterFailures(
  change: (failures: NonNullable<NodeGroupState['failures']>) => NonNullable<NodeGroupState['failures']>,
): RequestedChanges['resume'] {
  return (state, { trigger }) => {
    const { failures } = state;
    if (state.upgrade !== undefined) return { refusal: 'an upgrade is under way.' };
    if (failures === undefined) return { refusal: 'nothing has failed.' };
    if (failureCount(failures) === 0) return { refusal: 'it was resumed already, and nothing has failed since.' };
    if (isBefore(trigger, failures.lastAt)) return { refusal: 'it has failed again since it was asked for.' };
    return { state: { ...state, failures: change(failures) } };
  };
}

/** A decision that leaves everything unchanged, except for what the answer changes in the state. */
function remembering(
  { upgrade, failures, formerFailures, proposal, quarantineWait }: NodeGroupState,
  { trigger }: OperatorRequest,
  words: Answer,
): Decision {
  return {
    ...words,
    memory: {
      ...(upgrade !== undefined && { upgrade }),
      ...(failures !== undefined && { failures }),
      ...(formerFailures !== undefined && { formerFailures }),
      ...(quarantineWait !== undefined && { quarantineWait }),
    },
    ...(proposal !== undefined && { proposal }),
    answers: trigger.id,
  };
}
