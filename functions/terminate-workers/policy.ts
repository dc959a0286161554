import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';

/** What `terminate-workers` goes by in the section of `quarantine-workers`, which describes all of it. */
const quarantine = (defaultMode: Mode) =>
  z.object({ mode: mode.default(defaultMode), onExpiry: z.enum(['alarm', 'terminate']).default('alarm') });

export const READS = { quarantine };
export type Policy = PolicyWith<typeof READS>;
