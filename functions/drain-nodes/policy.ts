import * as z from 'zod';
import { changeWindow } from '../shared/policy/change-window.ts';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { duration } from '../shared/runtime/duration.ts';

/** Auto Scaling waits 48 hours at most for a lifecycle hook. Source: API reference, LifecycleHook.GlobalTimeout. */
const LONGEST = 47 * 3_600_000;

/** The section `drains`, of `drain-nodes`. */
export const drains = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        'enforce: self-managed Auto Scaling groups get a lifecycle hook on terminations, and their nodes are drained before they end.',
      ),
    within: duration
      .prefault('1h')
      .refine((length) => length > 0 && length <= LONGEST, 'must be from 1m to 47h: Auto Scaling waits no longer')
      .describe('How long a node may take to be drained.'),
    atDeadline: z
      .enum(['keep', 'go'])
      .default('keep')
      .describe(
        'What becomes of a node that disruption budgets still hold then. keep: Auto Scaling retains it, outside of its capacity and at your cost; go: it ends, with its pods.',
      ),
    otherHooks: z
      .enum(['refuse', 'share'])
      .default('refuse')
      .describe(
        'What becomes of a group with termination hooks of others. share: it gets a hook besides, and retention then holds for theirs, too.',
      ),
    retained: z
      .strictObject({
        most: z.int().min(0).max(50).default(2).describe('Retained nodes of a group at a time; further ones end.'),
        forAtMost: duration.prefault('24h').describe('How long a node stays retained before it ends, with its pods.'),
      })
      .prefault({}),
    scheduledEvents: z
      .strictObject({
        mode: mode
          .default(stricter(defaultMode, 'observe'))
          .describe(
            'enforce: a node for which EC2 has scheduled a retirement, a stop, a reboot or maintenance is ended ahead, one of a group at a time, so that it is drained and replaced.',
          ),
        windows: z.array(changeWindow).default([]).describe('When nodes may be ended ahead; empty: at any time.'),
      })
      .prefault({}),
  });

/** The sections of the policy that `drain-nodes` reads. */
export const READS = { drains };
export type Policy = PolicyWith<typeof READS>;
