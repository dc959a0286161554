import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { duration } from '../shared/runtime/duration.ts';

/** The policy section `authorities`. */
export const authorities = (_defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .exclude(['enforce'], { error: 'must be observe or off: nothing is changed for a certificate authority' })
      .default('observe')
      .describe(
        'observe: nodes and user data that do not trust a new certificate authority of their cluster are told.',
      ),
    margin: duration
      .prefault('60d')
      .describe('How long before EKS may activate the authority nodes that do not trust it are due (authority-due).'),
  });

/** The sections of the policy that `watch-support-dates` reads. */
export const READS = { authorities };
export type Policy = PolicyWith<typeof READS>;
