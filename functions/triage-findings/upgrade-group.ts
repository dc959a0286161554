import { exceedsSkew } from '../shared/fleet/kubernetes-version.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import { stricter } from '../shared/policy/mode.ts';
import { endOfLife } from '../shared/releases/end-of-life.ts';
import { offerToGroup } from '../shared/releases/offer-to-group.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import { listed } from '../shared/text/listed.ts';
import { type Circumstances, type Decision, type Memory, say } from './decision.ts';
import type { NodeGroupView } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { describe, detailsOf, isGrave, needOf } from './urgency.ts';

/** The states in which EKS upgrades a node group no more, of itself and of its cluster. Others pass, or are no obstacle. */
const NO_UPGRADE = {
  group: new Set(['DELETING', 'DELETE_FAILED', 'CREATE_FAILED']),
  cluster: new Set(['DELETING', 'FAILED']),
};

/** Decides about the open findings of a managed node group; a pure function. */
export const upgradeGroup = (view: NodeGroupView, memory: Memory, circumstances: Circumstances): Decision =>
  notUpgradable(view) ?? onCustomImage(view, memory, circumstances) ?? chooseRemedy(view, memory, circumstances);

/** Open findings that no upgrade will end. What has failed for good, upgrade-node-groups tells people. */
function notUpgradable({ status, clusterStatus }: NodeGroupView): Decision | undefined {
  const what = NO_UPGRADE.cluster.has(clusterStatus)
    ? `Its cluster is ${clusterStatus}`
    : NO_UPGRADE.group.has(status) && `The node group is ${status}`;
  if (what === false) return undefined;
  return say('skipped', 'not-upgradable', `It has findings. ${what}, so EKS does not upgrade it.`, {}, what);
}

/**
 * Findings on an AMI of the owner's own. Where the policy names a newer one, the group is moved to it like to a release.
 * Otherwise nothing here replaces it, so people are told of the gravest.
 */
function onCustomImage(
  { amiType, releaseVersion, open, named, ...view }: NodeGroupView,
  memory: Memory,
  { policy, now }: Circumstances,
): Decision | undefined {
  if (amiType !== 'CUSTOM') return undefined;
  const runs = `the custom AMI ${releaseVersion}`;
  // Workers that still run another AMI are replaced, and say nothing of this one.
  const own = open.filter(({ image }) => image !== 'other');
  const need = needOf(own, releaseVersion, now);
  const newer = named?.present && offerToGroup(named.candidates, named.present, named, now).newer.at(-1);
  const mode = stricter(policy.upgrades.mode, policy.upgrades.image.mode);
  if (need !== undefined && newer !== undefined && mode === 'enforce') {
    const what = `${describe(need, own)}. The policy names ${newer.imageId} (${newer.name}), which is newer than ${runs}. An upgrade to it`;
    const asked = askForUpgrade({ ...view, what, target: newer.imageId }, need, memory, policy);
    return { ...asked, outcome: { ...asked.outcome, details: detailsOf(need, own) } };
  }
  if (need === undefined || !isGrave(need)) {
    return say('skipped', 'custom-ami', `It has findings, and runs ${runs}.`, {});
  }
  if (newer === undefined && named?.unreadable !== undefined) {
    const { error, code } = named.unreadable;
    const message = `${describe(need, own)}. The AMI that the policy names cannot be read: ${error}`;
    // Where that lasts, upgrade-node-groups tells.
    return say('waiting', 'unreadable', message, { ...memory, need }, code);
  }
  // Remembered until another AMI or a scan ends them. Whether an AMI of the owner fixes them, nobody knows: so they
  // hasten no move to one.
  const remembered: Memory = { ...memory, need: { ...need, urgency: 'normal' } };
  const proposed =
    newer === undefined
      ? ''
      : ` A move to ${newer.imageId} (${newer.name}) is not made by itself: its mode is ${mode}.`;
  const message = `${describe(need, own)}. A fix is available, and the node group runs ${runs}.${proposed}`;
  const variant = `${releaseVersion} ${newer?.imageId ?? ''}`.trim();
  return say('refused', 'custom-ami-vulnerable', message, remembered, variant);
}

/** An upgrade that is requested, or would be. */
interface Upgrade extends Pick<NodeGroupView, 'status' | 'kubernetesVersion' | 'controlPlane'> {
  /** The beginning of the message, up to the upgrade. */
  readonly what: string;
  /** The release or AMI. */
  readonly target: string;
}

/** Requests an upgrade for open findings, as the policy lets findings do that. */
function askForUpgrade(
  { what, target, ...view }: Upgrade,
  need: Need,
  memory: Memory,
  { findings, upgrades }: Policy,
): ReturnType<typeof say> {
  const remembered: Memory = { ...memory, need };
  const variant = `${target} ${need.urgency}`;
  const way = need.urgency === 'urgent' ? 'urgent' : 'at its turn';
  if (findings.mode === 'observe') {
    return say('would-act', 'would-request-upgrade', `${what} would be requested, ${way}.`, remembered, variant);
  }
  // upgrade-node-groups proposes it then, of which nobody gets a message.
  const whose =
    upgrades.mode === 'observe'
      ? 'The mode of upgrades is observe'
      : upgrades.approval === 'required'
        ? 'The policy has each upgrade approved'
        : undefined;
  const approval = whose === undefined ? '' : ` ${whose}: it begins once somebody approves it.`;
  const message = `${what} is requested, ${way}.${approval}${whereDegraded(view)}${whereTooOld(view)}`;
  return { ...say('acted', 'upgrade-requested', message, remembered, variant), act: 'request-upgrade' };
}

/** What becomes of an upgrade of an unhealthy node group: upgrade-node-groups decides that by the issues that EKS names. */
const whereDegraded = ({ status }: Pick<NodeGroupView, 'status'>): string =>
  status === 'DEGRADED'
    ? ' The node group is DEGRADED: it is upgraded only where that may cure it, and otherwise the records of upgrade-node-groups say what to do.'
    : '';

/** What becomes of an upgrade of a node group that is too old for EKS to update it: upgrade-node-groups says how to go on. */
const whereTooOld = ({
  kubernetesVersion,
  controlPlane,
}: Pick<NodeGroupView, 'kubernetesVersion' | 'controlPlane'>): string =>
  exceedsSkew(kubernetesVersion, controlPlane)
    ? ` But EKS accepts no update of it at Kubernetes ${kubernetesVersion} beside a control plane at ${controlPlane}: the records of upgrade-node-groups say what to do.`
    : '';

/** Decides what to do about open findings: is there an AMI newer than that of the workers? */
function chooseRemedy(view: NodeGroupView, memory: Memory, { policy, now }: Circumstances): Decision {
  const { open, target, amiType, releaseVersion } = view;
  const need = needOf(open, releaseVersion, now);
  if (need === undefined) throw new Error('Only open findings want a remedy.');
  const remembered: Memory = { ...memory, need };
  const order = target.kind === 'release' ? compareReleases(amiType, target.releaseVersion, releaseVersion) : undefined;
  const what = describe(need, open);
  const details = detailsOf(need, open);
  const withDetails = (decision: ReturnType<typeof say>): Decision => ({
    ...decision,
    outcome: { ...decision.outcome, details },
  });

  if (target.kind === 'release' && order !== undefined && order > 0) {
    if (policy.upgrades.mode === 'off') {
      const message = `${what}. ${target.releaseVersion} is newer than ${releaseVersion}, and the policy has upgrades off.`;
      const decision = isGrave(need) ? 'refused' : 'skipped';
      return withDetails(say(decision, 'upgrades-off', message, remembered, `${target.releaseVersion} ${decision}`));
    }
    const upgrade = { what: `${what}. An upgrade to ${target.releaseVersion}`, target: target.releaseVersion };
    const asked = askForUpgrade({ ...view, ...upgrade }, need, memory, policy);
    return { ...asked, outcome: { ...asked.outcome, details } };
  }
  const behind = [...new Set(open.filter(({ image }) => image === 'other').map(({ instanceId }) => instanceId))].sort();
  if (view.status === 'ACTIVE' && order === 0 && behind.length > 0 && open.every(({ image }) => image === 'other')) {
    const message = `${what}. The node group runs ${releaseVersion}. These workers do not: ${listed(behind)}.`;
    return withDetails(say('skipped', 'worker-left-behind', message, {}, behind.join(' ')));
  }
  const { reason, why, passes } = whyNone(view, order, memory, now);
  // The variant names the target, so that another target is recorded anew. It uses AWS's error code, because AWS puts
  // request ids into messages.
  const none = target.kind === 'none' && `${target.reason} ${target.unreadable?.code ?? target.message}`;
  // A release that Amazon recommends, and that watch-ami-releases notes later, is no other target.
  const known =
    target.kind === 'release' ? target.releaseVersion : target.recommended === releaseVersion && releaseVersion;
  const variant = `${releaseVersion} ${known || none} ${need.urgency}`;
  return need.urgency === 'urgent' && !passes
    ? withDetails(say('refused', 'urgent-without-ami', `${what}. ${why}`, remembered, variant))
    : withDetails(say('waiting', reason, `${what}. ${why}`, remembered, variant));
}

/**
 * Why no newer release is available. `passes` says that the next looks of watch-ami-releases tell more: nobody needs to
 * know of that.
 *
 * @param order of the target against the running release, where there is a target
 */
function whyNone(
  { target, releaseVersion: current, amiType, kubernetesVersion }: NodeGroupView,
  order: number | undefined,
  { notFixed }: Memory,
  now: number,
): { readonly reason: Reason; readonly why: string; readonly passes: boolean } {
  const newest = target.kind === 'release' ? target.offered.at(-1) : undefined;
  const ended = endOfLife({ amiType, kubernetesVersion }, newest, now);
  const later =
    ended === undefined ? 'The upgrade is hastened when a newer one appears.' : `${ended.what} ${ended.move}`;
  if (target.kind === 'none') {
    const { reason, message, recommended } = target;
    if (recommended === current) {
      const why = `${current} is the release that Amazon recommends. ${later}`;
      return { reason: 'no-newer-ami', why, passes: false };
    }
    const isUnseen = reason === 'release-not-yet-seen';
    // Of AL2 for a version that has none, the message says that there will be none, too.
    const end = reason === 'no-release-for-version' && ended !== undefined ? '' : ` ${later}`;
    const why = `${message}${isUnseen ? ' The upgrade is hastened when it is.' : end}`;
    return { reason, why, passes: isUnseen || reason === 'unreadable' };
  }
  const { releaseVersion: recommended } = target;
  if (order === undefined) {
    const why = `It runs ${current}. The versions do not tell whether the recommended ${recommended} is newer.`;
    return { reason: 'release-incomparable', why, passes: false };
  }
  if (order < 0) {
    const why = `It runs ${current}, which is newer than the recommended ${recommended}. ${later}`;
    return { reason: 'newer-than-recommended', why, passes: target.isInDoubt };
  }
  if (target.unseen !== undefined) {
    const why = `${target.unseen} has just been published. The upgrade is hastened when watch-ami-releases has seen it.`;
    return { reason: 'no-newer-ami', why, passes: true };
  }
  const fixesNot = notFixed?.releaseVersion === current ? 'does not fix it, and ' : '';
  const why = `${current} ${fixesNot}is the newest release. ${later}`;
  return { reason: 'no-newer-ami', why, passes: target.isInDoubt };
}
