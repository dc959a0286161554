import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { NodeGroupState, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { compareReleases } from '../../shared/releases/release-version.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, idleMemory, say } from '../model/decision.ts';
import type { NodeGroupView } from '../model/observation.ts';

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

/** What is remembered of an upgrade that has brought another release of the same Kubernetes version. */
export function broughtBy(
  { from, releaseVersion: to, former, replaces, kubernetesVersion, requestedAt: at }: Upgrade,
  { version, amiType }: Pick<NodeGroupView, 'version' | 'amiType'>,
  { brought: before }: Pick<NodeGroupState, 'brought'>,
): Pick<Decision, 'brought'> {
  if (from === undefined || former !== undefined || replaces !== undefined || kubernetesVersion !== undefined)
    return {};
  const again = isSetBack(before, { version, amiType, releaseVersion: from });
  return { brought: { kubernetesVersion: version, from, to, at, ...(again && { again }) } };
}

/** Whether a group runs an older release than an upgrade has brought it: EKS takes that of whoever asks for it. */
const isSetBack = (
  brought: NodeGroupState['brought'],
  { version, amiType, releaseVersion }: Pick<NodeGroupView, 'version' | 'amiType' | 'releaseVersion'>,
): boolean => brought?.kubernetesVersion === version && (compareReleases(amiType, releaseVersion, brought.to) ?? 0) < 0;

/**
 * Refuses a release to a group that somebody has set back from it: mostly because it is bad, or because a tool keeps the
 * former release as code. A newer release is tried once; where that is set back, too, no further one is. Undefined where
 * the release may come. EKS lets a node group go back to an earlier release since 2021 (aws/containers-roadmap#810,
 * awsdocs/amazon-eks-user-guide#340), though the API reference says otherwise. A pure function.
 */
export function refusedAsReleaseSetBack(
  state: Pick<NodeGroupState, 'brought'> & Parameters<typeof idleMemory>[0],
  view: Pick<NodeGroupView, 'version' | 'amiType' | 'releaseVersion'>,
  releaseVersion: string,
): Decision | undefined {
  const { brought } = state;
  if (brought === undefined || !isSetBack(brought, view)) return undefined;
  const isNewer = (compareReleases(view.amiType, releaseVersion, brought.to) ?? 0) > 0;
  if (isNewer && brought.again === undefined) return undefined;
  const next = isNewer
    ? ` It was set back before, too, so ${releaseVersion} does not come to it either.`
    : ' That release is not tried again.';
  const message = `An upgrade that began at ${iso(brought.at)} brought the node group from ${brought.from} to ${brought.to}, and somebody has set it back to ${view.releaseVersion}.${next}`;
  const told = say('refused', 'release-set-back', message, idleMemory(state), `${releaseVersion} ${brought.to}`);
  return { ...told, releaseVersion };
}
