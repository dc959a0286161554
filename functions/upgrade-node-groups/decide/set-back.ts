import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { NodeGroupState, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, idleMemory, say } from '../model/decision.ts';

/** What is remembered of an upgrade that has brought another AMI, by a version of the launch template made for it. */
export const movedBy = ({ former, templateVersion, releaseVersion, requestedAt }: Upgrade): Pick<Decision, 'moved'> => {
  if (former === undefined || templateVersion === undefined) return {};
  const { templateId, imageId: from } = former;
  return { moved: { templateId, from, version: templateVersion, to: releaseVersion, at: requestedAt } };
};

/**
 * Refuses a further AMI to a group that somebody has set back to the AMI from which an upgrade had brought it; undefined
 * where nobody has. Terraform may leave no mark on a template. With its next run it names the former version, or takes
 * the AMI for drift and makes a version with the former one (hashicorp/terraform-provider-aws, aws_launch_template), and
 * EKS replaces all nodes. A further upgrade would be undone in the same way. A pure function.
 */
export function refusedAsSetBack(
  state: Pick<NodeGroupState, 'moved'> & Parameters<typeof idleMemory>[0],
  { templateId, version, data }: Pick<TemplateVersion, 'templateId' | 'version' | 'data'>,
  imageId: string,
): Decision | undefined {
  const { moved } = state;
  if (moved === undefined || moved.templateId !== templateId || moved.version === version) return undefined;
  if (data.ImageId !== moved.from) return undefined;
  const message = `An upgrade that began at ${iso(moved.at)} brought the node group to version ${moved.version} of its launch template ${templateId} with ${moved.to}, and somebody has set it back to ${moved.from}, by version ${version}. No upgrade to ${imageId} starts.`;
  const told = say(
    'refused',
    'template-set-back',
    message,
    idleMemory(state),
    `${imageId} ${moved.version} ${moved.from}`,
  );
  return { ...told, releaseVersion: imageId };
}
