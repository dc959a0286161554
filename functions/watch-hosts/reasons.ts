import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** What `watch-hosts` says. */
export const HOST_REASONS = {
  'hosts-seen': {
    meaning:
      'The hosts of the cluster were looked at for the first time. The message counts them. From then on each change of what a group runs is told.',
  },
  'hosts-changed': {
    meaning:
      'Hosts of the group run an AMI or system that nothing was told of before, or are new. The message names what was told last.',
  },
  'hosts-ami-deprecated': {
    meaning: 'Hosts of the group run an AMI that its owner has deprecated by now.',
    hint: 'Move the group to a newer AMI. A deprecated AMI gets no more fixes, and its owner may deregister it.',
    severity: 'low',
  },
  'hosts-ami-not-allowed': {
    meaning:
      "Hosts of the group run an AMI that the account's Allowed AMIs setting forbids by now. EC2 refuses to launch another host from it.",
    hint: 'Move the group to an allowed AMI, or allow this one: aws ec2 get-allowed-images-settings.',
    severity: 'medium',
  },
  'hosts-ami-withdrawn': {
    meaning:
      'Hosts of the group run an AMI that its owner has deregistered or disabled. Nothing is launched from it any more: the group cannot grow, nor replace a host.',
    hint: 'Move the group to an AMI that exists. Keep those that hosts run out of the rules that clean up AMIs.',
    severity: 'medium',
  },
  'hosts-gone': {
    meaning: 'No host of the group runs any more, or the group is left alone, so nothing is told of its AMI any more.',
  },
  'other-hosts': {
    meaning:
      'The cluster has hosts that AWS or their owner looks after: EKS Auto Mode, Fargate or hybrid nodes. Nothing is done to them. The message says what AWS does.',
  },
  'fargate-behind': {
    meaning:
      "Pods on Fargate run an older Kubernetes version than their cluster's control plane, because a pod keeps the version that it started with. The message names their workloads.",
    hint: 'Restart the workloads that the message names, each in its namespace, by kubectl rollout restart.',
    severity: 'low',
  },
  'fargate-at-risk': {
    meaning:
      'Workloads on Fargate are disturbed when AWS patches their hosts: they run an older platform than others, have a single replica, or a disruption budget that lets no pod go. The message names them.',
    hint: 'Restart what runs an older platform, give each workload two replicas, and let its budget spare one of them.',
  },
  'fargate-well': { meaning: 'Nothing of that is true of the pods on Fargate any more.' },
  'other-nodes-unread': {
    meaning:
      'The cluster may have nodes of Fargate or hybrid nodes, and its Kubernetes API cannot be read, so that nobody sees them here. The message says why.',
    hint: 'Give watch-hosts access: docs/kubernetes-access.md.',
  },
  'other-nodes-read': { meaning: "The cluster's nodes of Fargate and hybrid nodes can be read." },
  'no-other-hosts': { meaning: 'The cluster has no such hosts any more.' },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof HOST_REASONS;
