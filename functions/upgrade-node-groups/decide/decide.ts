import { nextProposal } from '../../shared/ledger/proposal.ts';
import { guardOf } from '../../shared/policy/guards.ts';
import type { Mode } from '../../shared/policy/mode.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import type { SeenRelease } from '../../shared/releases/release-ledger.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import { type Circumstances, type Decision, idleMemory, type Memory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation, UnreadableView } from '../model/observation.ts';
import { proposedTarget, withoutKeyPairTarget } from '../model/target-version.ts';
import { untilReadable } from '../model/until-readable.ts';
import { approvalOf } from '../moment/approval.ts';
import { chooseMoment } from '../moment/choose-moment.ts';
import { isTroubled, mayBeUpgraded, unhealthy } from '../moment/heal.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { type ChosenImage, chooseImage } from '../release/choose-image.ts';
import { chooseRelease, nextBaked } from '../release/choose-release.ts';
import { type SkewFault, skewFault } from '../release/version-skew.ts';
import { tellingAge } from './ageing.ts';
import { followUpgrade } from './follow.ts';
import { followControlPlane, follows, NOTHING_NEWER } from './follow-control-plane.ts';
import { updatedBySomebody } from './foreign.ts';
import { clusterNotActive, nodeGroupEnded, nodeGroupNotActive } from './not-active.ts';
import { momentOfImage } from './propose-template.ts';
import { orReplaceNodes, tellingLate } from './replace-nodes.ts';
import { refusedAsReleaseSetBack } from './set-back.ts';
import { standsForLater, tellingEnd } from './standing-approval.ts';

/** The mode in force; undefined where the policy cannot be read. */
export const modeOf = (policy: Policy | InvalidPolicy): Mode | undefined =>
  isInvalid(policy) ? undefined : policy.upgrades.mode;

/**
 * Decides about one subject: a pure function of what was observed, the policy and the time. An upgrade under way is
 * followed to its end whatever the policy says by now; after that the guards come, then the release, then the moment.
 */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const now = tellingLate(decideNow(observation, circumstances), observation, circumstances.now);
  const decided = tellingAge(now, observation, circumstances);
  const { proposal: before } = observation.state;
  const target = targetOf(decided, observation);
  const proposal = standsForLater(observation, decided, circumstances)
    ? before
    : nextProposal(before, { decision: decided.decision, target }, circumstances.now);
  const told = tellingEnd(decided, before, proposal, target);
  return proposal === undefined ? told : { ...told, proposal };
}

/**
 * The target that a decision is about. Until an upgrade is proposed anew, a proposal to leave the key pair out stays
 * part of the target.
 */
function targetOf(
  { decision, releaseVersion, kubernetesVersion, replaces, leavesKeyPairOut }: Decision,
  { state }: Observation,
): string | undefined {
  if (releaseVersion === undefined) return undefined;
  const target = proposedTarget(releaseVersion, kubernetesVersion, replaces);
  const both = withoutKeyPairTarget(target);
  if (decision !== 'would-act') return state.proposal?.target === both ? both : target;
  return leavesKeyPairOut === true ? both : target;
}

function decideNow(observation: Observation, anywhere: Circumstances): Decision {
  const circumstances = circumstancesOf(observation, anywhere);
  const { view, state } = observation;
  const memory: Memory = { ...idleMemory(state), ...(state.upgrade !== undefined && { upgrade: state.upgrade }) };
  if (view.kind === 'gone') return say('skipped', 'node-group-gone', 'The node group does not exist.', {}, '');
  if (view.kind === 'unreadable') return groupUnread(view, observation, memory, circumstances.now);
  if (view.kind === 'unmanaged') return say('skipped', view.reason, view.message, {}, '');
  return (
    followUpgrade(observation, view, memory, circumstances) ??
    guard(observation, view, circumstances) ??
    orReplaceNodes(observation, view, chooseUpgrade(observation, view, circumstances), circumstances)
  );
}

function groupUnread(view: UnreadableView, { state }: Observation, memory: Memory, now: number): Decision {
  const { error: message, code } = view;
  const { foreign } = state;
  const kept = { ...memory, ...(foreign !== undefined && { foreign }) };
  return untilReadable({ what: `unreadable ${code}`, message, variant: code }, view, state, kept, now);
}

const MOVE_CONTROL_PLANE =
  'Move the control plane, one minor version at a time: aws eks update-cluster-version --region REGION --name CLUSTER --kubernetes-version VERSION. Or replace the node group by one of its version.';

/** EKS refuses a Kubernetes version for a custom AMI: the AMI of the launch template's version brings it. */
const MOVE_BY_TEMPLATE =
  'Make a version of its launch template with an AMI for Kubernetes VERSION, and move the node group to it: aws eks update-nodegroup-version --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP --launch-template id=ID,version=NUMBER. Or replace the node group.';

/** What moves the node group or its control plane, where that is not what the reason advises. */
function adviceOnSkew({ isAhead }: SkewFault, { amiType }: NodeGroupView): Pick<Decision, 'hint'> {
  if (isAhead) return { hint: MOVE_CONTROL_PLANE };
  return amiType === 'CUSTOM' ? { hint: MOVE_BY_TEMPLATE } : {};
}

/** Decides where a rule forbids to touch a node group, whatever releases there are. */
function guard(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision | undefined {
  const { cluster } = observation.key;
  const idle = idleMemory(observation.state);
  const skip = (reason: Reason, message: string): Decision => say('skipped', reason, message, idle, '');

  const verdict = guardOf(
    { cluster, tags: { [`Cluster ${cluster}`]: view.cluster.tags, 'The node group': view.tags } },
    circumstances,
    { modeIn: ({ upgrades }: Policy) => upgrades.mode, about: 'upgrades' },
  );
  if ('guardResult' in verdict) return { ...verdict.guardResult, memory: idle };
  if (view.amiType === 'CUSTOM' && verdict.policy.upgrades.image.mode === 'off') {
    return skip('custom-ami', `It runs the custom AMI ${view.releaseVersion}, and upgrades.image.mode is off.`);
  }
  if (view.amiType === 'CUSTOM' && view.custom === undefined) {
    return skip(
      'custom-ami',
      `It runs the custom AMI ${view.releaseVersion}; the policy names none to move to (upgrades.image.wanted).`,
    );
  }
  const unready = clusterNotActive(observation, view, circumstances.now);
  if (unready !== undefined) return unready;
  if (view.status === 'UPDATING') return updatedBySomebody(observation, view, idle, circumstances.now);
  const skew = skewFault(view);
  if (skew !== undefined && !(view.next !== undefined && !skew.isAhead && follows(observation, verdict.policy))) {
    return { ...refusedBySkew(skew, { memory: idle }), ...adviceOnSkew(skew, view) };
  }
  const ended = nodeGroupEnded(observation, view);
  if (ended !== undefined) return ended;
  if (isTroubled(view) && !mayBeUpgraded(view)) {
    return unhealthy(view, observation.state, idle, 'An upgrade does not cure that, and could make it worse.');
  }
  return nodeGroupNotActive(observation, view, circumstances.now);
}

/**
 * Decides that EKS accepts no update of the node group at its Kubernetes version.
 *
 * @param held what keeps it from moving to another one, and what is remembered then
 */
function refusedBySkew(
  { message, variant, kubernetesVersion }: SkewFault,
  held: { readonly message?: string; readonly memory: Memory },
): Decision {
  const said = [message, ...(held.message === undefined ? [] : [held.message])].join(' ');
  return { ...say('refused', 'version-skew', said, held.memory, variant), details: { kubernetesVersion } };
}

/** Chooses a release or an AMI to move to. Where there is none, the decision says why. */
const choose = (
  observation: Observation,
  view: NodeGroupView,
  circumstances: Circumstances,
): ChosenImage | { readonly release: SeenRelease; readonly template?: never } | Decision =>
  view.amiType === 'CUSTOM'
    ? chooseImage(observation, view, circumstances)
    : chooseRelease(observation, view, circumstances);

/**
 * Decides whether a node group moves to the Kubernetes version of its control plane, or else to another release of its
 * own version. Where something holds up the next version for long, the node group goes on with releases of the present
 * one.
 */
function chooseUpgrade(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision {
  const following = followControlPlane(metByNext(observation), view, circumstances);
  if (following === undefined) return chooseWithin(observation, view, circumstances);
  const { goesFirst } = following;
  const decision = rememberedOfNext(following.decision);
  // Without a release for the next version nothing goes on by itself, so people are told of what that leaves as it is.
  const hasNowhereToGo = decision.decision === 'skipped' && NOTHING_NEWER.has(decision.reason);
  const skew = skewFault(view);
  // EKS takes no other release at a version that is too old beside the control plane.
  if (skew !== undefined) return hasNowhereToGo ? refusedBySkew(skew, decision) : decision;
  if (goesFirst) return decision;
  const own = chooseWithin(observation, view, circumstances);
  if (!NOTHING_NEWER.has(own.reason)) {
    if (own.start === undefined && decision.start !== undefined) return decision;
    // A forgotten obstacle of the next version would be new at the next look, and go first again. So it is remembered.
    const { nextObstacle } = decision.memory;
    return nextObstacle === undefined ? own : { ...own, memory: { ...own.memory, nextObstacle } };
  }
  return following.isQuiet || (hasNowhereToGo && own.reason === 'end-of-life')
    ? { ...own, memory: { ...own.memory, ...failedBefore(decision.memory) } }
    : decision;
}

/** The observation with the next version's obstacle in the place of the obstacle to releases of the present version. */
function metByNext({ state, ...observation }: Observation): Observation {
  const { obstacle: _, nextObstacle, ...others } = state;
  return { ...observation, state: { ...others, ...(nextObstacle !== undefined && { obstacle: nextObstacle }) } };
}

function rememberedOfNext({ memory, ...decision }: Decision): Decision {
  const { obstacle, ...others } = memory;
  return { ...decision, memory: { ...others, ...(obstacle !== undefined && { nextObstacle: obstacle }) } };
}

/** The failures of moves to the next version, which a lack of releases of the present version leaves remembered. */
const failedBefore = ({ failures, formerFailures, setbacks }: Memory): Memory => ({
  ...(failures !== undefined && { failures }),
  ...(formerFailures !== undefined && { formerFailures }),
  ...(setbacks !== undefined && { setbacks }),
});

/** Decides that a release does not come, where somebody has set the group back and nobody has ruled on it since. */
function setBackFrom(
  { state }: Observation,
  view: NodeGroupView,
  releaseVersion: string,
  { policy, now }: Circumstances,
): Decision | undefined {
  if (isInvalid(policy)) return undefined;
  const { isProposal, ruling } = approvalOf(
    state.proposal,
    proposedTarget(releaseVersion, undefined),
    policy.upgrades,
    now,
  );
  return isProposal || ruling !== undefined ? undefined : refusedAsReleaseSetBack(state, view, releaseVersion);
}

/**
 * Decides whether there is a release of the node group's own Kubernetes version to move to, and whether to start now.
 */
function chooseWithin(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision {
  const choice = choose(observation, view, circumstances);
  if ('release' in choice) {
    const { releaseVersion } = choice.release;
    const decided =
      choice.template !== undefined
        ? momentOfImage(observation, choice, circumstances)
        : (setBackFrom(observation, view, releaseVersion, circumstances) ??
          chooseMoment(observation, view, choice.release, circumstances));
    // A later release may not meet what keeps this one away, so the node group is looked at as soon as the later one
    // has baked.
    const next =
      decided.wakeAt ?? nextBaked(observation, choice.template !== undefined ? choice.view : view, circumstances);
    const details = { from: view.releaseVersion, to: releaseVersion, ...decided.details };
    return { ...decided, releaseVersion, details, ...(next !== undefined && { wakeAt: next }) };
  }
  if (!isTroubled(view) || choice.decision === 'waiting' || choice.decision === 'failed') return choice;
  const idle = idleMemory(observation.state);
  return unhealthy(view, observation.state, idle, `There is no newer release that could cure it. ${choice.message}`);
}
