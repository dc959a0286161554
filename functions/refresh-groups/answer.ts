import {
  answerRequest,
  comesTo,
  type OperatorRequest,
  type RequestedChange,
  ruleOrUndo,
} from '../shared/intake/operator-request.ts';
import type { RefreshState } from '../shared/ledger/refresh-ledger.ts';
import { decide } from './decide.ts';
import { type Circumstances, type Decision, memoryOf, undoOf } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * Answers a request to approve, reject or resume; a pure function. Rejecting a refresh in progress rolls it back.
 * Rejecting a completed one begins another refresh to the former version.
 */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const { refresh, done } = observation.state;
  const last = refresh ?? done;
  // A refresh that only moved workers to the group's own version has no former version.
  const isUndoable = last?.undoes === undefined && last?.from.imageId !== last?.target;
  const undone = last === undefined || !isUndoable ? undefined : { target: undoOf(last), at: last.at };
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => {
      if (observation.group.source.kind === 'gone') return { refusal: UNKNOWN };
      const { action } = request.event.detail;
      if (action === 'resume') return resumed(known);
      // An approved proposal belongs to the refresh that is in progress, so a rejection is about that refresh.
      const isUsed = refresh !== undefined && undone !== undefined && known.proposal?.target !== undone.target;
      return ruleOrUndo(isUsed && action === 'reject' ? { ...known, proposal: undefined } : known, request, undone);
    },
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    comes: (action, then) => comesTo(action, then) || (action === 'reject' && then.reason === 'refresh-undoing'),
  });
  const { failures } = state;
  const memory = { ...memoryOf(observation.state), ...(failures && { failures }) };
  return { ...words, memory, proposal: state.proposal, answers: request.trigger.id };
}

const UNKNOWN = 'the cluster has no self-managed Auto Scaling group of this name that has workers.';

function resumed(state: RefreshState): RequestedChange<RefreshState> {
  const { failures } = state;
  if (failures === undefined || failures.count === failures.resumed) return { refusal: 'nothing is halted.' };
  return { state: { ...state, failures: { ...failures, resumed: failures.count } } };
}
