import { inWords, type Ruling, rulingOn } from '../../shared/ledger/proposal.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { describeExposures, targetOf } from '../exposure/exposure-words.ts';
import { isAccepted } from '../model/accepted.ts';
import { type Circumstances, type Decision, originOf, say } from '../model/decision.ts';
import { guardOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import { type Quarantine, SLOT_RESERVED_FOR } from '../model/quarantine-ledger.ts';
import { isPresent } from '../model/worker-view.ts';
import type { Policy } from '../policy.ts';
import { heldByAnother } from './another-stack.ts';
import { notShown } from './decide-quarantined.ts';

/** How soon a worker is reconciled again whose security groups EC2 does not show, ms. */
const UNREAD_FOR = 60_000;
/** How long EC2 may not show a security group that is only new, ms. After that it is hidden, which nobody waits out. */
const NEW_FOR = 5 * 60_000;

/** How long EC2 may show an earlier state of a worker, ms: half a minute is observed. */
const SHOWN_WITHIN = 60_000;

const OF_AUTO_MODE = 'EKS Auto Mode: AWS looks after this node; nobody else may change it.';

/** Decides about a worker that is in no quarantine, by what the Internet reaches of it; a pure function. */
export function decideExposed(observation: Observation, view: WorkerView, circumstances: Circumstances): Decision {
  const { policy } = circumstances;
  if (view.ownership === 'auto-mode' && view.exposures.length === 0 && view.doubts === undefined)
    return say('skipped', 'auto-mode', OF_AUTO_MODE);
  if (!isPresent(view)) {
    return say('skipped', 'worker-not-running', `The instance is ${view.instanceState}.`, view.instanceState);
  }
  const exposures = isInvalid(policy) ? view.exposures : countedExposures(view.exposures, policy);
  if (exposures.length === 0) return notExposed(observation, view, circumstances);
  const found = `Exposed: ${describeExposures(exposures).join('; ')}.`;
  const guard = guardOf(observation, view, circumstances);
  if (guard !== undefined) return { ...guard, message: `${found} ${guard.message}` };
  if (isInvalid(policy)) throw new Error('A guard holds where the policy is invalid.');
  const left = leftOpen(observation, view, exposures, circumstances);
  if (left !== undefined) return { ...left, message: `${found} ${left.message}` };
  const decided = quarantineOf(observation, view, exposures, { ...circumstances, policy });
  return { ...decided, message: `${found} ${decided.message}` };
}

/** Decides about a worker of which no exposure is known that counts. */
function notExposed(observation: Observation, view: WorkerView, circumstances: Circumstances): Decision {
  const { state } = observation;
  const doubt = doubtAbout(view, state, circumstances);
  if (doubt !== undefined) {
    const left = guardOf(observation, view, circumstances);
    if (left === undefined) return doubt;
    // That it is left alone makes it no worker that the Internet cannot reach. It is recorded after other words only.
    const silent = state.outcomes === 0 ? ({ silent: true } as const) : {};
    const unread = doubt.reason === 'routes-unread' ? {} : ({ unread: true } as const);
    return { ...left, message: `${doubt.message} ${left.message}`, ...silent, ...unread };
  }
  // A shielded worker is as it should be. It is recorded only where something else was recorded before.
  const shields = view.exposures.length > 0 ? [] : view.shields;
  const silent = state.outcomes === 0 && shields.length === 0;
  // A reconcile that has just taken its slot saw the exposure, and has closed nothing yet: this may be an older state.
  if (shields.length === 0 && hasNewSlot(observation, circumstances)) return notShown(circumstances);
  const why = shields.length === 0 ? '' : ` although it has a public address: ${shields.join('; ')}`;
  return {
    ...say('done', 'not-exposed', `The Internet cannot reach the worker${why}.`, shields.join(' ')),
    ...(silent && { silent }),
  };
}

/** Whether a reconcile has just taken the worker's slot, so that EC2 may still show the state before its exposure. */
const hasNewSlot = ({ instanceId }: Observation, { slots, now }: Circumstances): boolean =>
  (slots[instanceId]?.expiresAt ?? 0) > now + SLOT_RESERVED_FOR - SHOWN_WITHIN;

/** Why an exposed worker is left as it is, whatever the mode; undefined where nothing keeps it from its quarantine. */
function leftOpen(
  { state }: Observation,
  view: WorkerView,
  exposures: readonly Exposure[],
  circumstances: Circumstances,
): Decision | undefined {
  const held = heldByAnother({ state, view }, circumstances);
  if (held !== undefined) return held;
  const target = targetOf(exposures);
  // The record about the cluster names all such nodes (`workers-stay-exposed`), since they come and go.
  if (view.ownership === 'auto-mode') return say('skipped', 'auto-mode-exposed', OF_AUTO_MODE, target);
  // EC2 user guide, "Amazon EC2 managed instances".
  if (view.operatedBy !== undefined) {
    const message = `${view.operatedBy} operates the instance: EC2 lets nobody else change it.`;
    return say('refused', 'instance-operated', message, view.operatedBy);
  }
  if (view.router === true)
    return say('refused', 'router', 'It forwards traffic of other hosts: its source/destination check is off.');
  if (exposures.every((exposure) => isAccepted(exposure, state.accepted ?? []))) {
    return say('skipped', 'accepted-exposure', 'An operator released the worker with it.', target);
  }
  const group = `${view.cluster}/${view.nodegroup}`;
  if (view.nodegroup === undefined || !circumstances.publicGroups.has(group)) return undefined;
  const message = `The configuration of its group exposes it: the record about ${group} says what to change.`;
  const decided = say('skipped', 'public-by-design', message, target);
  // The group's record names this worker. A record of its own only follows an earlier record about something else.
  return state.outcomes === 0 ? { ...decided, silent: true } : decided;
}

/** Puts an exposed worker into quarantine, or proposes that, or waits for room in the blast budget. */
function quarantineOf(
  observation: Observation,
  view: WorkerView,
  exposures: readonly Exposure[],
  circumstances: Circumstances & { readonly policy: Policy },
): Decision {
  const { policy, slots } = circumstances;
  const target = targetOf(exposures);
  const ruling = rulingOn(observation.state.proposal, target);
  if (ruling?.kind === 'rejected') {
    const rejected = `Its quarantine was rejected by ${inWords(ruling)}`;
    return { ...say('skipped', 'proposal-rejected', rejected, `${target} ${ruling.id}`), target };
  }
  const { mode, respond } = policy.quarantine;
  if (mode === 'observe' && ruling === undefined) {
    return { ...say('would-act', 'would-quarantine', `Would ${respond} it.`, target), target };
  }
  const limit = fullLimit(observation.instanceId, view, policy, slots);
  if (limit !== undefined) return { ...say('waiting', 'quarantine-budget', limit, limit), target };
  const approved = mode === 'observe' ? ruling : undefined;
  const by = approved === undefined ? '' : ` Approved by ${inWords(approved)}`;
  const begun = begin(observation, view, exposures, policy, circumstances, `It is to be ${DEEDS[respond]}.${by}`);
  return approved === undefined ? begun : withApproval(begun, approved);
}

/** What nobody can tell about a worker of which no exposure is known; undefined where all is known. */
function doubtAbout(
  view: WorkerView,
  { reason, since }: Observation['state'],
  { policy, now }: Circumstances,
): Decision | undefined {
  const unread = view.exposures.filter((each) => each.unread !== undefined);
  // A group that was just made may not be shown yet. That it opens nothing is as little known as that it opens a port.
  if (unread.length > 0) {
    const message = `Nobody can tell whether a port is open to the world: ${describeExposures(unread).join('; ')}.`;
    const groups = [...new Set(unread.flatMap((each) => each.unread ?? []))].sort().join(' ');
    const isHidden = reason === 'rules-hidden' || (reason === 'rules-unread' && now - (since ?? now) >= NEW_FOR);
    // The record about the group names all such workers (`workers-stay-exposed`). Sweeps look at them again.
    if (isHidden) return say('waiting', 'rules-hidden', message, groups);
    return { ...say('waiting', 'rules-unread', message, groups), unread: true, lookAt: now + UNREAD_FOR };
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

/** The exposures that count by the policy. */
export const countedExposures = (exposures: readonly Exposure[], { quarantine }: Policy): Exposure[] =>
  exposures.filter(({ openPorts }) => quarantine.exposure === 'address' || openPorts.length > 0);

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
