import type { Told } from '../../shared/records/decision.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { isOnTemplateOf, say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Reason } from '../reasons.ts';
import type { Move } from './move.ts';

/**
 * Says that somebody has set a group back to the AMI from which a refresh had brought it; undefined where nobody has.
 * Terraform leaves no mark on a group. With its next run it names the former version, or takes the AMI for drift and
 * makes a version with the former one, and it starts an instance refresh of its own (hashicorp/terraform-provider-aws,
 * aws_launch_template; terraform-aws-modules/terraform-aws-eks, self-managed-node-group: `instance_refresh`). So a
 * further refresh would replace all workers there and back, run for run. A pure function.
 */
export function whySetBack({
  group,
  template,
  state: { done },
}: Pick<Observation, 'group' | 'template' | 'state'>): Told<Reason> | undefined {
  const { source } = group;
  if (done === undefined || source.kind !== 'version' || !isOnTemplateOf(done, source)) return undefined;
  const { target, from, version, at } = done;
  if (target === from.imageId || source.version === version || template?.data.ImageId !== from.imageId)
    return undefined;
  const message = `A refresh that began at ${iso(at)} brought the group to version ${version} of ${source.templateId} with ${target}, and somebody has set it back to ${from.imageId}, by version ${source.version}: no further refresh to another AMI is begun.`;
  return say('refused', 'group-set-back', message, `${version} ${from.imageId}`);
}

/** The same of a move that is not only proposed, and that no operator has approved; a pure function. */
export const whyNotAgain = ({ observation, choice, ruling, isProposal }: Move): Told<Reason> | undefined =>
  choice.replaces !== undefined || isProposal || ruling?.kind === 'approved' ? undefined : whySetBack(observation);
