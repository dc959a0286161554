import { approvalExpiresAfter, upgradeApproval } from '../shared/policy/approval-section.ts';

/** The keys of the section `upgrades` about approvals. */
export const approvalKeys = {
  approval: upgradeApproval,
  approvalExpiresAfter: approvalExpiresAfter('an upgrade'),
};
