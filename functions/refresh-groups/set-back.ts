import type { Told } from '../shared/records/decision.ts';
import { iso } from '../shared/runtime/clock.ts';
import { isOnTemplateOf, say } from './decision.ts';
import type { Move } from './move.ts';
import type { Observation } from './observation.ts';
import type { Reason } from './reasons.ts';

/**
 * Says that somebody has set a group back to the version of its launch template from which a refresh had brought it;
 * undefined where nobody has. Terraform leaves no mark on a group, sets it back with each run, and starts an instance
 * refresh of its own (terraform-aws-modules/terraform-aws-eks, self-managed-node-group: `instance_refresh`), so that a
 * further refresh would replace all workers there and back, run for run. A pure function.
 */
export function whySetBack({ group, state: { done } }: Pick<Observation, 'group' | 'state'>): Told<Reason> | undefined {
  const { source } = group;
  if (done?.version === undefined || source.kind !== 'version' || !isOnTemplateOf(done, source)) return undefined;
  if (done.version === done.from.version || source.version !== done.from.version) return undefined;
  const message = `A refresh that began at ${iso(done.at)} brought the group to version ${done.version} of ${source.templateId} with ${done.target}, and somebody has set it back to version ${source.version} with ${done.from.imageId}: no further refresh to another AMI is begun.`;
  return say('refused', 'group-set-back', message, `${done.version} ${source.version}`);
}

/** The same of a move that is not only proposed, and that no operator has approved; a pure function. */
export const whyNotAgain = ({ observation, choice, ruling, isProposal }: Move): Told<Reason> | undefined =>
  choice.replaces !== undefined || isProposal || ruling?.kind === 'approved' ? undefined : whySetBack(observation);
