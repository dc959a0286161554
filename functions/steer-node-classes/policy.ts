import * as z from 'zod';
import { changeWindow } from '../shared/policy/change-window.ts';
import { findingsMode } from '../shared/policy/findings-mode.ts';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { READS as ROLLOUTS } from '../shared/rollouts/rollout-policy.ts';
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
    urgent: z
      .strictObject({
        bakeAge: duration
          .prefault('2h')
          .describe(
            'Instead of bakeAge, where it is shorter, for an EC2NodeClass with urgent findings on nodes of its pools (findings.urgent).',
          ),
      })
      .prefault({}),
    windows: z
      .array(changeWindow)
      .default([])
      .describe(
        'When an EC2NodeClass may be pinned; empty: at any time. When Karpenter then replaces nodes, the disruption budgets of their pools say.',
      ),
  });

/** The sections of the policy that `steer-node-classes` reads. */
export const READS = { nodeClasses, findings: findingsMode, ...ROLLOUTS };
export type Policy = PolicyWith<typeof READS>;
