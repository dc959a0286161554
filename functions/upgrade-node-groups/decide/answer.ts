import type { RequestedAction } from '../../../events/remediation-request.ts';
import {
  type Answer,
  answerRequest,
  comesTo,
  isBefore,
  type OperatorRequest,
  type RequestedChange,
  rule,
} from '../../shared/intake/operator-request.ts';
import { failureCount, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { liftedBy, type Trip, tripsFor } from '../../shared/rollouts/breaker.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { triedRelease } from '../model/target-version.ts';
import type { Reason } from '../reasons.ts';
import { decide } from './decide.ts';

/** Answers an operator's request; a pure function. */
export function answer(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Decision {
  const present = decide(observation, circumstances);
  const isHaltedAlone = request.event.detail.action === 'resume' && present.reason === 'halted';
  const { words, state } = answerRequest(observation.state, request, {
    change: (wanted) => changeFor(observation, request, circumstances)(wanted, request),
    decide: (wanted) => decide({ ...observation, state: wanted }, circumstances),
    // A breaker may hold a resumed node group that is not halted any more. The request has had its effect even so.
    comes: (action, then) => comesTo(action, then) || (isHaltedAlone && HELD.has(then.reason)),
    objection: (action) => {
      const lifted = LIFTS[action];
      const holds =
        lifted === undefined ||
        lifted.includes(present.reason) ||
        (action === 'resume' && breakersOf(observation, present, circumstances).length > 0);
      return holds ? undefined : `it is not ${lifted[0]}.`;
    },
  });
  return remembering(state, request, words);
}

/** The consequences of a failure that each request lifts. */
const LIFTS: Partial<Record<RequestedAction, readonly Reason[]>> = {
  resume: ['halted', 'breaker-tripped', 'held-by-breaker'],
  retry: ['retry-later'],
};

/** The reasons of a node group that a breaker keeps from starting. */
const HELD: ReadonlySet<string> = new Set<Reason>(['breaker-tripped', 'held-by-breaker']);

type Change = (state: NodeGroupState, request: OperatorRequest) => RequestedChange<NodeGroupState>;

function changeFor(observation: Observation, request: OperatorRequest, circumstances: Circumstances): Change {
  switch (request.event.detail.action) {
    case 'approve':
    case 'reject':
      return rule;
    case 'retry':
      return afterFailures((failures) => ({ ...failures, waitLifted: true }));
    case 'resume':
      return resuming(observation, circumstances);
  }
}

/** Forgets the node group's own failures, and lifts the breakers that hold it for all whom they hold. */
function resuming(observation: Observation, circumstances: Circumstances): Change {
  const forgetting = afterFailures((failures) => ({ ...failures, forgotten: failures.count }), []);
  return (state, request) => {
    const trips = breakersOf(observation, decide(observation, circumstances), circumstances);
    if (trips.length === 0) return forgetting(state, request);
    const lifted = liftedBy(request, trips, state.lifts, circumstances.now);
    if ('refusal' in lifted) return lifted;
    const resumed: NodeGroupState = { ...state, ...lifted };
    const hasFailed = failureCount(state.failures) > 0;
    return hasFailed ? forgetting(resumed, request) : { state: resumed };
  };
}

/** The breakers that hold the node group, or that would hold its proposal once an operator approves it. */
function breakersOf(
  observation: Observation,
  { decision, reason, releaseVersion, kubernetesVersion }: Decision,
  circumstances: Circumstances,
): Trip[] {
  const { policy } = circumstancesOf(observation, circumstances);
  const isHeld = HELD.has(reason) || decision === 'would-act';
  const { key, state, view } = observation;
  if (!isHeld || releaseVersion === undefined || view.kind !== 'node-group' || isInvalid(policy)) return [];
  const tried = triedRelease(releaseVersion, view, kubernetesVersion);
  return tripsFor(circumstances.fleetFailures, { key, ...state, ...tried }, policy);
}

/** Changes a node group's failures. Where it has failed again since the request was made, the request is refused. */
function afterFailures(
  change: (failures: NonNullable<NodeGroupState['failures']>) => NonNullable<NodeGroupState['failures']>,
  setbacks?: NonNullable<NodeGroupState['setbacks']>,
): Change {
  return (state, { trigger }) => {
    const { failures } = state;
    if (state.upgrade !== undefined) return { refusal: 'an upgrade is under way.' };
    if (failures === undefined) return { refusal: 'nothing has failed.' };
    if (failureCount(failures) === 0) return { refusal: 'it was resumed already, and nothing has failed since.' };
    if (isBefore(trigger, failures.lastAt)) return { refusal: 'it has failed again since it was asked for.' };
    return { state: { ...state, failures: change(failures), ...(setbacks !== undefined && { setbacks }) } };
  };
}

/** A decision that leaves everything unchanged, except for what the answer changes in the state. */
function remembering(
  { upgrade, failures, formerFailures, setbacks, lifts, proposal, quarantineWait }: NodeGroupState,
  { trigger }: OperatorRequest,
  words: Answer,
): Decision {
  return {
    ...words,
    memory: {
      ...(upgrade !== undefined && { upgrade }),
      ...(failures !== undefined && { failures }),
      ...(formerFailures !== undefined && { formerFailures }),
      ...(setbacks !== undefined && { setbacks }),
      ...(quarantineWait !== undefined && { quarantineWait }),
    },
    ...(proposal !== undefined && { proposal }),
    ...(lifts !== undefined && { lifts }),
    answers: trigger.id,
  };
}
