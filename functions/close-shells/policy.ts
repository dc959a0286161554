import * as z from 'zod';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';

/** The section `shells`, of `close-shells`. */
export const shells = (defaultMode: Mode) =>
  z.strictObject({
    hosts: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        "enforce: keys in authorized_keys of workers are put aside, and Bottlerocket's admin container is switched off: Session Manager is the way in.",
      ),
  });

/** Checks that may fail for a while: what opens these ways in is left alone until then. */
const posture = () =>
  z.object({
    waivers: z
      .array(
        z.object({
          id: z.string(),
          check: z.string(),
          cluster: z.string().optional(),
          nodegroup: z.string().optional(),
          until: z.iso.date().transform((day) => Date.parse(`${day}T00:00:00Z`)),
        }),
      )
      .default([]),
  });

/** What `close-shells` reads of the policy. */
export const READS = { shells, posture };
export type Policy = PolicyWith<typeof READS>;
