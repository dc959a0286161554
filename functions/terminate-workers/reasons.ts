import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** The reasons of `terminate-workers`. `quarantine-workers` tells how the quarantine stands. */
export const TERMINATION_REASONS = {
  'termination-called': { meaning: 'EC2 accepted the call to terminate a worker in quarantine.' },
  'termination-withheld': {
    meaning:
      'A worker was not terminated. A fresh read of ledger, policy, tags and identity does not allow it, or EC2 refused. The message says which.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof TERMINATION_REASONS;
