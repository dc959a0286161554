import {
  answerRequest,
  comesTo,
  type OperatorRequest,
  type RequestedChange,
  ruleOrUndo,
} from '../../shared/intake/operator-request.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { liftedBy, type Trip } from '../../shared/rollouts/breaker.ts';
import { type Circumstances, type Decision, memoryOf, undoOf } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { isHeld, tripsAt } from '../move/breaker.ts';
import { decide } from './decide.ts';

/**
 * Answers a request to approve, reject or resume; a pure function. Rejecting a refresh in progress rolls it back.
 * Rejecting a completed one begins another refresh to the former version.
 */
export function answer(asked: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  // What became of a pin is told by the next look.
  const { pinning, ...known } = asked.state;
  const observation = { ...asked, state: known };
  const { refresh, done } = known;
  const last = refresh ?? done;
  // A refresh that only moved workers to the group's own version has no former version.
  const isUndoable = last?.undoes === undefined && last?.from.imageId !== last?.target;
  const undone = last === undefined || !isUndoable ? undefined : { target: undoOf(last), at: last.at };
  const present = decide(observation, circumstances);
  const trips = tripsHolding(observation, present, circumstances);
  const { words, state } = answerRequest(observation.state, request, {
    change: (known) => {
      if (observation.group.source.kind === 'gone') return { refusal: UNKNOWN };
      const { action } = request.event.detail;
      if (action === 'resume') return resumed(known, request, trips, circumstances.now);
      // An approved proposal belongs to the refresh that is in progress, so a rejection is about that refresh.
      const isUsed = refresh !== undefined && undone !== undefined && known.proposal?.target !== undone.target;
      return ruleOrUndo(isUsed && action === 'reject' ? { ...known, proposal: undefined } : known, request, undone);
    },
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    comes: (action, then) =>
      comesTo(action, then) ||
      (action === 'reject' && then.reason === 'refresh-undoing') ||
      // A breaker may hold a resumed group that is not halted any more. The request has had its effect even so.
      (action === 'resume' && present.reason === 'refresh-halted' && isHeld(then)),
  });
  return {
    ...words,
    memory: { ...memoryOf(state), ...(pinning && { pinning }) },
    proposal: state.proposal,
    answers: request.trigger.id,
  };
}

const UNKNOWN = 'the cluster has no self-managed Auto Scaling group of this name that has workers.';

/** The breakers that hold the group, or that would hold its proposal once an operator approves it. */
function tripsHolding(observation: Observation, present: Decision, circumstances: Circumstances): Trip[] {
  const { policy } = circumstances;
  const { target } = present;
  return isInvalid(policy) || target === undefined || !isHeld(present)
    ? []
    : tripsAt(observation, target, policy, circumstances);
}

/** Forgives the group's own failures, and lifts the breakers that hold it for all whom they hold. */
function resumed(
  { setbacks: _, ...state }: RefreshState,
  request: OperatorRequest,
  trips: readonly Trip[],
  now: number,
): RequestedChange<RefreshState> {
  const { failures } = state;
  const hasFailed = failures !== undefined && failures.count > failures.resumed;
  if (trips.length === 0 && !hasFailed) return { refusal: 'nothing is halted.' };
  const lifted = trips.length === 0 ? { lifts: state.lifts } : liftedBy(request, trips, state.lifts, now);
  if ('refusal' in lifted) return lifted;
  return {
    state: { ...state, ...lifted, ...(hasFailed && { failures: { ...failures, resumed: failures.count } }) },
  };
}
