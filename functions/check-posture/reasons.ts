import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** What `check-posture` says. */
export const POSTURE_REASONS = {
  'posture-failed': {
    meaning: 'Workers of the group fail a check of the CIS Amazon EKS Benchmark; details name evidence and what to do.',
    hint: 'Do what details.todo says, or waive the check for a while in the policy (posture.waivers).',
    severity: 'medium',
  },
  'posture-waived': {
    meaning: 'Workers of the group fail a check, and the policy waives it: the message says why, and until when.',
  },
  'posture-passed': { meaning: 'A check that failed before does not fail any more.' },
  'posture-unknown': {
    meaning: 'No worker of the group could be checked for a day: nothing is known of its posture.',
    hint: 'See what manage-ssm-agent says of its workers; on Bottlerocket, whether the control container is on.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof POSTURE_REASONS;
