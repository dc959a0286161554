import * as z from 'zod';
import { alarmName } from '../shared/policy/alarm-name.ts';
import { approvalExpiresAfter } from '../shared/policy/approval-section.ts';
import { changeWindow } from '../shared/policy/change-window.ts';
import { findingsMode } from '../shared/policy/findings-mode.ts';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { wantedImage } from '../shared/policy/wanted-image-section.ts';
import { controlPlane } from '../shared/rollouts/control-plane-policy.ts';
import { READS as ROLLOUTS } from '../shared/rollouts/rollout-policy.ts';
import { duration } from '../shared/runtime/duration.ts';

/** Auto Scaling waits at most two days at a checkpoint or at the end. Source: API reference, RefreshPreferences. */
const LONGEST_WAIT = 48 * 3_600_000;
const wait = duration.refine((length) => length <= LONGEST_WAIT, 'must be at most 48h: Auto Scaling waits no longer');
/** Source: API reference, AlarmSpecification. */
const MOST_ALARMS = 10;
const percentage = (least: number, most: number) => z.int().min(least).max(most);

/** The policy section `refreshes`. */
export const refreshes = (defaultMode: Mode) =>
  z
    .strictObject({
      mode: mode
        .default(stricter(defaultMode, 'observe'))
        .describe('enforce: self-managed Auto Scaling groups are moved to the wanted AMI by instance refreshes.'),
      wanted: wantedImage.shape.wanted.describe(
        'The AMI of self-managed groups: `ssmParameter`, or `owners`, `namePattern` and `architecture`; `null`: they are left alone.',
      ),
      templates: wantedImage.shape.templates,
      bakeAge: duration.prefault('24h').describe('How long an AMI must have been named before groups move to it.'),
      urgent: z
        .strictObject({
          bakeAge: duration
            .prefault('2h')
            .describe('Instead of bakeAge, where it is shorter, for groups with urgent findings (findings.urgent).'),
        })
        .prefault({}),
      windows: z.array(changeWindow).default([]).describe('When refreshes may start; empty: at any time.'),
      concurrency: z
        .strictObject({
          perCluster: z.int().min(1).max(100).default(1).describe('Groups of one cluster refreshed at a time.'),
          perAccount: z.int().min(1).max(100).default(3).describe('Groups of the account and region at a time.'),
        })
        .prefault({}),
      minHealthyPercentage: percentage(0, 100)
        .default(100)
        .describe('Of the desired capacity, this much stays in service and healthy.'),
      maxHealthyPercentage: percentage(100, 200)
        .default(110)
        .describe('And not more than this; at most 100 above minHealthyPercentage. New nodes are launched first.'),
      instanceWarmup: wait
        .prefault('5m')
        .describe(
          'How long a new node must have been in service before the next is replaced. Auto Scaling sees no kubelet.',
        ),
      checkpoints: z
        .array(percentage(1, 99))
        .max(20)
        .default([20])
        .refine(
          (all) => all.every((one, index) => one > (all[index - 1] ?? 0)),
          'must be in ascending order, each once',
        )
        .describe('At how much per cent replaced a refresh pauses.'),
      checkpointDelay: wait.prefault('1h').describe('For how long it pauses there.'),
      bakeTime: wait
        .prefault('30m')
        .describe('How long a refresh is watched at its end, and can still be rolled back.'),
      alarms: z
        .array(alarmName)
        .max(MOST_ALARMS)
        .default([])
        .describe(
          'CloudWatch alarms of the account and region, by name. A refresh is rolled back once one of them is in ALARM.',
        ),
      approvalExpiresAfter: approvalExpiresAfter('a refresh'),
      waitForQuarantine: duration
        .prefault('24h')
        .describe('How long a refresh waits, in all, while a worker of the group is in quarantine; `0m`: not at all.'),
      floating: z
        .enum(['refuse', 'pin'])
        .default('refuse')
        .describe(
          'What becomes of a group on $Latest or $Default of its launch template. pin: it is pinned to the number of that version first, which replaces nothing, and which a tool that keeps the group as code sees.',
        ),
      undrained: z
        .enum(['refuse', 'go'])
        .default('refuse')
        .describe(
          'What becomes of a group without a lifecycle hook on terminations: nobody drains its nodes, and a refresh ends pods without regard to their budgets.',
        ),
    })
    .refine(({ minHealthyPercentage: min, maxHealthyPercentage: max }) => max - min <= 100, {
      path: ['maxHealthyPercentage'],
      error: 'must be at most 100 above minHealthyPercentage',
    });

/** The sections of the policy that `refresh-groups` reads. */
export const READS = {
  refreshes,
  findings: findingsMode,
  upgrades: () => ROLLOUTS.upgrades().safeExtend({ controlPlane }),
};
export type Policy = PolicyWith<typeof READS>;
