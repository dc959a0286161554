import { AMI_RELEASE_REASONS } from './reasons/ami-release.ts';
import { FINDING_REASONS } from './reasons/findings.ts';
import { QUARANTINE_REASONS } from './reasons/quarantine.ts';
import type { ReasonEntry } from './reasons/reason-entry.ts';
import { SHARED_REASONS } from './reasons/shared.ts';
import { SSM_AGENT_REASONS } from './reasons/ssm-agent.ts';
import { UPGRADE_REASONS } from './reasons/upgrade.ts';

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
