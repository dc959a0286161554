import type { Told } from '../shared/records/decision.ts';
import type { OfferedImage } from '../shared/releases/wanted-image.ts';
import type { Member, Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { whyNotRefreshable } from './refreshable.ts';
import { stayingMembers } from './staying-members.ts';

/** The workers in service or in the warm pool that were launched before a time. */
export const launchedBefore = (members: readonly Member[], before: number): Member[] =>
  stayingMembers(members).filter(({ launchedAt }) => launchedAt !== undefined && launchedAt < before);

/**
 * The present AMI, where an order has workers replaced with it; a pure function. It is undefined where no worker is
 * meant, or the launch template names another AMI. Without skip matching Auto Scaling replaces all instances, even
 * those that match the desired configuration (Auto Scaling user guide, "Use an instance refresh with skip matching").
 */
export function replacementOf({
  order,
  present,
  behind,
  template,
  group,
}: Pick<Observation, 'order' | 'present' | 'behind' | 'template' | 'group'>): OfferedImage | undefined {
  if (order === undefined || present === undefined || behind !== undefined) return undefined;
  if (template?.data.ImageId !== present.imageId) return undefined;
  if (launchedBefore(group.members, order.launchedBefore).length === 0) return undefined;
  // The group runs the AMI already, so that nothing has to bake.
  return { imageId: present.imageId, name: present.name, since: 0 };
}

/**
 * Why workers are not replaced with the same AMI; a pure function. No template changes, so nobody has to allow that. A
 * group that is managed as code is left to its owner all the same, because the rights of this function leave it out.
 *
 * @param fromTo what is due, in words
 */
export function whyNotReplacedAgain(
  observation: Observation,
  refreshes: Policy['refreshes'],
  fromTo: string,
): Told<Reason> | undefined {
  const hindrance = whyNotRefreshable(observation, { ...refreshes, templates: 'change' }, fromTo);
  if (hindrance?.reason !== 'template-is-code') return hindrance;
  return {
    ...hindrance,
    message: `${hindrance.variant} manages the group or its template. A change ${fromTo} is due.`,
  };
}
