import { isProven } from '../../shared/fleet/owners.ts';
import { nextProposal } from '../../shared/ledger/proposal.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { foundInWords, foundQuarantine } from '../model/found-quarantine.ts';
import { circumstancesOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { isPresent } from '../model/worker-view.ts';
import { leftToAnother } from './another-stack.ts';
import { decideExposed } from './decide-exposed.ts';
import { decideQuarantined, isTooNew, notShown } from './decide-quarantined.ts';

/** How soon a worker is reconciled again while another reconcile acts on it, ms. */
const BUSY_FOR = 5_000;

/** Decides about one worker; a pure function of what was observed, the policy, the budget and the time. */
export function decide(observation: Observation, anywhere: Circumstances): Decision {
  const circumstances = circumstancesOf(observation, anywhere);
  const { state, view, request } = observation;
  const { now } = circumstances;
  if (isLeased(state, circumstances)) {
    return { ...say('waiting', 'quarantine-in-progress', ''), silent: true, lookAt: now + BUSY_FOR };
  }
  const left = request === undefined ? leftToAnother(observation, circumstances) : undefined;
  if (left !== undefined) return left;
  if (state.quarantine !== undefined) return decideQuarantined(observation, state.quarantine, circumstances);
  const found = foundQuarantine(observation, circumstances);
  if (found !== undefined && view !== undefined && isPresent(view)) {
    const told = aboutFound(observation, view, found, circumstances);
    if (told !== undefined) return told;
  }
  if (request !== undefined) {
    // A redelivery of the request that ended the quarantine: it has been granted and recorded.
    if (state.granted === request.trigger.id) return { ...say('done', 'released', ''), silent: true };
    const { action, requestedBy } = request.event.detail;
    const message = `${observation.instanceId} is not in quarantine: ${requestedBy} asked to ${action} it.`;
    const refused: Decision = {
      ...say('refused', 'request-refused', message, request.trigger.id),
      ...(state.proposal !== undefined && { proposal: state.proposal }),
      // The refusal does not say how the worker stands, which may be exposed: the following reconcile does.
      ...(view !== undefined && view.exposures.length > 0 && { answers: request.trigger.id }),
    };
    return keep(observation, refused);
  }
  // EC2 showed the instance to the reconcile that has just taken its slot.
  const isReserved = (circumstances.slots[observation.instanceId]?.expiresAt ?? 0) > now;
  if (view === undefined && (isReserved || isTooNew(state.since, circumstances))) return notShown(circumstances);
  if (view === undefined) return say('skipped', 'worker-not-running', 'The instance is gone.', 'gone');
  const decided = decideExposed(observation, view, circumstances);
  const proposal = nextProposal(state.proposal, { ...decided, target: decided.target }, now);
  return keep(observation, proposal === undefined ? decided : { ...decided, proposal });
}

/**
 * Decides about a worker whose quarantine the ledger has lost. If a security group of this stack holds the worker, it
 * is managed again; undefined where there is only a tag, and something else counts.
 */
function aboutFound(
  observation: Observation,
  view: WorkerView,
  found: Quarantine,
  circumstances: Circumstances,
): Decision | undefined {
  const { request } = observation;
  const isHeld = found.found === 'held';
  if (request !== undefined && (isHeld || request.event.detail.action === 'release')) {
    return decideQuarantined(observation, found, circumstances);
  }
  const told = say('refused', 'quarantine-found', foundInWords(found, view), iso(found.startedAt));
  if (isHeld) return { ...told, quarantine: found, lookAt: circumstances.now + 1_000 };
  // A person who may set tags must neither keep an exposed worker from isolation nor cause a record about a decoy.
  const isWorker = observation.owner !== undefined && isProven(observation.owner);
  return request === undefined && isWorker && view.exposures.length === 0 ? keep(observation, told) : undefined;
}

/** Whether another reconcile acts on the worker right now. */
export const isLeased = ({ lease }: Observation['state'], { now, caller }: Circumstances): boolean =>
  lease !== undefined && lease.until > now && lease.holder !== caller;

/** An exposure that an operator has accepted stays accepted until an operator releases the worker anew. */
const keep = ({ state }: Observation, decision: Decision): Decision =>
  state.accepted === undefined || decision.quarantine !== undefined
    ? decision
    : { ...decision, accepted: state.accepted };
