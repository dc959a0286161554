import { GROUP_REASONS } from '../shared/fleet/group-reasons.ts';
import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { RELEASE_REASONS } from '../shared/releases/release-reasons.ts';

/** What `upgrade-node-groups` says. */
export const UPGRADE_REASONS = {
  ...GROUP_REASONS,
  ...RELEASE_REASONS,
  'up-to-date': { meaning: 'The node group runs the recommended release.' },
  'runs-withdrawn-release': {
    meaning:
      'The node group runs a release that Amazon has withdrawn since. It is never moved back, but on when a newer one appears.',
    hint: 'Find out why it was withdrawn. If that matters, move to a new node group: it gets the recommended release.',
  },
  baking: { meaning: 'The release has not been known for as long as the policy asks (upgrades.bakeAge).' },
  'outside-change-window': { meaning: 'No change window of the policy (upgrades.windows) is open.' },
  'cluster-concurrency': {
    meaning: 'As many node groups of this cluster are being upgraded as the policy allows (concurrency.perCluster).',
  },
  'account-concurrency': {
    meaning: 'As many node groups of this account and region are being upgraded as the policy allows.',
  },
  'upgrade-started': { meaning: 'UpdateNodegroupVersion was called: EKS replaces the nodes one step at a time.' },
  'would-upgrade': {
    meaning: 'In mode enforce the upgrade would have been started now.',
    hint: 'To have it done once: npm run -s remediator -- approve CLUSTER/NODEGROUP --why "…".',
  },
  'upgrade-in-flight': { meaning: 'EKS is replacing the nodes.' },
  'update-in-progress': {
    meaning: 'An update that somebody else started is running on the node group.',
    hint: 'Nothing to do: it is reconciled again when the update has ended.',
  },
  upgraded: { meaning: 'EKS reports the update as successful and the node group names the new release.' },
  'upgrade-failed': {
    meaning: 'EKS ended the update without success.',
    // It is tried again by itself; `halted` tells when it is not any more.
    severity: 'medium',
  },
  'upgrade-refused': {
    meaning: 'EKS did not accept the update.',
    hint: "Read the error in the message: it names EKS's reason.",
  },
  halted: {
    meaning: 'Upgrades of this node group to this release failed as often as the policy allows.',
    hint: 'Cure the cause that the upgrade-failed and upgrade-refused records name, then: npm run -s remediator -- resume CLUSTER/NODEGROUP --why "…".',
    // Nothing more is tried until somebody acts.
    severity: 'high',
  },
  'cluster-not-active': { meaning: 'The cluster is not ACTIVE.' },
  'node-group-not-active': { meaning: 'The node group is neither ACTIVE nor being updated.' },
  'node-group-unhealthy': {
    meaning: 'EKS reports health issues of the node group; an upgrade would likely make them worse.',
    hint: 'Cure the issues that the message names (aws eks describe-nodegroup shows them).',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof UPGRADE_REASONS;
