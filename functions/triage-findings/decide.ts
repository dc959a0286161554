import { codeIn } from '../shared/fleet/reading.ts';
import { type Need, nameOf } from '../shared/ledger/finding-ledger.ts';
import { guardOf } from '../shared/policy/guards.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import { policyFor } from './circumstances.ts';
import { REMEDY } from './decide-coverage.ts';
import { type Circumstances, type Decision, type Memory, memoryOf, say } from './decision.ts';
import type { GroupObservation, NodeGroupView, OpenFinding } from './observation.ts';
import type { Reason } from './reasons.ts';
import { needOf } from './urgency.ts';

const UNMANAGED = {
  'auto-mode': 'AWS itself replaces the nodes of EKS Auto Mode.',
  karpenter: 'Karpenter replaces these nodes by drift, when the AMI of their EC2NodeClass changes.',
  'self-managed': 'EKS does not upgrade a self-managed node group, whatever its findings.',
} as const;

/**
 * Decides about the findings of one node group: a pure function of the observation, the policy and the time. It first
 * concludes the remembered findings, then handles the open ones.
 */
export function decide(observation: GroupObservation, anywhere: Circumstances): Decision {
  const { view, state } = observation;
  const circumstances = { ...anywhere, policy: policyFor(anywhere.policy, observation) };
  const memory = memoryOf(state);
  switch (view.kind) {
    case 'gone':
      return say('skipped', 'node-group-gone', 'The node group does not exist.', {});
    case 'unreadable':
      return say('failed', 'unreadable', view.error, memory, codeIn(view.error));
    case 'unmanaged':
      return say('skipped', view.ownership, `It has findings. ${UNMANAGED[view.ownership]}`, {});
    case 'node-group':
      return (
        follow(view, memory, circumstances.now) ??
        nothingOpen(observation, view, memory) ??
        guard(observation, view, circumstances) ??
        notUpgradable(view) ??
        onCustomImage(view, memory, circumstances) ??
        chooseRemedy(view, memory, circumstances)
      );
  }
}

/**
 * Whether the node group has been upgraded since its findings were remembered, even if it became unhealthy afterwards.
 */
export const hasMoved = (
  need: Need | undefined,
  { status, releaseVersion }: Pick<NodeGroupView, 'status' | 'releaseVersion'>,
) => need !== undefined && status !== 'UPDATING' && releaseVersion !== need.releaseVersion;

/** The outcome of the remembered findings; undefined while they are unchanged, or when there are none. */
function follow(view: NodeGroupView, memory: Memory, now: number): Decision | undefined {
  const { need } = memory;
  const { aftermath, releaseVersion, open } = view;
  if (need === undefined) return undefined;
  // Nothing can be concluded during an update: nodes that are replaced take their findings with them.
  if (view.status === 'UPDATING') return { memory };
  const moved = hasMoved(need, view);
  if (!moved && open.length > 0) return undefined;
  if (aftermath === undefined) return { memory };
  if (aftermath.workers === 0) {
    return say('done', 'findings-closed', 'The node group has no workers any more.', {}, releaseVersion);
  }
  // All these workers run the same AMI, so one scanned worker represents the others.
  if (aftermath.scanned === 0) {
    // Without an upgrade, Inspector has merely stopped scanning these workers: there is no new scan to wait for.
    if (!moved) return { memory };
    const message = `Inspector has scanned none of ${counted(aftermath.workers, 'worker')} on ${releaseVersion}.`;
    return say('waiting', 'awaiting-scan', message, memory, releaseVersion);
  }
  const left = needOf(open, releaseVersion, now);
  const after: Memory = left === undefined ? {} : { need: left };
  const stillOpen = need.vulnerabilities.filter((id) => aftermath.stillOpen.includes(id));
  const gone = need.vulnerabilities.filter((id) => !stillOpen.includes(id));
  const details = { releaseVersion, fixed: gone, notFixed: stillOpen };
  if (!moved) {
    if (stillOpen.length > 0) return { memory };
    const message = `Inspector has closed or suppressed ${listed(gone)}. The workers still run ${releaseVersion}.`;
    return say('done', 'findings-closed', message, after, gone.join(' '));
  }
  const variant = `${releaseVersion} ${need.vulnerabilities.join(' ')}`;
  if (stillOpen.length === 0) {
    const message = `Release ${releaseVersion} fixes ${listed(gone)}.`;
    const decision = say('done', 'findings-fixed', message, after, variant);
    return { ...decision, outcome: { ...decision.outcome, details } };
  }
  const fixed = gone.length === 0 ? '' : ` It fixes ${listed(gone)}.`;
  const message = `Release ${releaseVersion} does not fix ${listed(stillOpen)}, which Inspector still finds after the upgrade.${fixed}`;
  const notFixed = { releaseVersion, vulnerabilities: stillOpen };
  const decision = say('failed', 'not-fixed-by-release', message, { ...after, notFixed }, variant);
  const hint = view.amiType === 'CUSTOM' ? { hint: 'Build another AMI with the fixed packages.' } : {};
  return { ...decision, outcome: { ...decision.outcome, ...hint, details } };
}

function nothingOpen({ claimed }: GroupObservation, view: NodeGroupView, memory: Memory): Decision | undefined {
  if (view.open.length > 0) return undefined;
  if (claimed === undefined) return { memory };
  const message = 'An event named findings, but Inspector has none open on the workers.';
  return say('skipped', 'finding-not-open', message, memory);
}

/** The guards under which findings start nothing. */
function guard({ subject }: GroupObservation, view: NodeGroupView, circumstances: Circumstances): Decision | undefined {
  const { cluster } = subject;
  const verdict = guardOf(
    { cluster, tags: { [`Cluster ${cluster}`]: view.clusterTags, 'The node group': view.tags } },
    circumstances,
    REMEDY,
  );
  if ('guardResult' in verdict) {
    const { decision, reason, message, variant } = verdict.guardResult;
    return say(decision, reason, message, {}, variant);
  }
  return undefined;
}

/** The states in which EKS upgrades a node group no more, of itself and of its cluster. Others pass, or are no obstacle. */
const NO_UPGRADE = {
  group: new Set(['DELETING', 'DELETE_FAILED', 'CREATE_FAILED']),
  cluster: new Set(['DELETING', 'FAILED']),
};

/** Open findings that no upgrade will end. What has failed for good, upgrade-node-groups tells people. */
function notUpgradable({ status, clusterStatus }: NodeGroupView): Decision | undefined {
  const what = NO_UPGRADE.cluster.has(clusterStatus)
    ? `Its cluster is ${clusterStatus}`
    : NO_UPGRADE.group.has(status) && `The node group is ${status}`;
  if (what === false) return undefined;
  return say('skipped', 'not-upgradable', `It has findings. ${what}, so EKS does not upgrade it.`, {}, what);
}

/** Findings on an AMI of the owner's own: nothing here replaces it, so people are told of the gravest. */
function onCustomImage(
  { amiType, releaseVersion, open }: NodeGroupView,
  memory: Memory,
  { now }: Circumstances,
): Decision | undefined {
  if (amiType !== 'CUSTOM') return undefined;
  const runs = `the custom AMI ${releaseVersion}`;
  // Workers that still run another AMI are replaced, and say nothing of this one.
  const own = open.filter(({ image }) => image !== 'other');
  const need = needOf(own, releaseVersion, now);
  if (need === undefined || !isGrave(need)) {
    return say('skipped', 'custom-ami', `It has findings, and runs ${runs}.`, {});
  }
  // Remembered until another AMI or a scan ends them. Whether an AMI of the owner fixes them, nobody knows: so they
  // hasten no move to one.
  const remembered: Memory = { ...memory, need: { ...need, urgency: 'normal' } };
  const message = `${describe(need, own)}. A fix is available, and the node group runs ${runs}.`;
  return say('refused', 'custom-ami-vulnerable', message, remembered, releaseVersion);
}

/** Whether people are told of findings that nothing here ends. */
const isGrave = ({ severity, urgency }: Need): boolean => severity === 'CRITICAL' || urgency === 'urgent';

/** Decides what to do about open findings: is there an AMI newer than that of the workers? */
function chooseRemedy(view: NodeGroupView, memory: Memory, { policy, now }: Circumstances): Decision {
  const { open, target, amiType, releaseVersion } = view;
  const need = needOf(open, releaseVersion, now);
  if (need === undefined) throw new Error('Only open findings want a remedy.');
  const remembered: Memory = { ...memory, need };
  const order = target.kind === 'release' ? compareReleases(amiType, target.releaseVersion, releaseVersion) : undefined;
  const what = describe(need, open);
  const details = {
    urgency: need.urgency,
    severity: need.severity,
    vulnerabilities: need.vulnerabilities,
    workers: [...new Set(open.map(({ instanceId }) => instanceId))].slice(0, 10),
  };
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
    const variant = `${target.releaseVersion} ${need.urgency}`;
    const way = need.urgency === 'urgent' ? 'urgent' : 'at its turn';
    if (policy.findings.mode === 'observe') {
      const message = `${what}. An upgrade to ${target.releaseVersion} would be requested, ${way}.`;
      return withDetails(say('would-act', 'would-request-upgrade', message, remembered, variant));
    }
    const message = `${what}. An upgrade to ${target.releaseVersion} is requested, ${way}.`;
    return { ...withDetails(say('acted', 'upgrade-requested', message, remembered, variant)), act: 'request-upgrade' };
  }
  const behind = [...new Set(open.filter(({ image }) => image === 'other').map(({ instanceId }) => instanceId))].sort();
  if (view.status === 'ACTIVE' && order === 0 && behind.length > 0 && open.every(({ image }) => image === 'other')) {
    const message = `${what}. The node group runs ${releaseVersion}. These workers do not: ${listed(behind)}.`;
    return withDetails(say('skipped', 'worker-left-behind', message, {}, behind.join(' ')));
  }
  const { reason, why } = whyNone(view, order, memory);
  // The variant names the target, so that another target is recorded anew. It uses AWS's error code, because AWS puts
  // request ids into messages.
  const none = target.kind === 'none' && `${target.reason} ${target.unreadable?.code ?? target.message}`;
  const variant = `${releaseVersion} ${target.kind === 'release' ? target.releaseVersion : none} ${need.urgency}`;
  return withDetails(say('waiting', reason, `${what}. ${why}`, remembered, variant));
}

/**
 * Why no newer release is available.
 *
 * @param order of the target against the running release, where there is a target
 */
function whyNone(
  { target, releaseVersion: current }: NodeGroupView,
  order: number | undefined,
  { notFixed }: Memory,
): { readonly reason: Reason; readonly why: string } {
  const later = 'The upgrade is hastened when a newer one appears.';
  if (target.kind === 'none') {
    const { reason, message, recommended } = target;
    if (recommended === current) {
      return { reason: 'no-newer-ami', why: `${current} is the release that Amazon recommends. ${later}` };
    }
    return {
      reason,
      why: `${message} ${reason === 'release-not-yet-seen' ? 'The upgrade is hastened when it is.' : later}`,
    };
  }
  const { releaseVersion: recommended } = target;
  if (order === undefined) {
    const why = `It runs ${current}. The versions do not tell whether the recommended ${recommended} is newer.`;
    return { reason: 'release-incomparable', why };
  }
  if (order < 0) {
    return {
      reason: 'newer-than-recommended',
      why: `It runs ${current}, which is newer than the recommended ${recommended}. ${later}`,
    };
  }
  if (target.unseen !== undefined) {
    const why = `${target.unseen} has just been published. The upgrade is hastened when watch-ami-releases has seen it.`;
    return { reason: 'no-newer-ami', why };
  }
  const fixesNot = notFixed?.releaseVersion === current ? 'does not fix it, and ' : '';
  return { reason: 'no-newer-ami', why: `${current} ${fixesNot}is the newest release. ${later}` };
}

/** Describes the findings, such as `3 workers have open findings: CVE-2026-31415 (CRITICAL) and 2 more`. */
function describe(need: Need, open: readonly OpenFinding[]): string {
  const workers = new Set(open.map(({ instanceId }) => instanceId)).size;
  return `${counted(workers, 'worker has', 'workers have')} open findings: ${nameOf(need)}`;
}
