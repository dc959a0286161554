import { SSM_AGENT_REASONS } from '../../manage-ssm-agent/reasons.ts';
import { QUARANTINE_REASONS } from '../../quarantine-workers/reasons.ts';
import { FINDING_REASONS } from '../../triage-findings/reasons.ts';
import { UPGRADE_REASONS } from '../../upgrade-node-groups/reasons.ts';
import { AMI_RELEASE_REASONS } from '../../watch-ami-releases/reasons.ts';
import type { ReasonEntry } from './reason-entry.ts';
import { SHARED_REASONS } from './shared-reasons.ts';

/**
 * Every reason that a record can give: a stable code with its meaning and, where there is something to do, what.
 * Codes are part of the product: queries and alarms name them, so one is never renamed.
 */
export const REASONS = {
  ...SHARED_REASONS,
  ...AMI_RELEASE_REASONS,
  ...UPGRADE_REASONS,
  ...SSM_AGENT_REASONS,
  ...QUARANTINE_REASONS,
  ...FINDING_REASONS,
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;

/** What to do about a reason, where there is something to do. */
export function hintOf(reason: Reason): string | undefined {
  const entry: ReasonEntry = REASONS[reason];
  return entry.hint;
}
