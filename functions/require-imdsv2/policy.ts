import * as z from 'zod';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';

/** The policy section `imds`. */
export const imds = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        'enforce: the metadata service of workers takes version 2 only. A pod that still uses version 1 fails, and one without hostNetwork where the hop limit is 1: the record says so.',
      ),
  });

/** The sections of the policy that `require-imdsv2` reads. */
export const READS = { imds };
export type Policy = PolicyWith<typeof READS>;
