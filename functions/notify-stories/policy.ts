import * as z from 'zod';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { severity } from '../shared/records/severity.ts';

const tellable = z.enum(['acted', 'would-act', 'refused', 'failed']);

/** The policy section `notifications`. */
export const notifications = z.strictObject({
  mode: z.enum(['enforce', 'off']).default('enforce').describe('off: no messages and no incident events.'),
  minimumSeverity: severity.default('low').describe('What is less severe begins no incident that is told.'),
  decisions: z
    .array(tellable)
    .default(['acted', 'refused', 'failed'])
    .describe('Which decisions begin an incident that is told; its end is told then, too.'),
  securityHub: z
    .enum(['enforce', 'off'])
    .default('off')
    .describe('enforce: what fails or is refused is a finding in Security Hub until it is cured.'),
});

/** The sections of the policy that `notify-stories` reads. */
export const READS = { notifications: () => notifications };
export type Policy = PolicyWith<typeof READS>;
