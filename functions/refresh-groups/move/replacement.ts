import type { Told } from '../../shared/records/decision.ts';
import { whyNotLaunched } from '../../shared/releases/wanted-image.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { type Choice, type Decision, say } from '../model/decision.ts';
import type { Member, Observation } from '../model/observation.ts';
import { stayingMembers } from '../model/staying-members.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { whyNotRefreshable } from './refreshable.ts';

/** The workers in service or in the warm pool that were launched before a time. */
export const launchedBefore = (members: readonly Member[], before: number): Member[] =>
  stayingMembers(members).filter(({ launchedAt }) => launchedAt !== undefined && launchedAt < before);

/** Whether an order has workers replaced that are still there; a pure function. */
export const isOrdered = ({ order, group }: Pick<Observation, 'order' | 'group'>): boolean =>
  order !== undefined && launchedBefore(group.members, order.launchedBefore).length > 0;

/**
 * Whether a fresh read shows that an order is carried out; a pure function. A worker that EC2 does not show may be one
 * of those that are meant.
 */
export const isCarriedOut = (observation: Pick<Observation, 'order' | 'group' | 'unreadable'>): boolean =>
  observation.order !== undefined &&
  !isOrdered(observation) &&
  observation.unreadable === undefined &&
  observation.group.source.kind !== 'gone' &&
  stayingMembers(observation.group.members).every(({ launchedAt }) => launchedAt !== undefined);

/** Whether workers that an order means are still there when their replacement is late; a pure function. */
export const isLate = (observation: Pick<Observation, 'order' | 'group'>, now: number): boolean =>
  isOrdered(observation) && (observation.order?.lateFrom ?? now + 1) <= now;

/**
 * Says of a group that its replacement is late, beside what keeps it; a pure function. This is news, once.
 *
 * @param decided what keeps the group
 */
export function sayIfLate(observation: Observation, decided: Decision, now: number): Decision {
  const { order } = observation;
  if (order === undefined || !isLate(observation, now) || decided.act !== undefined || decided.silent) return decided;
  const old = counted(launchedBefore(observation.group.members, order.launchedBefore).length, 'worker');
  const message = `${decided.message} This keeps ${old} from being replaced, and that is late by now. ${order.why}`;
  return { ...decided, message, variant: `${decided.variant} late` };
}

/**
 * The move to the present AMI, where an order has workers replaced with it; a pure function. It is undefined where no
 * worker is meant, or the launch template names another AMI. Without skip matching Auto Scaling replaces all instances,
 * even those that match the desired configuration (Auto Scaling user guide, "Use an instance refresh with skip
 * matching").
 */
export function replacementOf({
  order,
  present,
  behind,
  template,
  group,
}: Pick<Observation, 'order' | 'present' | 'behind' | 'template' | 'group'>): Choice | undefined {
  if (order === undefined || present === undefined || behind !== undefined) return undefined;
  if (template?.data.ImageId !== present.imageId) return undefined;
  if (!isOrdered({ order, group })) return undefined;
  // The group runs the AMI already, so that nothing has to bake.
  const image = { imageId: present.imageId, name: present.name, since: 0 };
  return { image, replaces: order.launchedBefore };
}

/**
 * Why workers are not replaced with the same AMI; a pure function. No template changes, so nobody has to allow that. A
 * group that is managed as code is left to its owner all the same, because the rights of this function leave it out.
 */
export function whyNotReplacedAgain(
  observation: Observation,
  refreshes: Policy['refreshes'],
  now: number,
): Told<Reason> | undefined {
  const { order, present } = observation;
  const fromTo = inWordsOf(order, present);
  const hindrance = whyNotRefreshable(observation, { ...refreshes, templates: 'change' }, fromTo);
  if (hindrance?.reason === 'template-is-code') {
    const message = `${hindrance.variant} manages the group or its template. A change ${fromTo} is due.`;
    return { ...hindrance, message };
  }
  if (hindrance !== undefined || present === undefined) return hindrance;
  const { imageId, name } = present;
  const unfit = whyNotLaunched(present, now);
  if (unfit !== undefined) {
    const message = `Workers are not replaced with ${imageId} (${name}) again, because ${unfit}. Name a newer AMI in refreshes.wanted. ${order?.why}`;
    return say('refused', 'image-unclear', message, `${imageId} unfit`);
  }
  const named = observation.template?.data.ImageId;
  if (named === imageId) return undefined;
  const message = `Workers run ${imageId} (${name}), and the launch template names ${named}, which the policy does not name. ${order?.why}`;
  return say('refused', 'image-unclear', message, `${imageId} ${named}`);
}

/** What to set so that workers are replaced of a group for which the policy names no AMI; a pure function. */
export const whatToName = ({ order, key: { cluster } }: Pick<Observation, 'order' | 'key'>): string =>
  `To have its workers replaced, set refreshes.wanted (ssmParameter; or owners, namePattern and architecture) to what names its AMI, for all groups or in an override for cluster ${cluster}. ${order?.why}`;

/** The replacement of workers with the same AMI, in words. */
export const inWordsOf = (order: Observation['order'], present: Observation['present']): string =>
  `from hosts that were launched before ${iso(order?.launchedBefore ?? 0)} to new ones with the same AMI ${present?.imageId}`;
