import { followedInWords } from '../../shared/fleet/template-followers.ts';
import { operatedInWords } from '../../shared/fleet/template-owner.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import type { SeenRelease } from '../../shared/releases/release-ledger.ts';
import type { Target } from '../../shared/releases/target-release.ts';
import { type Offer, offerOf } from '../../shared/releases/wanted-image.ts';
import { counted } from '../../shared/text/counted.ts';
import { type Circumstances, type Decision, idleMemory, say } from '../model/decision.ts';
import type { CustomView, NodeGroupView, Observation } from '../model/observation.ts';
import { paceOf } from '../model/pace.ts';
import { untilReadable } from '../model/until-readable.ts';
import type { Reason } from '../reasons.ts';
import { confirmNodes } from './confirm-nodes.ts';
import { chooseByWave } from './wave-entry.ts';

/** The AMI that a group moves to, the view in which that AMI is the release, and the launch template that brings it. */
export interface ChosenImage {
  readonly release: SeenRelease;
  readonly view: NodeGroupView;
  readonly template: NonNullable<CustomView['template']>;
}

/**
 * Chooses the AMI that a group with a custom AMI moves to. The policy names AMIs: those that are newer than the present
 * one and of its kind are on offer. The newest of them that has baked, and that the group's wave may take, is chosen.
 * Where there is none, the AMI that bakes first is. EKS names the AMI as the group's release, and so do all decisions
 * here.
 *
 * @returns a decision that says why, where no AMI is chosen
 */
export function chooseImage(
  { key, state, need }: Observation,
  view: NodeGroupView,
  circumstances: Circumstances,
): ChosenImage | Decision {
  const { policy, now } = circumstances;
  if (isInvalid(policy)) throw new Error('A guard must have refused an invalid policy.');
  const idle = idleMemory(state);
  const { custom, releaseVersion: current } = view;
  const no = (
    reason: Reason,
    message: string,
    decision: 'skipped' | 'refused' = 'skipped',
    variant = '',
  ): Decision => ({
    ...say(decision, reason, message, idle, variant),
    releaseVersion: current,
  });
  if (custom === undefined) throw new Error('A guard must have skipped a group for which no AMI is wanted.');
  const { wanted, present } = custom;
  if (wanted.kind === 'unreadable') {
    const what = `image unreadable ${wanted.code}`;
    const message = `The AMI that the policy wants cannot be read: ${wanted.error}. No upgrade starts until it can be read.`;
    return untilReadable({ what, message, variant: what }, wanted, state, idle, now);
  }
  if (wanted.kind === 'none') return no('wanted-image-missing', wanted.message, 'refused', wanted.message);
  if (present.kind === 'unreadable') {
    const what = `present image unreadable ${present.code}`;
    const message = `The AMI that it runs, ${current}, cannot be read: ${present.error}.`;
    return untilReadable({ what, message, variant: what }, present, state, idle, now);
  }
  if (present.kind === 'gone') {
    const message = `EC2 does not describe its AMI ${current} any more, and no instance that runs it tells what it is. Without its owner, architecture and system no other AMI can be compared with it.`;
    return no('present-image-unknown', message, 'refused', current);
  }
  const offer = offerOf(wanted.candidates, present.found, { controlPlane: custom.kubernetesVersion, now });
  const newest = offer.newer.at(-1);
  if (newest === undefined) return nothingNewer(offer, view, state, now, no);
  const fit = templateToChange({ state }, view, now);
  if ('decision' in fit) return fit;
  const { followers = [] } = custom;
  if (followers.length > 0 && fit.kind === 'found') {
    const message = `${followedInWords(followers, fit.found.templateId)}, so a version with ${newest.imageId} would come there at the next launch. Give them the number of a version, or the node group a template of its own.`;
    return no('template-unfit', message, 'refused', followers.toSorted().slice(0, 3).join(' '));
  }
  const asSeen = (imageId: string, firstSeenAt: number): SeenRelease => ({ releaseVersion: imageId, firstSeenAt });
  const offered = [
    asSeen(current, present.found.createdAt),
    ...offer.newer.map(({ imageId, since }) => asSeen(imageId, since)),
  ];
  const target: Target = {
    kind: 'release',
    releaseVersion: newest.imageId,
    firstSeenAt: newest.since,
    offered,
    withdrawn: [],
    isInDoubt: false,
  };
  const moved = { ...view, target };
  const { bakeAge } = paceOf(need, policy, now);
  const [, ...newer] = offered;
  const baked = newer.filter(({ firstSeenAt }) => firstSeenAt + bakeAge <= now);
  const [first] = newer.toSorted((a, b) => a.firstSeenAt - b.firstSeenAt);
  const release = chooseByWave(baked, { key, need, state, view: moved }, circumstances) ?? first;
  if (release === undefined) throw new Error('One of them is the newest.');
  return { release, view: moved, template: fit };
}

/**
 * The launch template of a group with a custom AMI, where a version of it can bring other nodes.
 *
 * @returns a decision that says why, where it cannot
 */
export function templateToChange(
  { state }: Pick<Observation, 'state'>,
  { custom, releaseVersion: current }: NodeGroupView,
  now: number,
): ChosenImage['template'] | Decision {
  const idle = idleMemory(state);
  const no = (reason: Reason, message: string, variant = ''): Decision => ({
    ...say('refused', reason, message, idle, variant),
    releaseVersion: current,
  });
  const template = custom?.template;
  if (template === undefined) {
    return no('template-unfit', 'EKS names no launch template of yours. Only there can the AMI be changed.');
  }
  if (template.kind === 'unreadable') {
    const what = `template unreadable ${template.code}`;
    const message = `Its launch template cannot be read: ${template.error}.`;
    return untilReadable({ what, message, variant: what }, template, state, idle, now);
  }
  const named = template.kind === 'found' ? template.found.data.ImageId : undefined;
  if (named !== current) {
    const message =
      named === undefined
        ? 'The version of its launch template that it uses is gone, or names no AMI.'
        : `Its launch template takes the AMI from ${named}. Whoever owns that value changes the AMI.`;
    return no('template-unfit', message, named ?? '');
  }
  const operated = template.kind === 'found' ? operatedInWords(template.found) : undefined;
  if (operated !== undefined) return no('group-operated', operated, operated);
  return template;
}

/** Decides where no AMI that the policy names is newer and of the same kind. */
function nothingNewer(
  { present, refused }: Offer,
  view: NodeGroupView,
  state: Observation['state'],
  now: number,
  no: (reason: Reason, message: string, decision: 'refused', variant: string) => Decision,
): Decision {
  const { releaseVersion: current } = view;
  const [newest] = refused;
  if (newest !== undefined) {
    const { imageId, name } = newest.image;
    const others =
      refused.length === 1 ? '' : ` ${counted(refused.length - 1, 'more AMI does', 'more AMIs do')} not fit either.`;
    const message = `It does not move from ${current} to ${imageId} (${name}): ${newest.why}.${others}`;
    return no('image-of-another-kind', message, 'refused', imageId);
  }
  const mixed = confirmNodes(view, state, idleMemory(state), now);
  if (mixed !== undefined) return mixed;
  const message =
    present === 'newest'
      ? `It runs ${current}, the newest AMI that the policy names.`
      : `It runs ${current}, which is newer than all AMIs that the policy names.`;
  return { ...say('done', 'up-to-date', message, {}, current), releaseVersion: current };
}
