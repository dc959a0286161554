import * as z from 'zod';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { duration } from '../shared/runtime/duration.ts';

/** The policy section `nodeClasses`. */
export const nodeClasses = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        "enforce: the AMI alias of each EC2NodeClass of Karpenter is pinned to the newest release that has baked. Karpenter's own disruption budgets pace how it replaces the nodes.",
      ),
    bakeAge: duration
      .prefault('24h')
      .describe('How long a release must have been out before an EC2NodeClass is pinned to it.'),
  });

/** The sections of the policy that `steer-node-classes` reads. */
export const READS = { nodeClasses };
export type Policy = PolicyWith<typeof READS>;
