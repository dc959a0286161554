import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** The reasons of `check-posture`. */
export const POSTURE_REASONS = {
  'posture-failed': {
    meaning:
      'Workers of the group fail a check of the CIS Amazon EKS Benchmark. The details name the evidence and the fix.',
    hint: 'Do what details.todo says, or waive the check for a while in the policy (posture.waivers).',
    severity: 'medium',
  },
  'posture-waived': {
    meaning: 'Workers of the group fail a check that the policy waives. The message says why, and until when.',
  },
  'posture-passed': { meaning: 'A check that failed before does not fail any more.' },
  'posture-unknown': {
    meaning: 'No worker of the group could be checked for a day. Its posture is unknown.',
    hint: 'Read the records of manage-ssm-agent about its workers. On Bottlerocket, check that the control container is on.',
  },
  'posture-untold': {
    meaning:
      'The agents of the group answer, and the read-only command that gathers the facts of a host has given nothing usable for a day. Its posture is unknown.',
    hint: 'Read what the command printed on the named worker: Run Command of Systems Manager, 30 days back. A full disk, a host without memory or time, and a missing program explain much: replace the worker. Where nothing explains it, somebody may have changed the host: quarantine it. Where access is denied, look for a service control policy that denies ssm:SendCommand or ssm:GetCommandInvocation.',
    severity: 'medium',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof POSTURE_REASONS;
