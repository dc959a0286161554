import * as z from 'zod';
import { durationFrom } from '../runtime/duration.ts';

/**
 * The key `approvalExpiresAfter` of a section.
 *
 * @param what the act that is proposed again once its approval is over, such as `an upgrade`
 */
export const approvalExpiresAfter = (what: string) =>
  durationFrom('1h', 'an approval would be over before anything could have started')
    .prefault('14d')
    .describe(`How long an approval holds. After that, ${what} that has not started is proposed again.`);

/** The key `upgrades.approval`. */
export const upgradeApproval = z
  .enum(['none', 'required'])
  .default('none')
  .describe('`required`: in mode enforce, too, each upgrade is proposed, and starts once its plan is approved.');
