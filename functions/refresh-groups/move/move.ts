import { rulingOn, standingRuling } from '../../shared/ledger/proposal.ts';
import type { Told } from '../../shared/records/decision.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import { causeOf } from '../../shared/rollouts/hastened.ts';
import { type Choice, type Circumstances, type Decision, memoryOf } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { membersInWords, stayingMembers } from '../model/staying-members.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { planTo } from './proposal-target.ts';
import { inWordsOf } from './replacement.ts';

/** A move of a group to an AMI, of which nobody has said yet whether and when it begins. */
export interface Move {
  readonly observation: Observation;
  readonly circumstances: Circumstances;
  /** That holds where the group is. */
  readonly policy: Policy;
  readonly choice: Choice;
  readonly present: MachineImage;
  /** The id of the AMI. */
  readonly target: string;
  /** What a proposal of the move is about. */
  readonly plan: string;
  /** What an operator has ruled on it, and the approval that has expired. */
  readonly ruling: ReturnType<typeof standingRuling>['ruling'];
  readonly expired: ReturnType<typeof standingRuling>['expired'];
  /** Whether the move is only proposed. */
  readonly isProposal: boolean;
  /** From which AMI to which one, in words. */
  readonly fromTo: string;
  /** What moves from where to where and why, in words. */
  readonly inWords: string;
  /** A decision about the move, in which nothing begins. */
  readonly about: (told: Told<Reason>, more?: Partial<Decision>) => Decision;
}

/** The move of a group to an AMI; a pure function. */
export function moveTo(
  choice: Choice,
  present: MachineImage,
  observation: Observation,
  policy: Policy,
  circumstances: Circumstances,
): Move {
  const { state, group, order, behind } = observation;
  const { image, replaces } = choice;
  const target = image.imageId;
  const plan = planTo(target, observation, policy.refreshes);
  // A rejected AMI stays rejected, with or without a pin before the move.
  const ruledOn = rulingOn(state.proposal, target)?.kind === 'rejected' ? target : plan;
  const { approvalExpiresAfter, mode } = policy.refreshes;
  const { ruling, expired } = standingRuling(state.proposal, ruledOn, approvalExpiresAfter, circumstances.now);
  const from = behind ?? present;
  const fromTo =
    replaces === undefined
      ? `from ${from.imageId} (${from.name}) to ${target} (${image.name})`
      : inWordsOf(order, present);
  const why = replaces === undefined ? '' : ` ${order?.why}`;
  const cause = replaces === undefined ? causeOf(observation.need, policy) : '';
  return {
    observation,
    circumstances,
    policy,
    choice,
    present,
    target,
    plan,
    ruling,
    expired,
    isProposal: mode === 'observe' && ruling === undefined,
    fromTo,
    inWords: `${membersInWords(stayingMembers(group.members))} ${fromTo}${cause}.${why}`,
    about: (told, more = {}) => ({ ...told, memory: memoryOf(state), target, plan, ...more }),
  };
}
