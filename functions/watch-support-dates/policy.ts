import * as z from 'zod';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { duration } from '../shared/runtime/duration.ts';

/** The policy section `authorities`. */
export const authorities = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        'observe: nodes and user data that do not trust a new certificate authority of their cluster are told; enforce: nodes that are due are also replaced, of managed node groups by upgrade-node-groups, and of self-managed groups by refresh-groups.',
      ),
    margin: duration
      .prefault('60d')
      .describe('How long before EKS may activate the authority nodes that do not trust it are due (authority-due).'),
  });

/** The sections of the policy that `watch-support-dates` reads. */
export const READS = { authorities };
export type Policy = PolicyWith<typeof READS>;
