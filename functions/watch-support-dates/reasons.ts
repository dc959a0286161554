import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

const UPGRADE =
  'aws eks update-cluster-version --region REGION --name CLUSTER --kubernetes-version VERSION, one minor version at a time';

/** Reasons of records about the support of clusters' Kubernetes versions. */
export const SUPPORT_REASONS = {
  'support-ends': {
    meaning:
      "Support of the cluster's Kubernetes version ends within 60 days. The message says when, and what EKS does then.",
    hint: `Upgrade the control plane before that date: ${UPGRADE}. Node groups follow it (upgrades.controlPlane).`,
    // Each stage is graver than the one before, because people are notified again only when something gets worse.
    severity: 'medium',
  },
  'support-ends-soon': {
    meaning: "Support of the cluster's Kubernetes version ends within 14 days.",
    hint: `Upgrade the control plane before that date: ${UPGRADE}. Node groups follow it (upgrades.controlPlane).`,
    severity: 'high',
  },
  'support-ended': {
    meaning: "Support of the cluster's Kubernetes version has ended. EKS upgrades the control plane by itself.",
    hint: `Upgrade the control plane at a time of your choice: ${UPGRADE}.`,
    severity: 'critical',
  },
  'extended-support': {
    meaning: "The cluster's Kubernetes version is in extended support. AWS charges more for each hour of the cluster.",
    hint: `Upgrade the control plane to a version in standard support: ${UPGRADE}.`,
    severity: 'low',
  },
  'support-unknown': {
    meaning: "EKS does not say until when it supports the cluster's Kubernetes version.",
    hint: 'Look at the release calendar in the EKS user guide, "Understand the Kubernetes version lifecycle on EKS".',
    severity: 'low',
  },
  'support-told-before': {
    meaning: "What was told of the support of the cluster's Kubernetes version gives way to what is told next.",
  },
  'support-lasts': { meaning: "Support of the cluster's Kubernetes version does not end soon." },
  'authority-nodes': {
    meaning:
      "EKS has a successor for the cluster's certificate authority, and nodes from before it still run. They lose the API server once it signs. The message says how many, and from when on EKS may activate it.",
    hint: 'Ordinary upgrades and refreshes replace these nodes, mostly long before that date. Where user data of a group holds the former authority, change it first (authority-in-user-data).',
    severity: 'medium',
  },
  'authority-due': {
    meaning:
      "EKS may activate the successor of the cluster's certificate authority within the time that authorities.margin of the policy says, or has done so, and nodes that do not trust it still run.",
    hint: 'Replace these nodes now, by the commands in details.replace: a managed node group needs a newer release or another version of its launch template. While EKS offers it, the old authority can be activated again: aws eks activate-certificate-authority.',
    severity: 'high',
  },
  'authority-late': {
    meaning:
      'As authority-due, and upgrade-node-groups or refresh-groups was ordered to replace nodes of groups that still run, though half of authorities.margin or the day of activation has passed. The message names these groups, each with the reason of its last record.',
    hint: 'Look at the records of upgrade-node-groups and refresh-groups about these groups, and remove what keeps them; or replace the nodes yourself, by the commands in details.replace.',
    severity: 'critical',
  },
  'authority-complete': {
    meaning:
      "A fresh read shows that every node of the cluster was launched after EKS had added the newest certificate authority, and that no group's user data holds only a former one.",
  },
  'authority-in-user-data': {
    meaning:
      "User data of the group's launch template, launch configuration or EC2NodeClass holds a former certificate authority of the cluster, and not the newest: nodes launched with it lose the API server once that signs. The message names it and the key.",
    hint: 'Put the value of details.value there, in a new version of the launch template, where the template is written, another launch configuration, or the EC2NodeClass, and have the group use it.',
    severity: 'medium',
  },
  'user-data-unknown': {
    meaning:
      'Whether user data of the group holds a former certificate authority of the cluster is not known. The message says why.',
    hint: 'Look yourself. The present value: aws eks describe-cluster --name CLUSTER --query cluster.certificateAuthority.data.',
    severity: 'low',
  },
  'user-data-trusts': {
    meaning: "User data of the group holds the cluster's newest certificate authority, or none.",
  },
  'authority-ends': {
    meaning: "The cluster's certificate authority ends within half a year, and has no successor.",
    hint: 'Add a successor, aws eks create-certificate-authority, and replace all nodes before it is activated.',
    severity: 'high',
  },
  'authority-unknown': {
    meaning: "EKS does not tell the cluster's certificate authorities. The message says why.",
    hint: 'Look yourself: aws eks list-certificate-authorities. Not every region may have it.',
    severity: 'low',
  },
  'authority-lasts': { meaning: "No node has to be replaced for the cluster's certificate authority." },
  'change-planned': {
    meaning: 'AWS Health plans something for the cluster. The message names the type of the event and when it begins.',
    hint: 'Read what AWS Health says: open the AWS Health Dashboard, "Scheduled changes".',
    severity: 'medium',
  },
  'change-over': {
    meaning: 'What AWS Health had planned for the cluster is over, or the cluster is not affected any more.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof SUPPORT_REASONS;
