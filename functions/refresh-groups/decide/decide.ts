import { nextProposal, rulingOn } from '../../shared/ledger/proposal.ts';
import type { Told } from '../../shared/records/decision.ts';
import { offerToGroup } from '../../shared/releases/offer-to-group.ts';
import { type MachineImage, newestBaked, type Offer } from '../../shared/releases/wanted-image.ts';
import { whyAbsent } from '../model/absent-nodes.ts';
import {
  type Choice,
  type Circumstances,
  type Decision,
  memoryOf,
  pastGates,
  say,
  undoOf,
  wellWith,
} from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { begin, foundPinned, propose } from '../move/begin.ts';
import { heldByGroup, heldByPast } from '../move/hold.ts';
import { waitForMoment } from '../move/moment.ts';
import { type Move, moveTo } from '../move/move.ts';
import { pacedBy } from '../move/pace.ts';
import { PUT_ANOTHER } from '../move/refreshable.ts';
import { isLate, isOrdered, replacementOf, sayIfLate, whatToName, whyNotReplacedAgain } from '../move/replacement.ts';
import { whySetBack } from '../move/set-back.ts';
import { chooseByWave } from '../move/wave.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { follow } from './follow.ts';
import { whenGone } from './gone.ts';
import { guardOfGroup } from './guard.ts';
import { undoing } from './undo.ts';

/** Decides about one group; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { state } = observation;
  const pinned = foundPinned(observation, circumstances.now);
  if (pinned !== undefined) return pinned;
  const { refresh: _, ...idle } = state;
  const afresh = () =>
    sayIfLate(observation, decideIdle({ ...observation, state: idle }, circumstances), circumstances.now);
  const decided = state.refresh === undefined ? afresh() : follow(observation, circumstances, afresh);
  const { target, plan = target } = decided;
  const isRejected = (each: string | undefined): boolean =>
    each !== undefined && rulingOn(state.proposal, each)?.kind === 'rejected';
  const undoable = state.refresh ?? state.done;
  const isRuled =
    isRejected(target) ||
    isRejected(plan) ||
    // The rejection also counts where the refresh that was to be rolled back has ended meanwhile.
    isRejected(undoable && undoOf(undoable));
  const kept = target === undefined || decided.silent === true || isRuled;
  const proposal = kept
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: plan }, circumstances.now);
  return { proposal, ...decided };
}

/** Decides while no refresh of this function is in progress. */
function decideIdle(observation: Observation, circumstances: Circumstances): Decision {
  const { group, state, wanted, present } = observation;
  const memory = memoryOf(state);
  if (group.source.kind === 'gone' && (state.progress !== undefined || state.setbacks !== undefined)) {
    const told = say('skipped', 'group-gone', 'Auto Scaling does not show the group any more.');
    return { ...whenGone(observation, told, circumstances.now), silent: true };
  }
  const verdict = guardOfGroup(observation, circumstances);
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    // A group that was never to be refreshed gets no record of its own: the policy says enough. An invalid policy says
    // nothing, not even whether the group was to be refreshed.
    const isNeverWanted = wanted === undefined && guardResult.reason !== 'policy-invalid';
    return guardResult.decision === 'skipped' || isNeverWanted
      ? quietly(observation, guardResult)
      : { ...guardResult, memory };
  }
  const policy = pacedBy(verdict.policy, observation, circumstances.now);
  const undone = undoing(observation, circumstances, policy.refreshes);
  if (undone !== undefined) return undone;
  if (wanted === undefined || group.members.length === 0) {
    const todo = isOrdered(observation) ? ` ${whatToName(observation)}` : '';
    const told = say('skipped', 'image-unclear', `The policy names no AMI for it, or it has no workers.${todo}`);
    return quietly(observation, told);
  }
  if (wanted.kind === 'unreadable') return { ...say('failed', 'unreadable', wanted.error, wanted.code), memory };
  if (wanted.kind === 'none') return { ...say('refused', 'image-unclear', wanted.message, 'none'), memory };
  if (present === undefined) {
    const message = `EC2 does not show the AMI of its workers: it was deregistered, or this account may not use it any more.${PUT_ANOTHER}`;
    return { ...say('refused', 'image-unclear', message, 'present'), memory };
  }
  const offer = offerToGroup(wanted.candidates, present, observation, circumstances.now);
  const choice = chooseImage(offer, observation, policy, circumstances);
  if (choice === undefined) {
    // Workers are to be replaced, and nothing replaces them.
    const again = isOrdered(observation) && whyNotReplacedAgain(observation, policy.refreshes, circumstances.now);
    return again ? { ...again, memory } : nothingToTake(offer, observation, present, circumstances.now);
  }
  const move = moveTo(choice, present, observation, policy, circumstances);
  const held = heldByPast(move) ?? heldByGroup(move);
  if (held === undefined) return beginOrWait(move);
  // A newer AMI would replace the workers, too. One that does not come is not waited for once that is late.
  const again = isLate(observation, circumstances.now) ? replacementOf(observation) : undefined;
  if (again === undefined || choice.replaces !== undefined) return held;
  const instead = moveTo(again, present, observation, policy, circumstances);
  return heldByPast(instead) ?? heldByGroup(instead) ?? beginOrWait(instead);
}

const beginOrWait = (move: Move): Decision =>
  move.isProposal ? propose(move) : (waitForMoment(move) ?? pastGates(begin(move)));

/** Chooses the AMI to move to, or has workers replaced with the one they run; undefined where nothing is to be done. */
function chooseImage(
  { newer }: Offer,
  observation: Observation,
  policy: Policy,
  circumstances: Circumstances,
): Choice | undefined {
  const { bakeAge } = policy.refreshes;
  const baked = newer.filter(({ since }) => since + bakeAge <= circumstances.now);
  const image =
    chooseByWave(baked, observation, policy, circumstances) ?? newestBaked(newer, bakeAge, circumstances.now);
  if (image !== undefined) return { image };
  // A move to another AMI replaces all workers anyway. One that is refused comes to nobody.
  return replacementOf(observation);
}

/** What is said of a group that no other AMI comes to. */
function nothingToTake(
  { refused: [first] }: Offer,
  observation: Observation,
  present: MachineImage,
  now: number,
): Decision {
  const { state, behind, group } = observation;
  const { imageId } = present;
  if (first !== undefined) {
    const why = `${first.image.imageId} (${first.image.name}) is not taken: ${first.why}.`;
    return { ...say('refused', 'image-unclear', why, first.image.imageId), memory: memoryOf(state) };
  }
  if (behind !== undefined) {
    const message = `Workers run several AMIs up to ${imageId}, which the policy does not name, nor a newer one.`;
    return quietly(observation, say('skipped', 'image-unclear', message, imageId));
  }
  // Whatever the group launches now has the former AMI.
  const setBack = whySetBack(observation);
  if (setBack !== undefined) return { ...setBack, variant: `${imageId} ${setBack.variant}`, memory: memoryOf(state) };
  const absent = state.done?.target === imageId ? whyAbsent(group, state.done, now) : undefined;
  if (absent !== undefined) return { ...absent, memory: memoryOf(state) };
  const well = say('done', 'group-refreshed', `Runs ${imageId}, and nothing newer is named.`, imageId);
  return { ...quietly(observation, well), memory: wellWith(memoryOf(state)) };
}

/** A decision that is no news of a group of which nothing was recorded, and whose workers nobody wants replaced. */
const quietly = (observation: Observation, told: Told<Reason>): Decision => ({
  ...told,
  memory: memoryOf(observation.state),
  ...(observation.state.fingerprint === undefined && !isOrdered(observation) && { silent: true as const }),
});
