import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';

/**
 * The keys that `terminate-workers` reads in the policy section of `quarantine-workers`, which describes the whole
 * section.
 */
const quarantine = (defaultMode: Mode) =>
  z.object({ mode: mode.default(defaultMode), onExpiry: z.enum(['alarm', 'terminate']).default('alarm') });

export const READS = { quarantine };
export type Policy = PolicyWith<typeof READS>;
