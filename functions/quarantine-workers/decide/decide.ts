import { isProven } from '../../shared/fleet/owners.ts';
import { inWords, nextProposal, type Ruling, rulingOn } from '../../shared/ledger/proposal.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { describeExposures, targetOf } from '../exposure/exposure-words.ts';
import { type Circumstances, type Decision, originOf, say } from '../model/decision.ts';
import { foundInWords, foundQuarantine } from '../model/found-quarantine.ts';
import { circumstancesOf, guardOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { AcceptedExposure, Quarantine } from '../model/quarantine-ledger.ts';
import type { Policy } from '../policy.ts';
import { decideQuarantined, isTooNew, notShown } from './decide-quarantined.ts';

/** How soon a worker is reconciled again while another reconcile acts on it, ms. */
const BUSY_FOR = 5_000;

/** How soon a worker is reconciled again whose security groups EC2 does not show, ms. */
const UNREAD_FOR = 60_000;

/** Decides about one worker; a pure function of what was observed, the policy, the budget and the time. */
export function decide(observation: Observation, anywhere: Circumstances): Decision {
  const circumstances = circumstancesOf(observation, anywhere);
  const { state, view, request } = observation;
  const { now } = circumstances;
  if (isLeased(state, circumstances)) {
    return { ...say('waiting', 'quarantine-in-progress', ''), silent: true, lookAt: now + BUSY_FOR };
  }
  if (state.quarantine !== undefined && request === undefined && view !== undefined) {
    // Both stacks began at once. The first by name goes on, and the other leaves the worker to it as it is.
    const isFirst = view.heldBy.every((stack) => stack >= circumstances.stackName);
    const held = isFirst || ENDING.has(state.quarantine.phase) ? undefined : heldByAnother(view, circumstances);
    if (held !== undefined) return held;
  }
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
  const decided = aboutExposure(observation, view, circumstances);
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

const OF_AUTO_MODE = 'EKS Auto Mode: AWS looks after this node; nobody else may change it.';

function aboutExposure(observation: Observation, view: WorkerView, circumstances: Circumstances): Decision {
  const { policy, publicGroups } = circumstances;
  const { state, instanceId } = observation;
  const isAutoMode = view.ownership === 'auto-mode';
  if (isAutoMode && view.exposures.length === 0 && view.doubts === undefined)
    return say('skipped', 'auto-mode', OF_AUTO_MODE);
  if (!isPresent(view)) {
    return say('skipped', 'worker-not-running', `The instance is ${view.instanceState}.`, view.instanceState);
  }
  const exposures = isInvalid(policy) ? view.exposures : countedExposures(view.exposures, policy);
  const doubt = exposures.length === 0 ? doubtAbout(view, circumstances) : undefined;
  if (doubt !== undefined) {
    const left = guardOf(observation, view, circumstances);
    if (left === undefined) return doubt;
    // That it is left alone makes it no worker that the Internet cannot reach. It is recorded after other words only.
    const silent = state.outcomes === 0 ? ({ silent: true } as const) : {};
    if (doubt.reason === 'routes-unread') return { ...left, message: `${doubt.message} ${left.message}`, ...silent };
  }
  if (exposures.length === 0) {
    // A shielded worker is as it should be. It is recorded only where something else was recorded before.
    const shields = view.exposures.length > 0 ? [] : view.shields;
    const silent = state.outcomes === 0 && shields.length === 0;
    const why = shields.length === 0 ? '' : ` although it has a public address: ${shields.join('; ')}`;
    return {
      ...say('done', 'not-exposed', `The Internet cannot reach the worker${why}.`, shields.join(' ')),
      ...(silent && { silent }),
    };
  }
  const found = `Exposed: ${describeExposures(exposures).join('; ')}.`;
  const guard = guardOf(observation, view, circumstances);
  if (guard !== undefined) return { ...guard, message: `${found} ${guard.message}` };
  if (isInvalid(policy)) throw new Error('A guard holds where the policy is invalid.');
  const held = heldByAnother(view, circumstances);
  if (held !== undefined) return { ...held, message: `${found} ${held.message}` };
  // The record about the cluster names all such nodes (`workers-stay-exposed`), since they come and go.
  if (isAutoMode) return say('skipped', 'auto-mode-exposed', `${found} ${OF_AUTO_MODE}`, targetOf(exposures));
  // EC2 user guide, "Amazon EC2 managed instances".
  if (view.operatedBy !== undefined) {
    const message = `${found} ${view.operatedBy} operates the instance: EC2 lets nobody else change it.`;
    return say('refused', 'instance-operated', message, view.operatedBy);
  }
  if (view.router === true)
    return say(
      'refused',
      'router',
      `${found} It forwards traffic of other hosts: its source/destination check is off.`,
    );
  if (exposures.every((exposure) => isAccepted(exposure, state.accepted ?? []))) {
    return say(
      'skipped',
      'accepted-exposure',
      `${found} An operator released the worker with it.`,
      targetOf(exposures),
    );
  }
  if (view.nodegroup !== undefined && publicGroups.has(`${view.cluster}/${view.nodegroup}`)) {
    const group = `${view.cluster}/${view.nodegroup}`;
    const told = `${found} The configuration of its group exposes it: the record about ${group} says what to change.`;
    const decided = say('skipped', 'public-by-design', told, targetOf(exposures));
    // The group's record names this worker. A record of its own only follows an earlier record about something else.
    return state.outcomes === 0 ? { ...decided, silent: true } : decided;
  }
  const target = targetOf(exposures);
  const ruling = rulingOn(state.proposal, target);
  if (ruling?.kind === 'rejected') {
    const rejected = `${found} Its quarantine was rejected by ${inWords(ruling)}`;
    return { ...say('skipped', 'proposal-rejected', rejected, `${target} ${ruling.id}`), target };
  }
  const { mode, respond } = policy.quarantine;
  if (mode === 'observe' && ruling === undefined) {
    return { ...say('would-act', 'would-quarantine', `${found} Would ${respond} it.`, target), target };
  }
  const limit = fullLimit(instanceId, view, policy, circumstances.slots);
  if (limit !== undefined) return { ...say('waiting', 'quarantine-budget', `${found} ${limit}`, limit), target };
  const approved = mode === 'observe' ? ruling : undefined;
  const by = approved === undefined ? '' : ` Approved by ${inWords(approved)}`;
  const begun = begin(
    observation,
    view,
    exposures,
    policy,
    circumstances,
    `${found} It is to be ${DEEDS[respond]}.${by}`,
  );
  return approved === undefined ? begun : withApproval(begun, approved);
}

/** What nobody can tell about a worker of which no exposure is known; undefined where all is known. */
function doubtAbout(view: WorkerView, { policy, now }: Circumstances): Decision | undefined {
  const unread = view.exposures.filter((each) => each.unread !== undefined);
  // A group that was just made may not be shown yet. That it opens nothing is as little known as that it opens a port.
  if (unread.length > 0) {
    const message = `Nobody can tell whether a port is open to the world: ${describeExposures(unread).join('; ')}.`;
    const groups = [...new Set(unread.flatMap((each) => each.unread ?? []))].sort().join(' ');
    return { ...say('waiting', 'rules-unread', message, groups), lookAt: now + UNREAD_FOR };
  }
  const { doubts = [] } = view;
  const counted = isInvalid(policy) ? doubts : countedExposures(doubts, policy);
  if (counted.length === 0) return undefined;
  // The record about the group names all such workers (`workers-stay-exposed`): in a VPC with IPv6 it may be each.
  const message = `Nobody can tell whether the Internet reaches it: ${describeExposures(counted).join('; ')}.`;
  return say('waiting', 'routes-unread', message, targetOf(counted));
}

const withApproval = (begun: Decision, { id, requestedBy, why }: Ruling): Decision => ({
  ...begun,
  ...(begun.quarantine && { quarantine: { ...begun.quarantine, approved: { id, requestedBy, why } } }),
});

/**
 * Reports that another stack of this product has the worker in quarantine; undefined where none has. Two stacks that
 * isolate one worker would swap its security groups again and again, and restore each other's groups.
 */
function heldByAnother({ heldBy }: WorkerView, { stackName }: Pick<Circumstances, 'stackName'>): Decision | undefined {
  const other = heldBy.find((stack) => stack !== stackName);
  return other === undefined
    ? undefined
    : say('refused', 'another-stack', `Stack ${other} of this product has it in quarantine.`, other);
}

const ENDING: ReadonlySet<Quarantine['phase']> = new Set(['releasing', 'terminating']);

const DEEDS = { isolate: 'isolated', strip: 'stripped of its public addresses' } as const;

function begin(
  { trigger }: Observation,
  view: WorkerView,
  exposures: readonly Exposure[],
  { quarantine: { respond, expireAfter } }: Policy,
  { now }: Circumstances,
  message: string,
): Decision {
  const quarantine: Quarantine = {
    kind: respond,
    phase: 'isolating',
    cluster: view.cluster,
    ...(view.nodegroup !== undefined && { nodegroup: view.nodegroup }),
    vpcId: view.vpcId,
    exposures: describeExposures(exposures),
    startedAt: now,
    expiresAt: now + expireAfter,
    by: originOf(trigger),
    // What a release gives back is read and saved right before the first change.
    saved: { interfaces: [], targets: [] },
    notes: {},
  };
  return {
    ...say('acted', 'quarantine-started', message, String(now)),
    details: { exposures: quarantine.exposures, respond, expiresAt: iso(quarantine.expiresAt) },
    act: { kind: 'isolate' },
    quarantine,
  };
}

export const isPresent = ({ instanceState }: WorkerView): boolean =>
  instanceState === 'pending' || instanceState === 'running';

/** The exposures that count by the policy. */
export const countedExposures = (exposures: readonly Exposure[], { quarantine }: Policy): Exposure[] =>
  exposures.filter(({ openPorts }) => quarantine.exposure === 'address' || openPorts.length > 0);

/** An exposure is accepted if it has the kind and the interface of an accepted one, and opens no further port. */
const isAccepted = ({ interfaceId, kind, openPorts }: Exposure, accepted: readonly AcceptedExposure[]): boolean =>
  accepted.some(
    (each) =>
      each.interfaceId === interfaceId &&
      each.kind === kind &&
      openPorts.every((port) => each.openPorts.includes(port)),
  );

/** The limit of the budget that is reached, in words; undefined where there is room or the worker has its slot. */
function fullLimit(
  instanceId: string,
  { cluster, nodegroup }: WorkerView,
  { quarantine: { concurrency } }: Policy,
  slots: Circumstances['slots'],
): string | undefined {
  if (instanceId in slots) return undefined;
  const taken = Object.values(slots);
  const ofCluster = taken.filter((slot) => slot.cluster === cluster);
  const ofGroup = ofCluster.filter((slot) => slot.nodegroup === nodegroup);
  const { perAccount, perCluster, perGroup } = concurrency;
  if (taken.length >= perAccount) return `The limit of the account (${perAccount}) is reached.`;
  if (ofCluster.length >= perCluster) return `The limit of cluster ${cluster} (${perCluster}) is reached.`;
  // Only the cluster's limit bounds workers that belong to no group.
  if (nodegroup !== undefined && ofGroup.length >= perGroup)
    return `The limit of group ${nodegroup} (${perGroup}) is reached.`;
  return undefined;
}
