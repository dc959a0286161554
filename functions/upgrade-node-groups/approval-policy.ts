import * as z from 'zod';
import { approvalExpiresAfter } from '../shared/policy/approval-section.ts';

/** The keys of the section `upgrades` about approvals. */
export const approvalKeys = {
  approval: z
    .enum(['none', 'required'])
    .default('none')
    .describe('`required`: in mode enforce, too, each upgrade is proposed, and starts once its plan is approved.'),
  approvalExpiresAfter: approvalExpiresAfter('an upgrade'),
};
