import { minorOf } from '../../shared/fleet/kubernetes-version.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { neverPublished } from '../../shared/releases/end-of-life.ts';
import { compareReleases } from '../../shared/releases/release-version.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { followingMode, type NextVersion } from '../model/control-plane.ts';
import { type Circumstances, type Decision, FOREIGN_EVERY, idleMemory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { paceOf } from '../model/pace.ts';
import { proposedTarget } from '../model/target-version.ts';
import { untilReadable } from '../model/until-readable.ts';
import { approvalOf } from '../moment/approval.ts';
import { chooseMoment } from '../moment/choose-moment.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { chooseByWave } from '../release/wave-entry.ts';

/** The decision about a node group whose control plane runs a newer Kubernetes version. */
export interface Following {
  readonly decision: Decision;
  /** Whether the node group moves, or is about to, so that releases of its present version are passed over. */
  readonly goesFirst: boolean;
  /** Whether the policy only has the next version proposed, while there is no proposal yet and nothing has failed. */
  readonly isQuiet: boolean;
}

/** The reasons of a node group that has no release of its own version to move to. */
export const NOTHING_NEWER: ReadonlySet<Reason> = new Set<Reason>([
  'up-to-date',
  'newer-than-recommended',
  'end-of-life',
  'runs-withdrawn-release',
  'no-release-for-version',
  'release-withdrawn',
]);

/**
 * The reasons that can keep the next version away for long, but no release of the present one. The reason
 * `preflight-blocked` is not among them, because what a look before the start finds blocks releases of both versions.
 */
const LONG: ReadonlySet<Reason> = new Set<Reason>([
  'halted',
  'breaker-tripped',
  'held-by-breaker',
  'proposal-rejected',
  'insights-gate-closed',
  'insights-unreadable',
  'earlier-wave',
  'wave-stopped',
]);

/** The reasons that a failed attempt leads to. */
const FAILED: ReadonlySet<Reason> = new Set<Reason>(['halted', 'retry-later']);

/** The reasons that pass at a known time. */
const PAUSES: ReadonlySet<Reason> = new Set<Reason>(['baking', 'retry-later']);

/**
 * How long releases of the present version wait for what may pass by itself, ms. A node group that moves twice in a day
 * has its pods moved twice.
 */
const PATIENCE = 86_400_000;

/** Whether what keeps the next version away lasts so long that releases of the present version do not wait for it. */
function isForLong({ reason, memory: { obstacle }, wakeAt = 0 }: Decision, now: number): boolean {
  if (LONG.has(reason)) return true;
  if (PAUSES.has(reason)) return wakeAt - now > PATIENCE;
  return obstacle !== undefined && now - obstacle.since >= PATIENCE;
}

/**
 * Whether a node group may be moved to the version of its control plane, and not only be proposed to. An approval of
 * the proposal has the node group moved once.
 */
export const follows = ({ state }: Pick<Observation, 'state'>, policy: Policy): boolean =>
  followingMode(policy) === 'enforce' || state.proposal?.ruling?.kind === 'approved';

/**
 * Decides whether a node group follows its control plane to the next Kubernetes version. EKS rolls no control plane
 * back behind its nodes, so the node group follows only once `followAfter` is over. No node group follows while the
 * version or the certificate authority is being changed, nor after a rollback until the control plane is upgraded
 * again. Windows, gates, waves and limits hold as for any upgrade.
 *
 * @returns undefined where the control plane is no newer, or nobody lets the node group follow
 */
export function followControlPlane(
  observation: Observation,
  view: NodeGroupView,
  circumstances: Circumstances,
): Following | undefined {
  const { policy } = circumstances;
  const { next } = view;
  if (next === undefined || isInvalid(policy) || followingMode(policy) === 'off') return undefined;
  const upgrades = { ...policy.upgrades, mode: followingMode(policy) };
  const held = heldBack(observation, view, next, policy, circumstances.now) ?? noRelease(observation, view, next);
  if (held !== undefined) return { decision: held, goesFirst: false, isQuiet: upgrades.mode === 'observe' };
  const decision = moveTo(next, observation, view, { ...circumstances, policy: { ...policy, upgrades } });
  const target = proposedTarget(decision.releaseVersion ?? '', next.version);
  const { isProposal } = approvalOf(observation.state.proposal, target, upgrades, circumstances.now);
  return {
    decision,
    goesFirst: !isProposal && !isForLong(decision, circumstances.now),
    isQuiet:
      upgrades.mode === 'observe' && isProposal && decision.decision !== 'would-act' && !FAILED.has(decision.reason),
  };
}

/** Decides where something keeps the node group from following yet, whatever releases there are. */
function heldBack(
  { state, key }: Observation,
  view: NodeGroupView,
  { version, controlPlane }: NextVersion,
  { upgrades }: Policy,
  now: number,
): Decision | undefined {
  const idle = idleMemory(state);
  if (controlPlane.kind === 'unreadable') {
    const what = `control plane unreadable ${controlPlane.code}`;
    const message = `What was done to the control plane of ${key.cluster} cannot be read: ${controlPlane.error}. The node group does not follow it to Kubernetes ${version} before it can.`;
    return untilReadable({ what, message, variant: what }, controlPlane, state, idle, now);
  }
  const { changing, isRolledBack, since } = controlPlane;
  if (changing !== undefined) {
    const message = `The control plane is being changed (${changing.type} ${changing.updateId}). No node group follows it before that has ended.`;
    return {
      ...say('waiting', 'control-plane-changing', message, idle, changing.updateId),
      wakeAt: now + FOREIGN_EVERY,
    };
  }
  if (isRolledBack) {
    const message = `The control plane was rolled back to Kubernetes ${view.cluster.version} at ${iso(since)}. No node group moves to ${version} before it is upgraded again.`;
    return say('skipped', 'control-plane-rolled-back', message, idle, `${version} ${since}`);
  }
  const followsAt = since + upgrades.controlPlane.followAfter;
  if (followsAt <= now) return undefined;
  const message = `The control plane runs Kubernetes ${view.cluster.version} since ${iso(since)}. The node group follows it to ${version} from ${iso(followsAt)} on.`;
  return { ...say('waiting', 'control-plane-settling', message, idle, `${version} ${since}`), wakeAt: followsAt };
}

/** Decides where there is no release of the next version to move to. */
function noRelease(
  { state }: Observation,
  view: NodeGroupView,
  { version, target }: NextVersion,
): Decision | undefined {
  const idle = idleMemory(state);
  if (target.kind === 'none') {
    if (
      target.reason === 'no-release-for-version' &&
      neverPublished({ kubernetesVersion: version, amiType: view.amiType })
    ) {
      const message = `It runs ${view.releaseVersion}, and does not follow to Kubernetes ${version}. ${target.message}`;
      return say('refused', 'end-of-life', message, idle, view.version);
    }
    const decision = target.reason === 'release-not-yet-seen' ? 'waiting' : 'skipped';
    return say(
      decision,
      target.reason,
      `The node group does not follow to Kubernetes ${version}. ${target.message}`,
      idle,
      version,
    );
  }
  if (newerIn(view, target).length > 0) return undefined;
  const message = `The node group does not follow to Kubernetes ${version} yet. The newest release for it, ${target.releaseVersion}, is older than ${view.releaseVersion}, or cannot be compared with it.`;
  return say('waiting', 'next-release-older', message, idle, `${version} ${target.releaseVersion}`);
}

/**
 * The releases of the next version that are no step back. Bottlerocket names its releases the same for every version.
 */
const newerIn = (
  { amiType, releaseVersion }: NodeGroupView,
  target: Extract<NextVersion['target'], { kind: 'release' }>,
) => target.offered.filter((each) => (compareReleases(amiType, each.releaseVersion, releaseVersion) ?? -1) >= 0);

/** Decides about the move itself, as about any upgrade. */
function moveTo(
  next: NextVersion,
  observation: Observation,
  present: NodeGroupView,
  circumstances: Circumstances,
): Decision {
  const { policy, now } = circumstances;
  const { key, need, state } = observation;
  if (isInvalid(policy) || next.target.kind === 'none') throw new Error('It is held back where there is no release.');
  const { version, target } = next;
  // What is on offer for the present version stays known, so that no failure is forgotten.
  const view: NodeGroupView = {
    ...present,
    version,
    movesFrom: present.version,
    target,
    next: { ...next, target: present.target },
  };
  const newer = newerIn(present, target);
  const { bakeAge } = paceOf(need, policy, now);
  const baked = newer.filter(({ firstSeenAt }) => firstSeenAt + bakeAge <= now);
  const [first] = newer.toSorted((a, b) => a.firstSeenAt - b.firstSeenAt);
  const release = chooseByWave(baked, { key, need, state, view }, circumstances) ?? first;
  if (release === undefined) throw new Error('It is held back where there is no release.');
  const { releaseVersion } = release;
  const decided = chooseMoment(observation, view, release, circumstances);
  const { upgrade } = decided.memory;
  const from =
    minorOf(present.cluster.version) === minorOf(version)
      ? 'its control plane'
      : `its control plane, which runs ${present.cluster.version},`;
  return {
    ...decided,
    message: `${decided.message} It follows ${from} from Kubernetes ${present.version} to ${version}.`,
    releaseVersion,
    kubernetesVersion: version,
    details: {
      from: present.releaseVersion,
      to: releaseVersion,
      fromKubernetes: present.version,
      toKubernetes: version,
      ...decided.details,
    },
    memory: {
      ...decided.memory,
      ...(decided.start !== undefined &&
        upgrade !== undefined && { upgrade: { ...upgrade, kubernetesVersion: version } }),
    },
  };
}
