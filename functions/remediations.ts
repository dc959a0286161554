import { checkPosture } from './check-posture/remediation.ts';
import { closeShells } from './close-shells/remediation.ts';
import { drainNodes } from './drain-nodes/remediation.ts';
import { manageSsmAgent } from './manage-ssm-agent/remediation.ts';
import { notifyStories } from './notify-stories/remediation.ts';
import { quarantineWorkers } from './quarantine-workers/remediation.ts';
import { refreshGroups } from './refresh-groups/remediation.ts';
import { requestActions } from './request-actions/remediation.ts';
import { requireImdsv2 } from './require-imdsv2/remediation.ts';
import { reviewActions } from './review-actions/remediation.ts';
import type { ReasonEntry } from './shared/records/reason-entry.ts';
import { SHARED_REASONS } from './shared/records/shared-reasons.ts';
import { steerNodeClasses } from './steer-node-classes/remediation.ts';
import { sweepFleet } from './sweep-fleet/remediation.ts';
import { terminateWorkers } from './terminate-workers/remediation.ts';
import { triageFindings } from './triage-findings/remediation.ts';
import { upgradeNodeGroups } from './upgrade-node-groups/remediation.ts';
import { watchAmiReleases } from './watch-ami-releases/remediation.ts';
import { watchHosts } from './watch-hosts/remediation.ts';
import { watchSupportDates } from './watch-support-dates/remediation.ts';

/**
 * The one list of all functions, in the order of the dashboard's rows. Infrastructure, documentation, the operators'
 * command, sandbox and tests import it; no function does, so that no bundle carries what its siblings declare.
 */
export const REMEDIATIONS = [
  requestActions,
  reviewActions,
  upgradeNodeGroups,
  refreshGroups,
  drainNodes,
  steerNodeClasses,
  watchAmiReleases,
  watchSupportDates,
  watchHosts,
  manageSsmAgent,
  quarantineWorkers,
  terminateWorkers,
  triageFindings,
  checkPosture,
  requireImdsv2,
  closeShells,
  sweepFleet,
  notifyStories,
] as const;

/**
 * Every reason that a record can give. Codes are part of the product: queries and alarms name them, so one is never
 * renamed.
 */
export const REASONS: Readonly<Record<string, ReasonEntry>> = Object.assign(
  {},
  SHARED_REASONS,
  ...REMEDIATIONS.map(({ reasons }) => reasons),
);
