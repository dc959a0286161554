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
  'agent-verified': { meaning: 'The SSM agent of the worker answers.' },
  'agent-cured': { meaning: 'After a remedy, the SSM agent of the worker answers.' },
  'agent-updated': { meaning: 'The SSM agent of the worker answers and is the latest version.' },
  'agent-not-yet-registered': {
    meaning: 'The worker was launched a short while ago; its agent may still register (ssmAgent.graceTime).',
  },
  'worker-not-running': { meaning: 'The instance is not running.' },
  'no-instance-profile': {
    meaning: 'The worker has no instance profile, and Default Host Management is off.',
    hint: 'Give the node group a node role, or allow ssmAgent.remedies.defaultHostManagement.',
  },
  'role-lacks-ssm': {
    meaning: 'The node role does not allow what the agent needs, and Default Host Management is off.',
    hint: 'Attach AmazonSSMManagedInstanceCore to the node role, or allow ssmAgent.remedies.attachPolicy.',
  },
  'no-network-path': {
    meaning: 'The worker has no way to Systems Manager: no route to a gateway, and no (complete, open) VPC endpoints.',
    hint: 'The message names the missing piece: add the route, the endpoint or the rule.',
  },
  'imds-unreachable': {
    meaning: 'The instance metadata service is off: the agent finds no credentials.',
    hint: 'Enable the metadata endpoint in the launch template (HttpEndpoint).',
  },
  'agent-missing': {
    meaning: 'Role, network and metadata are right, and still no agent has ever registered: it is missing or stopped.',
    hint: 'Use an AMI with the agent, or allow ssmAgent.remedies.installAgent.',
  },
  'connection-lost': {
    meaning: 'The agent registered once and does not answer any more.',
    hint: 'The worker may be overloaded or hang: replace it (drain it and terminate the instance).',
  },
  'policy-attached': { meaning: 'AmazonSSMManagedInstanceCore was attached to the node role.' },
  'default-host-management-registered': { meaning: 'Default Host Management was registered for account and region.' },
  'agent-update-started': { meaning: 'AWS-UpdateSSMAgent was sent to the worker.' },
  'agent-install-started': { meaning: 'A DaemonSet installs the agent on the worker.' },
  'would-remedy': { meaning: 'In mode enforce the remedy that the message names would have been begun now.' },
  'remedy-in-progress': { meaning: 'A remedy is at work; the agent has not answered yet.' },
  'agent-update-failed': {
    meaning: 'The update command ended without success. The agent still answers, in its old version.',
    hint: 'Look at the command in Systems Manager Run Command; the message names it.',
  },
  'agent-not-installable': {
    meaning: 'The agent is missing and cannot be installed on this operating system.',
    hint: 'Use an AMI that brings the agent along.',
  },
  'kubernetes-unreachable': {
    meaning: 'The API server of the cluster cannot be reached: the agent cannot be installed.',
    hint: 'Enable the public endpoint for the addresses of the function, or deploy the function into the VPC.',
  },
  'kubernetes-access-missing': {
    meaning: 'The cluster does not know the function: the agent cannot be installed.',
    hint: 'Add an access entry for the role of the function (docs/kubernetes-access.md).',
  },
  'kubernetes-forbidden': {
    meaning: 'The cluster does not allow the function what it needs: the agent cannot be installed.',
    hint: 'Apply the RBAC manifest: npm run -s rbac | kubectl apply -f -',
  },
  'kubernetes-failed': { meaning: 'The API server refused what the function asked for; the message says why.' },
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
