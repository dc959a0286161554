/**
 * Every reason that a record can give: a stable code with its meaning and, where there is something to do, what.
 * Codes are part of the product: queries and alarms name them, so one is never renamed.
 */
export const REASONS = {
  'release-seen': { meaning: 'A newer AMI release of a pair that the fleet uses was seen for the first time.' },
  'release-withdrawn': {
    meaning: 'Amazon recommends an older release than the newest one seen: the newer one was withdrawn.',
    hint: 'Nothing to do: no node group moves until a release newer than the withdrawn one appears.',
  },
  'no-release-for-version': {
    meaning: 'Amazon publishes no AMI release of this type for this Kubernetes version.',
    hint: 'AL2 ends at Kubernetes 1.32: create a node group of an AL2023 or Bottlerocket type and move workloads to it.',
  },
  'unknown-ami-type': {
    meaning: 'The AMI type is not one whose releases this version of the remediator knows.',
    hint: 'Update EKS Host Remediator.',
  },
  'release-not-yet-seen': {
    meaning: 'The recommended release is newer than what watch-ami-releases has recorded; its bake time has not begun.',
    hint: 'Nothing to do: the watcher records it on its next run. If this stays, look at its alarms.',
  },
  'release-incomparable': {
    meaning: 'Whether the recommended release is newer than the running one cannot be told from their versions.',
    hint: 'Upgrade this node group by hand once; later releases can then be compared.',
  },
  'up-to-date': { meaning: 'The node group runs the recommended release.' },
  'newer-than-recommended': {
    meaning: 'The node group runs a newer release than the recommended one; it is never moved back.',
  },
  baking: { meaning: 'The release has not been known for as long as the policy asks (upgrades.bakeAge).' },
  'outside-change-window': { meaning: 'No change window of the policy (upgrades.windows) is open.' },
  'cluster-concurrency': {
    meaning: 'As many node groups of this cluster are being upgraded as the policy allows (concurrency.perCluster).',
  },
  'account-concurrency': {
    meaning: 'As many node groups of this account and region are being upgraded as the policy allows.',
  },
  'retry-later': { meaning: 'An earlier attempt failed; the next one waits (upgrades.retryAfter, doubled each time).' },
  'upgrade-started': { meaning: 'UpdateNodegroupVersion was called: EKS replaces the nodes one step at a time.' },
  'would-upgrade': { meaning: 'In mode enforce the upgrade would have been started now.' },
  'upgrade-in-flight': { meaning: 'EKS is replacing the nodes.' },
  'update-in-progress': {
    meaning: 'An update that somebody else started is running on the node group.',
    hint: 'Nothing to do: it is looked at again when the update has ended.',
  },
  upgraded: { meaning: 'EKS reports the update as successful and the node group names the new release.' },
  'upgrade-failed': { meaning: 'EKS ended the update without success.' },
  'upgrade-refused': {
    meaning: 'EKS did not accept the update.',
    hint: "Read the error in the message: it names EKS's reason.",
  },
  halted: {
    meaning: 'Upgrades of this node group to this release failed as often as the policy allows.',
    hint: 'Cure the cause that the upgrade-failed records name. A newer release, or a higher stopAfterFailures, resumes.',
  },
  'opted-out': {
    meaning: 'The cluster or node group has the tag eks-host-remediator:ignore.',
    hint: 'Remove the tag to let it be upgraded.',
  },
  'out-of-scope': { meaning: "The policy's scope does not name this cluster or account." },
  'kill-switch': { meaning: 'The policy has killSwitch on: nothing acts.', hint: 'Set killSwitch to false to resume.' },
  'mode-off': { meaning: 'The policy has this remediation off.' },
  'policy-invalid': {
    meaning: 'The policy cannot be read: nothing acts.',
    hint: 'Correct the policy parameter; the message names the field.',
  },
  'cluster-not-active': { meaning: 'The cluster is not ACTIVE.' },
  'node-group-not-active': { meaning: 'The node group is neither ACTIVE nor being updated.' },
  'node-group-unhealthy': {
    meaning: 'EKS reports health issues of the node group; an upgrade would likely make them worse.',
    hint: 'Cure the issues that the message names (aws eks describe-nodegroup shows them).',
  },
  'node-group-gone': { meaning: 'The node group no longer exists.' },
  unreadable: {
    meaning: 'AWS refused to tell the state of the cluster or node group: doubt means no.',
    hint: 'Read the error in the message; a missing permission is the usual cause.',
  },
  'custom-ami': { meaning: 'The node group runs a custom AMI: its releases are yours, not EKS’s.' },
  'self-managed': { meaning: 'A self-managed node group (an Auto Scaling group): not upgraded by this version.' },
  karpenter: { meaning: 'Nodes of Karpenter: their AMI is chosen by the EC2NodeClass, replaced by drift.' },
  'auto-mode': { meaning: 'EKS Auto Mode: AWS replaces these nodes itself.' },
  'sweep-finished': { meaning: 'Every cluster and node group was put up to be looked at again.' },
  'invalid-event': {
    meaning: 'A message was not one of the events that this function takes; it is in the dead-letter queue.',
    hint: 'The message names the field. Correct the sender; the message can be redriven.',
  },
} as const satisfies Record<string, { meaning: string; hint?: string }>;

export type Reason = keyof typeof REASONS;

/** What to do about a reason, where there is something to do. */
export function hintOf(reason: Reason): string | undefined {
  const entry: { readonly meaning: string; readonly hint?: string } = REASONS[reason];
  return entry.hint;
}
