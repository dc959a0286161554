import { GROUP_REASONS, OPERATED_REASON } from '../shared/fleet/group-reasons.ts';
import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { RELEASE_REASONS } from '../shared/releases/release-reasons.ts';
import { ROLLOUT_REASONS } from '../shared/rollouts/rollout-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** What `upgrade-node-groups` says. */
export const UPGRADE_REASONS = {
  ...GROUP_REASONS,
  ...OPERATED_REASON,
  ...RELEASE_REASONS,
  ...ROLLOUT_REASONS,
  'wanted-image-missing': {
    meaning:
      'The policy names an AMI that does not exist, or is not shared with this account, or more AMIs than are read for one name (upgrades.image.wanted).',
    hint: 'Put the id of an AMI into the parameter, or correct owners, namePattern and architecture in the policy.',
  },
  'image-of-another-kind': {
    meaning:
      'The policy names newer AMIs, but none of them may replace the present one. They have another owner, architecture, system, accelerator or root device, are deprecated or not allowed, or are for a newer Kubernetes version than the control plane’s, or for an older one than the present AMI.',
    hint: 'The message names them and says why. Name another AMI in the policy, or move the workloads to a new node group.',
  },
  'present-image-unknown': {
    meaning:
      'EC2 does not describe the AMI of the node group any more, and no instance runs it. No other AMI can be compared with it.',
    hint: 'Once, move the node group by hand to an AMI that exists (aws eks update-nodegroup-version with a version of its launch template).',
  },
  'template-unfit': {
    meaning: 'The AMI of the node group cannot be changed in its launch template.',
    hint: 'The message says why. If the template takes its AMI from a parameter, give that a new value and update the node group by hand.',
  },
  'template-kept-as-code': {
    meaning:
      'Another AMI is due. The launch template or the node group is managed as code, or no tag says by whom, so the change is only proposed.',
    hint: 'Make the change that the message names in the code of the template. Then update the node group with the new version.',
    severity: 'low',
  },
  'template-set-back': {
    meaning:
      'An upgrade brought the node group to another AMI, by a version of its launch template that was made for it, and somebody has set the group back to the former AMI, for which EKS replaced all nodes. No further upgrade starts, since each would be undone.',
    hint: 'Find out who sets the node group back: CloudTrail has UpdateNodegroupVersion. Put the AMI where the group and its template are written, or update the group to the newer version of the message. From then on newer AMIs come to it again.',
    severity: 'low',
  },
  'release-set-back': {
    meaning:
      'An upgrade brought the node group to a release, and somebody has set the group back to an older one, for which EKS replaced all nodes. That release is not tried again, since it may be bad, or the upgrade would be undone again. A newer release is tried once.',
    hint: 'Find out who set the node group back, and why: CloudTrail has UpdateNodegroupVersion. Where code names the release, change or remove that. To have the release after all, update the node group to it yourself: aws eks update-nodegroup-version --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP. From then on newer releases come to it again.',
    severity: 'low',
  },
  'unmanaged-unread': {
    meaning:
      'AWS does not show the groups outside of managed node groups, or how old their nodes are. Sweeps ask no function to look at those that are not shown: self-managed groups are not refreshed or drained, and node classes of Karpenter not pinned.',
    hint: 'Read the error in the message. Where access is denied, give upgrade-node-groups the right that the message names. Other errors mostly end by themselves.',
  },
  'unmanaged-shown': { meaning: 'AWS shows the groups outside of managed node groups again.' },
  'up-to-date': { meaning: 'The node group and all its nodes in service run the recommended release.' },
  'newer-than-recommended': {
    meaning: 'The node group runs a newer release than the recommended one. It is never moved back.',
  },
  'runs-withdrawn-release': {
    meaning:
      'The node group runs a release that Amazon has withdrawn since. It is never moved back. It is upgraded when a newer release appears.',
    hint: 'Find out why it was withdrawn. If that matters, move the workload to a new node group, which gets the recommended release.',
  },
  baking: { meaning: 'The release has not been known for as long as the policy asks (upgrades.bakeAge).' },
  'outside-change-window': { meaning: 'No change window of the policy (upgrades.windows) is open.' },
  'insights-gate-closed': {
    meaning:
      'EKS’s upgrade insights (category UPGRADE_READINESS) say ERROR for the Kubernetes version that the node group would move to.',
    hint: 'Cure what the insights name: aws eks list-insights --region REGION --cluster-name CLUSTER. EKS refreshes them every day. To pass them over, set upgrades.gates.insights to off.',
    severity: 'medium',
  },
  'insights-unreadable': {
    meaning: 'EKS’s upgrade insights cannot be read. A gate that cannot be read is closed.',
    hint: 'The message has the error. It is tried again by itself; to pass them over, set upgrades.gates.insights to off.',
  },
  'preflight-blocked': {
    meaning:
      'The check before the start found what would block the upgrade: too few free addresses in the subnets, a suspended process of the Auto Scaling group, nodes in a Capacity Block, or pods that a disruption budget does not let go. Nothing was changed.',
    hint: 'Cure what the message names. The check is repeated by itself. To start all the same, set upgrades.preflight to warn.',
    // Nothing has failed, and the function tries nothing more until somebody acts.
    severity: 'medium',
  },
  'preflight-pending': {
    meaning: 'The upgrade could start. It is checked first, in the next minutes.',
  },
  'cluster-concurrency': {
    meaning:
      'The policy allows no more updates in this cluster at a time (upgrades.concurrency.perCluster). Updates of others count, too.',
  },
  'account-concurrency': {
    meaning:
      'The policy allows no more updates in this account and region at a time (upgrades.concurrency.perAccount). Updates of others count, too.',
  },
  'worker-in-quarantine': {
    meaning:
      'A worker of the node group is in quarantine, and an upgrade could terminate it before it is analysed. The upgrade waits as long as the policy says (upgrades.waitForQuarantine).',
    hint: `Save what you need from the worker, then release or terminate it (${OPERATOR_COMMAND} quarantines). When that time is over, the upgrade starts anyway.`,
  },
  'upgrade-started': { meaning: 'UpdateNodegroupVersion was called: EKS replaces the nodes one step at a time.' },
  'would-upgrade': {
    meaning: 'In mode enforce the upgrade would have been started now.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve CLUSTER/NODEGROUP --why "…".`,
  },
  'approval-required': {
    meaning:
      'The policy wants each upgrade approved before it starts (upgrades.approval), and this one is not yet, or its approval has expired.',
    hint: `To have it done: ${OPERATOR_COMMAND} approve CLUSTER/NODEGROUP --why "…".`,
  },
  'upgrade-in-flight': { meaning: 'EKS is replacing the nodes.' },
  'update-in-progress': {
    meaning: 'An update that somebody else started runs on the node group. It counts in the limits.',
    hint: 'Nothing to do: it is reconciled again when the update has ended.',
  },
  'update-stuck': {
    meaning: "Somebody else's update has run longer than such a node group needs. No upgrade starts before it ends.",
    hint: 'Check the update that the message names (aws eks describe-update --region REGION --name CLUSTER --nodegroup-name NODEGROUP --update-id UPDATE_ID) and the nodes that do not drain. EKS ends an update by itself. If it does not, open a case with AWS Support.',
  },
  'upgrade-stuck': {
    meaning:
      'The upgrade has run longer than such a node group needs. It delays other upgrades of its cluster, but not of the account.',
    hint: 'Check the update that the message names (aws eks describe-update --region REGION --name CLUSTER --nodegroup-name NODEGROUP --update-id UPDATE_ID), and the nodes that do not drain. Causes are a PodDisruptionBudget, a pod that does not end, or no room for new nodes. If it stays, open a case with AWS Support.',
  },
  'upgrade-deferred': {
    meaning: 'EKS does not accept the update now. The cause mostly passes by itself. It does not count as an attempt.',
    hint: 'Nothing to do for a day: the update is tried again, with longer and longer pauses. After a day it is told what EKS says.',
    // The function goes on trying.
    severity: 'low',
  },
  'upgrade-unauthorized': {
    meaning: 'A permission is missing for the update. No update was attempted.',
    hint: 'Grant what the message names. The update is tried again by itself.',
  },
  'release-in-doubt': {
    meaning: 'Amazon recommends another release than before. No upgrade starts until a second read confirms it.',
    hint: 'Nothing to do: watch-ami-releases decides with its next runs. If this lasts, check its alarms.',
  },
  'end-of-life': {
    meaning:
      'The node group runs the last AMI release of its type and Kubernetes version. Amazon publishes no more of them.',
    hint: 'Nodes stay vulnerable to what is found from now on. Make the move that the message names.',
    severity: 'high',
  },
  'nodes-differ': {
    meaning: 'Some nodes in service do not run the release of the node group, as after an update that failed halfway.',
    hint: 'The next upgrade replaces all nodes. If you cannot wait, terminate those nodes one by one. New ones run the release.',
  },
  'nodes-not-replaced': {
    meaning:
      'Nodes of the group were ordered to be replaced, there is no newer release, and EKS did not replace them with the release that they run: EKS was asked once, and not documented to do so. The message names what surely replaces them.',
    hint: 'Do what the message names before the day that the records of watch-support-dates name (authority-due). A newer release replaces the nodes as well.',
    severity: 'high',
  },
  'version-skew': {
    meaning:
      'The Kubernetes versions of control plane and node group differ more than EKS supports. EKS accepts no update.',
    hint: 'Move the node group: aws eks update-nodegroup-version --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP --kubernetes-version VERSION, or replace it. With upgrades.controlPlane.mode enforce it follows its control plane by itself.',
  },
  'degraded-by-upgrade': {
    meaning:
      'The node group has been unhealthy since an upgrade failed. No further attempt is made until it is healthy.',
    hint: 'Cure the issues that the message names (aws eks describe-nodegroup --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP shows them). A newer release is tried as a cure.',
    severity: 'high',
  },
  'control-plane-settling': {
    meaning:
      'The control plane runs a newer Kubernetes version. The node group follows it after the time in the policy (upgrades.controlPlane.followAfter), in which EKS can roll the control plane back.',
  },
  'control-plane-changing': {
    meaning:
      'The version or the certificate authority of the control plane is being changed. No node group follows it before that has ended.',
  },
  'control-plane-rolled-back': {
    meaning:
      'An operator rolled the control plane back. No node group moves to a newer Kubernetes version before it is upgraded again.',
  },
  'next-release-older': {
    meaning:
      'The control plane runs a newer Kubernetes version. The releases for it are older than the release that the node group runs, and no node group is moved back.',
  },
  upgraded: {
    meaning:
      'EKS reports the update as successful and the node group names the new release; where nodes were replaced with the release that they ran, a fresh read shows that none from before is left.',
  },
  'upgrade-failed': {
    meaning: 'EKS ended the update without success.',
    // The function tries again by itself. `halted` tells when it stops.
    severity: 'medium',
  },
  'upgrade-refused': {
    meaning: 'EKS did not accept the update.',
    hint: "Read the error in the message: it names EKS's reason.",
  },
  halted: {
    meaning:
      'Upgrades of this node group to this release failed as often as the policy allows. No further attempt is made.',
    hint: `Cure the cause that the upgrade-failed and upgrade-refused records name, then: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…".`,
    // The function tries nothing more until somebody acts.
    severity: 'high',
  },
  'cluster-not-active': {
    meaning:
      'The cluster is not ACTIVE: EKS updates none of its node groups meanwhile. One that takes longer than a day is told.',
  },
  'cluster-failed': {
    meaning: 'The cluster is FAILED: EKS updates none of its node groups. Rollouts do not wait for them.',
    hint: 'Look at its health issues (aws eks describe-cluster --region REGION --name CLUSTER). Cure them, or delete the cluster and create it anew.',
  },
  'cluster-unhealthy': {
    meaning: 'EKS reports health issues of the cluster that may keep new nodes from joining it, or from working.',
    hint: 'Cure the issues that the message names (aws eks describe-cluster --region REGION --name CLUSTER shows them). EKS takes up to three hours to see that. Upgrades then continue by themselves.',
  },
  'node-group-not-active': {
    meaning:
      'The node group is neither ACTIVE nor being updated. Where its creation or deletion failed, that does not end by itself. One that takes longer than a day is told.',
  },
  'node-group-unhealthy': {
    meaning: 'EKS reports health issues of the node group. An upgrade does not cure them, or did not cure them.',
    hint: 'Cure the issues that the message names (aws eks describe-nodegroup --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP shows them). Upgrades then continue by themselves.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof UPGRADE_REASONS;
