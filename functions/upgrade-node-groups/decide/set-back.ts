import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { NodeGroupState, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, idleMemory, say } from '../model/decision.ts';

/** What is remembered of an upgrade that has brought another AMI, by a version of the launch template made for it. */
export const movedBy = ({ former, templateVersion, releaseVersion, requestedAt }: Upgrade): Pick<Decision, 'moved'> =>
  former === undefined || templateVersion === undefined
    ? {}
    : { moved: { ...former, to: templateVersion, imageId: releaseVersion, at: requestedAt } };

/**
 * Refuses a further AMI to a group that somebody has set back to the version of its launch template from which an
 * upgrade had brought it; undefined where nobody has. Terraform may leave no mark on a template, and sets the group back
 * with its next run, for which EKS replaces all nodes (terraform-aws-modules/terraform-aws-eks names the default
 * version, which stays the former one). A further upgrade would be undone in the same way. A pure function.
 */
export function refusedAsSetBack(
  state: Pick<NodeGroupState, 'moved'> & Parameters<typeof idleMemory>[0],
  { templateId, version }: Pick<TemplateVersion, 'templateId' | 'version'>,
  imageId: string,
): Decision | undefined {
  const { moved } = state;
  if (moved === undefined || moved.templateId !== templateId || moved.version !== version) return undefined;
  const message = `An upgrade that began at ${iso(moved.at)} brought the node group to version ${moved.to} of its launch template ${templateId} with ${moved.imageId}, and somebody has set it back to version ${version}. No upgrade to ${imageId} starts.`;
  const told = say('refused', 'template-set-back', message, idleMemory(state), `${imageId} ${moved.to} ${version}`);
  return { ...told, releaseVersion: imageId };
}
