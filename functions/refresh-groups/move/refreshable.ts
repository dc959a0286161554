import { taggedAsOperated } from '../../shared/fleet/eks-group.ts';
import { followedInWords } from '../../shared/fleet/template-followers.ts';
import { codeOwnerOf, operatedInWords } from '../../shared/fleet/template-owner.ts';
import type { Told } from '../../shared/records/decision.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** What a person does about a group whose own AMI is launched no more. */
export const PUT_ANOTHER = ' Put an AMI that exists into the launch template, and replace its workers.';

const refused = (reason: Reason, message: string, variant?: string): Told<Reason> =>
  say('refused', reason, message, variant);

/**
 * Auto Scaling replaces nothing while one of these processes is suspended. Source: Auto Scaling user guide,
 * "Suspend-resume processes".
 */
const NEEDED: ReadonlySet<string> = new Set(['Launch', 'Terminate', 'InstanceRefresh']);

/** Why no worker of a group may be replaced, on the way to another AMI or back; a pure function. */
export function whyNotReplaceable({
  group: { operator, tags, members, suspended },
}: Pick<Observation, 'group'>): Told<Reason> | undefined {
  if (operator !== undefined) return refused('group-operated', `${operator} operates it.`, operator);
  const tagged = taggedAsOperated(tags);
  if (tagged !== undefined) return refused('group-operated', tagged, 'tag');
  const foreign = members.find(({ isNotOurs }) => isNotOurs !== undefined);
  if (foreign !== undefined) return refused('group-shared', `${foreign.id}: ${foreign.isNotOurs}`, foreign.id);
  const stopped = suspended.filter((each) => NEEDED.has(each));
  if (stopped.length === 0) return undefined;
  return refused('group-suspended', `Suspended: ${stopped.join(', ')}.`, stopped.join(' '));
}

/**
 * Why a group is not moved to another AMI by an instance refresh that can be rolled back; a pure function. Sources:
 * Auto Scaling user guide, "Undo changes with a rollback" and "How an instance refresh works".
 *
 * @param fromTo the change in words, for the message of a refusal
 */
export function whyNotRefreshable(
  { group, template, drains, state: { pinned } }: Observation,
  { templates, undrained, floating, maxHealthyPercentage }: Policy['refreshes'],
  fromTo: string,
): Told<Reason> | undefined {
  const { source } = group;
  const hindrance = whyNotReplaceable({ group });
  if (hindrance !== undefined) return hindrance;
  if (source.kind === 'launch-configuration') {
    return refused('group-has-launch-configuration', `A change ${fromTo} is due.`);
  }
  if (source.kind === 'mixed') return refused('group-is-mixed', `A change ${fromTo} is due.`);
  if (source.kind === 'floating' && (floating === 'refuse' || pinned !== undefined)) {
    // Whoever keeps the group as code would set it back each time, so it is pinned only once.
    const before =
      pinned === undefined
        ? ''
        : ` It was pinned to version ${pinned.version} at ${iso(pinned.at)}, and somebody set it back: it is not pinned again.`;
    return refused(
      'group-floats',
      `It uses ${source.version}, and a change ${fromTo} is due.${before}`,
      source.version,
    );
  }
  if (source.kind === 'gone') return refused('group-gone', 'Auto Scaling does not show it.');
  if (template === undefined) return refused('image-unclear', 'EC2 does not show its launch template.', 'template');
  const operated = operatedInWords(template);
  if (operated !== undefined) return refused('group-operated', operated, template.operator);
  const { ImageId: imageId = '' } = template.data;
  if (!imageId.startsWith('ami-')) return refused('image-is-parameter', `The template names ${imageId || 'no AMI'}.`);
  // Source: Auto Scaling user guide, "Use Capacity Blocks for machine learning workloads".
  const isInBlock = template.data.InstanceMarketOptions?.MarketType === 'capacity-block';
  if (isInBlock && group.members.length > 0 && maxHealthyPercentage > 100) {
    const message = `Its launch template launches into a Capacity Block, which has a fixed number of instances, and refreshes.maxHealthyPercentage is ${maxHealthyPercentage}. A change ${fromTo} is due.`;
    return refused('group-cannot-surge', message, `${maxHealthyPercentage}`);
  }
  if (drains === false && undrained === 'refuse') return refused('nobody-drains', `A change ${fromTo} is due.`);
  // The group itself names the version, so whoever keeps the group as code would set it back.
  const { codeOwner = codeOwnerOf(group.tags) } = template;
  if (codeOwner !== undefined || templates === 'propose') {
    const whose = codeOwner === undefined ? 'No tag says who manages' : `${codeOwner} manages`;
    const what = template.codeOwner === undefined && codeOwner !== undefined ? 'the group of launch' : 'launch';
    const message = `${whose} ${what} template ${source.templateId}. The change: in version ${source.version}, ImageId ${fromTo}.`;
    return refused('template-is-code', message, codeOwner ?? '');
  }
  return undefined;
}

/** Why a refresh of a group could not be rolled back to the AMI that its template names; a pure function. */
export function whyNoWayBack({ template, present, behind }: Observation): Told<Reason> | undefined {
  const imageId = template?.data.ImageId;
  const former = [present, behind].find((image) => image?.imageId === imageId);
  if (former === undefined || former.state === 'available') return undefined;
  const message = `The template names ${imageId}, which is ${former.state}. Nothing is launched from it, so no refresh could be rolled back.${PUT_ANOTHER}`;
  return refused('image-unclear', message, former.state);
}

/** Why a version of the template with another AMI would come to other groups as well; a pure function. */
export function whyFollowed({ template, followers = [] }: Observation, target: string): Told<Reason> | undefined {
  if (template === undefined || template.data.ImageId === target || followers.length === 0) return undefined;
  const message = `${followedInWords(followers, template.templateId)}, so a version with ${target} would come there at the next launch.`;
  return refused('template-followed', message, followers.toSorted().slice(0, 3).join(' '));
}

/**
 * Why a group waits that only `drain-nodes` drains, where nobody knows now whether that can drain it; a pure function.
 */
export function drainsInDoubt(
  { drains }: Pick<Observation, 'drains'>,
  { undrained }: Pick<Policy['refreshes'], 'undrained'>,
  target: string,
): Told<Reason> | undefined {
  if (drains !== 'in-doubt' || undrained === 'go') return undefined;
  const message = 'Only drain-nodes drains its nodes, and has not found out lately whether the cluster lets it.';
  return say('waiting', 'drains-in-doubt', message, target);
}
