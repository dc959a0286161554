import { GROUP_REASONS } from '../shared/fleet/group-reasons.ts';
import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { RELEASE_REASONS } from '../shared/releases/release-reasons.ts';

/** Reasons of records by `triage-findings`. */
export const FINDING_REASONS = {
  ...GROUP_REASONS,
  ...RELEASE_REASONS,
  'findings-counted': { meaning: 'The findings of one batch of messages, each counted once by what became of it.' },
  'not-a-worker': { meaning: 'The findings are on instances that are no workers of an EKS cluster. Nothing is done.' },
  'finding-not-open': { meaning: 'An event named a finding that is not open in Amazon Inspector. Nothing is done.' },
  'upgrade-requested': {
    meaning: 'Findings are open, and a newer AMI release exists. A reconcile of upgrade-node-groups was requested.',
  },
  'would-request-upgrade': { meaning: 'In mode enforce the upgrade would have been requested now.' },
  'not-upgradable': {
    meaning:
      'Findings are open, and EKS upgrades no node group in its state or that of its cluster: it is being deleted, or its creation or deletion has failed.',
    hint: 'Nothing to do for one that is being deleted. For another one the records of upgrade-node-groups say what to do.',
  },
  'upgrades-off': {
    meaning:
      'Findings are open, and a newer AMI release exists. The policy has upgrades off (upgrades.mode), so that nobody is asked for one.',
    hint: 'Upgrade the node group yourself, or set upgrades.mode to observe or enforce.',
  },
  'no-newer-ami': {
    meaning: 'Findings are open, and no newer AMI release exists. When one appears, the upgrade is requested.',
  },
  'urgent-without-ami': {
    meaning:
      'Urgent findings with a fix are open, and no AMI release is known to be newer: nothing here ends them before one appears. Then the upgrade is requested, and hastened.',
    hint: 'Until then, where the operating system lets you, update the package on the hosts; or keep away from them what could exploit it.',
    severity: 'high',
  },
  'worker-left-behind': {
    meaning:
      'The node group runs the newest release, but this worker does not. It drained too slowly, or it was detached.',
    hint: 'Drain the worker and terminate its instance.',
  },
  'awaiting-scan': { meaning: 'The node group runs a newer release now. Inspector has not scanned its workers yet.' },
  'move-requested': {
    meaning:
      'Findings are open on workers outside of managed node groups. A reconcile of the function that has them replaced was requested: refresh-groups, or steer-node-classes for nodes of Karpenter.',
  },
  'would-request-move': {
    meaning: 'In mode enforce a reconcile of refresh-groups or steer-node-classes would have been requested now.',
  },
  'move-awaited': { meaning: 'Findings are open, and a refresh of the group to another AMI is under way.' },
  'ami-stays': {
    meaning:
      'Findings are open on workers outside of managed node groups, and nothing here replaces their AMI now. The message says why.',
  },
  'ami-stays-vulnerable': {
    meaning:
      'Critical or urgent findings with a fix are open on workers outside of managed node groups, and nothing here replaces their AMI now. The message says why.',
    hint: 'Have the workers run an AMI with the fixed packages.',
    severity: 'high',
  },
  'findings-fixed': { meaning: 'After an upgrade, Inspector does not find the vulnerabilities any more.' },
  'not-fixed-by-release': {
    meaning: 'After an upgrade, Inspector still finds the vulnerabilities. This release does not fix them.',
    hint: 'Nothing to do: the next upgrade is requested when a newer release appears.',
  },
  'findings-closed': { meaning: 'Inspector has closed or suppressed the findings without an upgrade.' },
  'inspector-off': {
    meaning:
      "Amazon Inspector's EC2 scanning is off in this account and region. Nothing scans workers for vulnerabilities.",
    hint: 'Switch it on in Inspector, or allow findings.enableInspector.',
  },
  'inspector-unavailable': {
    meaning:
      'Amazon Inspector is not offered in this region, or an organization denies it, as a whole or one of its lists; the message says which.',
    hint: 'Nothing to do where it is denied on purpose: upgrades still follow new AMI releases. Each sweep tries again.',
    severity: 'low',
  },
  'would-enable-inspector': { meaning: "In mode enforce Inspector's EC2 scanning would have been switched on now." },
  'inspector-enabled': { meaning: "Amazon Inspector's EC2 scanning was switched on." },
  'inspector-on': { meaning: "Amazon Inspector's EC2 scanning is on." },
  'inspector-refused': {
    meaning: 'Amazon Inspector refused to switch on its EC2 scanning. The message says why.',
    hint: 'In an organization the delegated administrator may have to do it.',
  },
  'workers-not-scanned': {
    meaning: 'Amazon Inspector does not scan some workers. The message names the reasons that it gives.',
    hint: 'The message says what lets Inspector scan. The Inspector API reference (ScanStatus) explains the other reasons.',
  },
  'workers-scanned': { meaning: 'Inspector leaves no worker of the group out any more.' },
  'custom-ami-vulnerable': {
    meaning:
      'Critical or urgent findings with a fix are open, and the node group runs a custom AMI: no release of Amazon replaces it, and no newer AMI that the policy names by itself.',
    hint: 'Build an AMI with the fixed packages, and move the node group to it: name it in the policy (upgrades.image.wanted, with upgrades.image.mode enforce), or in its launch template.',
    severity: 'high',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof FINDING_REASONS;
