import type { ReasonEntry } from '../records/reason-entry.ts';

/** Reasons of functions that handle node groups, for groups that EKS does not manage in the usual way. */
export const GROUP_REASONS = {
  'node-group-gone': { meaning: 'The node group does not exist: it was deleted, or its name is wrong.' },
  'custom-ami': {
    meaning: 'The node group runs a custom AMI, and the policy names none to move to (upgrades.image.wanted).',
  },
  'self-managed': {
    meaning:
      'The node group is self-managed (an Auto Scaling group). refresh-groups moves it to the AMI that the policy names (refreshes.wanted).',
  },
  karpenter: { meaning: 'The nodes belong to Karpenter. Its EC2NodeClass chooses the AMI, and drift replaces them.' },
} as const satisfies Record<string, ReasonEntry>;

/** The reason of functions that change groups, or their launch templates, where only an AWS service may. */
export const OPERATED_REASON = {
  'group-operated': {
    meaning:
      'An AWS service operates the group or its launch template, or the group has a tag as EKS or AWS Batch gives them: nobody else may change it.',
    severity: 'low',
  },
} as const satisfies Record<string, ReasonEntry>;
