import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { ROLLOUT_REASONS } from '../shared/rollouts/rollout-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** What `steer-node-classes` says. */
export const NODE_CLASS_REASONS = {
  ...ROLLOUT_REASONS,
  'would-pin-node-class': {
    meaning:
      'In mode enforce the AMI alias of the EC2NodeClass would be pinned to the release that the message names. Karpenter would replace nodes of other releases within the disruption budgets of their pools.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
  },
  'node-class-kept-as-code': {
    meaning:
      'A release is due for the EC2NodeClass, which somebody keeps as code, so the change is only proposed. The record has it as a patch.',
    hint: 'Commit the patch that the record has under details.patch. Try it first with kubectl patch and --dry-run=server.',
    severity: 'low',
  },
  'node-class-set-back': {
    meaning:
      'A release is due for the EC2NodeClass. It was pinned here before, and somebody has given it its former AMI terms back, so it is not pinned again.',
    hint: 'Find out who writes the class: kubectl get ec2nodeclass NAME -o yaml --show-managed-fields. Make the change where the class is kept; the record has it as a patch, under details.patch. From then on newer releases are pinned again. To have the class left alone instead: the annotation eks-host-remediator/ignore.',
    severity: 'low',
  },
  'node-class-being-pinned': {
    meaning:
      'The AMI alias of the EC2NodeClass was pinned. Karpenter replaces nodes of other releases within the disruption budgets of their pools.',
    hint: `To undo it: ${OPERATOR_COMMAND} reject RESOURCE --why "…".`,
    rejectUndoes: true,
  },
  'node-class-drifting': {
    meaning:
      'The EC2NodeClass is pinned to the wanted release, and Karpenter still replaces nodes of other releases or Kubernetes versions.',
    hint: 'Where it takes long, look at the disruption budgets of the node pools, at karpenter.sh/do-not-disrupt and at the budgets of pods.',
    rejectUndoes: true,
  },
  'node-class-drift-barred': {
    meaning:
      'The EC2NodeClass is pinned to the wanted release. Nodes of other releases stay, because a disruption budget of their NodePool is 0 at any time for drifted nodes, or because limits.nodes of a static NodePool leaves no room for a node besides its replicas.',
    hint: 'Raise spec.disruption.budgets of the NodePool, or give the budget of 0 a schedule; set limits.nodes of a static NodePool above its replicas. Nodes that expire are replaced all the same.',
    severity: 'low',
    rejectUndoes: true,
  },
  'node-class-unwell': {
    meaning:
      'Karpenter says that the EC2NodeClass is not ready, or that nodes of its pools do not join. It launches no nodes of a class that is not ready.',
    hint: 'Look at the conditions of the class (kubectl describe ec2nodeclass) and of its pools. A newer release is pinned all the same, once it has baked.',
    rejectUndoes: true,
  },
  'node-class-runs-withdrawn': {
    meaning:
      'The EC2NodeClass is pinned to a release that Amazon has withdrawn since. It is never pinned to an older one. It is pinned to a newer release once that has baked.',
    hint: 'Find out why it was withdrawn. If that matters, pin the class to an older release yourself.',
    rejectUndoes: true,
  },
  'node-class-drift-slow': {
    meaning:
      'The EC2NodeClass has been pinned for more than a day, and Karpenter has not replaced all nodes of other releases or Kubernetes versions.',
    hint: 'Look at the events of the nodes (kubectl get events --field-selector reason=DisruptionBlocked): the usual causes are disruption budgets, karpenter.sh/do-not-disrupt, which a worker in quarantine bears, too, and budgets of pods. A node that is not Ready, as one in quarantine, counts against the disruption budgets. An alias that names no release for the Kubernetes version of the control plane changes nothing, either.',
    severity: 'low',
    rejectUndoes: true,
  },
  'node-class-current': {
    meaning: 'The EC2NodeClass is pinned, no newer release has baked, and all its nodes run that release.',
    rejectUndoes: true,
  },
  'pin-undone': {
    meaning: 'An operator had the pin undone. The EC2NodeClass has its former AMI terms again.',
    hint: 'Karpenter may replace nodes again, as the former terms say.',
  },
  'pin-changed-since': {
    meaning: 'The pin is not undone, because somebody has changed the AMI terms of the EC2NodeClass since.',
  },
  'pin-refused': {
    meaning: "The cluster refused the change of the EC2NodeClass. The message has the cluster's words.",
    hint: 'The usual cause is a missing right: npm run -s rbac -- --node-classes | kubectl apply -f -.',
    rejectUndoes: true,
  },
  'node-class-release-baking': {
    meaning:
      'The EC2NodeClass follows each release at once. No release that is new enough for its nodes has baked yet.',
  },
  'node-class-release-unknown': {
    meaning: 'Which release the EC2NodeClass should be pinned to is not known yet. The message says why.',
  },
  'node-class-release-unpublished': {
    meaning:
      'A release has baked, but Amazon does not publish it under the name that Karpenter looks up, for every architecture and variant in use. A pin would resolve to nothing.',
  },
  'node-release-unknown': {
    meaning:
      'Nodes of the EC2NodeClass run an AMI whose release nobody can tell, so the alias is left as it is: it is never pinned to an older release than a node runs.',
    hint: 'Replace the nodes with that AMI, which the message names.',
  },
  'ami-terms-custom': {
    meaning: 'The EC2NodeClass selects AMIs by id, name, tags or parameter. Which one it uses is up to its owner.',
  },
  'ami-alias-left-alone': {
    meaning: 'The EC2NodeClass has an alias of a family that is not pinned here, such as AL2 or Windows.',
  },
  'ami-alias-ended': {
    meaning: 'The EC2NodeClass has an alias of AL2, and nodes. Amazon publishes no more AMIs of it.',
    hint: 'Nodes stay vulnerable to what is found from now on, and Karpenter supports the alias up to Kubernetes 1.32 alone. Make the move that the message names.',
    severity: 'high',
  },
  'node-classes-unread': {
    meaning: 'The cluster has nodes of Karpenter, and does not let their EC2NodeClasses be read. The message says why.',
    hint: 'Give steer-node-classes access: docs/kubernetes-access.md. Where its Karpenter is older than 1.0, upgrade that first.',
  },
  'node-classes-read': { meaning: "The cluster's EC2NodeClasses can be read." },
  'node-class-outside-window': { meaning: 'No change window of nodeClasses.windows is open.' },
  'node-class-malformed': {
    meaning:
      'The EC2NodeClass, or a NodePool or NodeClaim of it, is not as its kind has it in karpenter.sh/v1, so the class is left as it is. The message names the object and the member.',
    hint: 'Correct the object that the message names. Where its cluster accepts it, the version of its custom resource definition is one that is not known here.',
  },
  'node-class-gone': { meaning: 'The cluster has no EC2NodeClass of this name any more.' },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof NODE_CLASS_REASONS;
