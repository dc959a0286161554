import type { ReasonEntry } from '../records/reason-entry.ts';

/** Reasons of functions that handle node groups, for groups that EKS does not manage in the usual way. */
export const GROUP_REASONS = {
  'node-group-gone': { meaning: 'The node group does not exist: it was deleted, or its name is wrong.' },
  'custom-ami': {
    meaning:
      'The node group runs a custom AMI: its releases are yours, not EKS’s, and the policy names none to move to.',
  },
  'self-managed': { meaning: 'A self-managed node group (an Auto Scaling group): not upgraded by this version.' },
  karpenter: { meaning: 'Nodes of Karpenter: their AMI is chosen by the EC2NodeClass, replaced by drift.' },
} as const satisfies Record<string, ReasonEntry>;
