import * as z from 'zod';
import { durationFrom } from '../shared/runtime/duration.ts';

/** The keys of the section `upgrades` about approvals. */
export const approvalKeys = {
  approval: z
    .enum(['none', 'required'])
    .default('none')
    .describe('`required`: in mode enforce, too, each upgrade is proposed, and starts once its plan is approved.'),
  approvalExpiresAfter: durationFrom('1h', 'an approval would be over before anything could have started')
    .prefault('14d')
    .describe('How long an approval holds. After that, an upgrade that has not started is proposed again.'),
};
