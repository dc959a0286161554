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
import { failureCount, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Reason } from '../shared/records/reason.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * Answers an operator's request; a pure function. It is granted where something comes of it, now or at its moment.
 * It only changes what is remembered: the next look acts.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { action } = request.event.detail;
  const wish = WISHES[action](state, request);
  if ('refusal' in wish) return remembering(state, request, refuse(request, wish.refusal));
  const then = decide({ ...observation, state: wish.state }, circumstances);
  if (!comesTo(action, then)) return remembering(state, request, refuse(request, then.message));
  const lifted = LIFTS[action];
  if (lifted !== undefined && decide(observation, circumstances).reason !== lifted) {
    return remembering(state, request, refuse(request, `it is not ${lifted}.`));
  }
  return remembering(wish.state, request, grant(request, then.message));
}

/** What a failure has led to that is lifted. */
const LIFTS: Partial<Record<RequestedAction, Reason>> = { resume: 'halted', retry: 'retry-later' };

type Wishes = Readonly<
  Record<RequestedAction, (state: NodeGroupState, request: OperatorRequest) => Wish<NodeGroupState>>
>;

const WISHES: Wishes = {
  approve: rule,
  reject: rule,
  resume: afterFailures((failures) => ({ ...failures, forgotten: failures.count })),
  retry: afterFailures((failures) => ({ ...failures, waitLifted: true })),
};

/** A wish about what has failed before it was made. */
function afterFailures(
  change: (failures: NonNullable<NodeGroupState['failures']>) => NonNullable<NodeGroupState['failures']>,
): Wishes['resume'] {
  return (state, { trigger }) => {
    const { failures } = state;
    if (state.upgrade !== undefined) return { refusal: 'an upgrade is under way.' };
    if (failures === undefined) return { refusal: 'nothing has failed.' };
    if (failureCount(failures) === 0) return { refusal: 'it was resumed already, and nothing has failed since.' };
    if (isBefore(trigger, failures.lastAt)) return { refusal: 'it has failed again since it was asked for.' };
    return { state: { ...state, failures: change(failures) } };
  };
}

/** The answer as a decision that leaves all as it is, but for what the state says. */
function remembering(
  { upgrade, failures, proposal }: NodeGroupState,
  { trigger }: OperatorRequest,
  words: ReturnType<typeof grant>,
): Decision {
  return {
    ...words,
    memory: { ...(upgrade !== undefined && { upgrade }), ...(failures !== undefined && { failures }) },
    ...(proposal !== undefined && { proposal }),
    answers: trigger.id,
  };
}
