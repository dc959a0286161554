import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { RELEASE_REASONS } from '../shared/releases/release-reasons.ts';

/** Reasons of records about AMI releases. */
export const AMI_RELEASE_REASONS = {
  ...RELEASE_REASONS,
  'release-readable': { meaning: 'The recommended release of a pair that the fleet uses can be read again.' },
  'release-seen': {
    meaning: 'An AMI release of a pair that the fleet uses was seen for the first time, or is recommended again.',
    // Nothing in the fleet was changed; the release was only noted.
    severity: 'informational',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof AMI_RELEASE_REASONS;
