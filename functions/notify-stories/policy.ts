import * as z from 'zod';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { severity } from '../shared/records/severity.ts';

const tellable = z.enum(['acted', 'would-act', 'refused', 'failed']);

/** The policy section `notifications`. */
export const notifications = z.strictObject({
  mode: z.enum(['enforce', 'off']).default('enforce').describe('off: no messages and no incident events.'),
  minimumSeverity: severity.default('low').describe('People are not notified of what is less severe.'),
  decisions: z
    .array(tellable)
    .default(['acted', 'refused', 'failed'])
    .describe('Which decisions begin an incident that people are notified of. They are notified of its end, too.'),
  securityHub: z
    .enum(['enforce', 'off'])
    .default('off')
    .describe('enforce: each failure or refusal is a finding in Security Hub until it is cured.'),
});

/** The sections of the policy that `notify-stories` reads. */
export const READS = { notifications: () => notifications };
export type Policy = PolicyWith<typeof READS>;
