import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import { codeOwnerOf } from '../../shared/fleet/template-owner.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { type Circumstances, type Decision, idleMemory, say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { kubernetesVersionOf, proposedTarget } from '../model/target-version.ts';
import { approvalOf } from '../moment/approval.ts';
import { chooseMoment } from '../moment/choose-moment.ts';
import type { ChosenImage } from '../release/choose-image.ts';
import { refusedAsSetBack } from './set-back.ts';

/**
 * Decides when a group moves to another AMI: as with a release, in a version of its own launch template. Whoever keeps
 * a template as code would take our version for drift. So a template that is kept as code, or whose keeper nobody
 * knows, is only proposed a change.
 */
export function momentOfImage(
  observation: Observation,
  { release, view, template }: ChosenImage,
  circumstances: Circumstances,
): Decision {
  const { policy } = circumstances;
  if (isInvalid(policy) || template.kind !== 'found') throw new Error('An AMI is chosen with policy and template.');
  const ofTemplate = codeOwnerOf(template.found.tags);
  // The group itself names the version: whoever keeps the group as code sets it back, and EKS replaces all nodes again.
  const owner = ofTemplate ?? codeOwnerOf(view.tags);
  if (owner === undefined && policy.upgrades.image.templates === 'change') {
    const setBack = refusedAsSetBack(observation.state, template.found, release.releaseVersion);
    const isOther = template.found.data.ImageId !== release.releaseVersion;
    const { isProposal, ruling } = approvalOf(
      observation.state.proposal,
      proposedTarget(release.releaseVersion, kubernetesVersionOf(view)),
      policy.upgrades,
      circumstances.now,
    );
    if (setBack !== undefined && isOther && !isProposal && ruling === undefined) return setBack;
    const decided = chooseMoment(observation, view, release, circumstances);
    const { start } = decided;
    if (start === undefined) return decided;
    const { templateId, version } = template.found;
    const message = `${decided.message} Version ${version} of its launch template ${templateId} has the former ${decided.memory.upgrade?.replaces === undefined ? 'AMI' : 'nodes'}.`;
    const details = { ...decided.details, launchTemplateId: templateId, formerVersion: version };
    const change = { ...start.template?.change, imageId: release.releaseVersion };
    return { ...decided, message, details, start: { ...start, template: { from: template.found, change } } };
  }
  const { proposal, ...state } = observation.state;
  // A rejection holds. An approval is left out: it would change a template that is not ours.
  const unapproved = { ...observation, state: proposal?.ruling?.kind === 'rejected' ? observation.state : state };
  const upgrades = { ...policy.upgrades, mode: 'observe' as const };
  const decided = chooseMoment(unapproved, view, release, { ...circumstances, policy: { ...policy, upgrades } });
  if (decided.decision !== 'would-act') return decided;
  const keeper =
    owner === undefined
      ? 'No tag says who manages it, and the policy does not let such a template be changed (upgrades.image.templates).'
      : `${owner} manages ${ofTemplate === undefined ? 'the node group, which names the version' : 'it'}. A version made here would be drift.`;
  return {
    ...say(
      'refused',
      'template-kept-as-code',
      `${changeInWords(template.found, release.releaseVersion)} ${keeper} Make the change there, and update the node group with it.`,
      idleMemory(observation.state),
      `${release.releaseVersion} ${owner ?? ''}`,
    ),
    details: { change: changeOf(template.found, release.releaseVersion) },
  };
}

const changeInWords = ({ templateId, templateName, version, data }: TemplateVersion, imageId: string): string =>
  data.ImageId === imageId
    ? `The launch template ${templateName} (${templateId}) needs another version like ${version}, without a change, so that EKS replaces the nodes.`
    : `The launch template ${templateName} (${templateId}) needs a version like ${version} with ImageId ${imageId} instead of ${data.ImageId}, and no other change.`;

/** The change as data, for whoever makes the change in code. */
const changeOf = ({ templateId, version, data }: TemplateVersion, imageId: string) => ({
  launchTemplateId: templateId,
  sourceVersion: version,
  imageId: { from: data.ImageId ?? '', to: imageId },
});
