import * as z from 'zod';
import { gates } from '../shared/gates/gates-policy.ts';
import { changeWindow } from '../shared/policy/change-window.ts';
import { findingsMode } from '../shared/policy/findings-mode.ts';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { templates, wantedImage } from '../shared/policy/wanted-image-section.ts';
import { waiversOnly } from '../shared/posture/waivers.ts';
import { breaker } from '../shared/rollouts/breaker-policy.ts';
import { controlPlane } from '../shared/rollouts/control-plane-policy.ts';
import { isWaveNamed, WAVE_UNNAMED, waveKeys } from '../shared/rollouts/waves-policy.ts';
import { duration, durationFrom } from '../shared/runtime/duration.ts';
import { approvalKeys } from './approval-policy.ts';

const keys = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(defaultMode)
      .describe(
        'enforce: upgrades start. observe: they are only recorded. Absent: the mode that the stack was deployed with.',
      ),
    bakeAge: duration.prefault('24h').describe('How long a release must have been known before it is rolled out.'),
    urgent: z
      .strictObject({
        bakeAge: duration.prefault('2h').describe('Instead of bakeAge, where it is shorter, for urgent findings.'),
        ignoreWindows: z.boolean().default(false).describe('Urgent findings do not wait for a change window.'),
      })
      .prefault({})
      .describe('For node groups with urgent findings (findings.urgent).'),
    windows: z
      .array(changeWindow)
      .default([])
      .describe(
        'When upgrades may start: `cron` (five fields), `duration`, `timeZone` (default `UTC`); empty: at any time.',
      ),
    gates,
    preflight: z
      .enum(['block', 'warn', 'off'])
      .default('block')
      .describe(
        'What the check before the start does if something would block the upgrade. block: the upgrade waits. warn: it starts, and the record tells. off: there is no check.',
      ),
    preflightPods: z
      .boolean()
      .default(false)
      .describe(
        'true: the check before the start reads pods and disruption budgets, too, and so does the record of an update that failed because a pod did not leave. Clusters must allow it (access entry, RBAC).',
      ),
    preflightEvictions: z
      .boolean()
      .default(false)
      .describe(
        'true: where a disruption budget seems to hold pods (preflightPods), the check before the start asks the API server by evictions with dryRun=All. Clusters must allow evictions (npm run -s rbac -- --evictions).',
      ),
    concurrency: z
      .strictObject({
        perCluster: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe('How many node groups of one cluster are updated at a time.'),
        perAccount: z
          .int()
          .min(1)
          .max(100)
          .default(5)
          .describe('How many of the account and region are updated at a time.'),
      })
      .prefault({}),
    stopAfterFailures: z
      .int()
      .min(1)
      .max(10)
      .default(3)
      .describe(
        'Attempts per node group and release. Then the group is halted. A cause that has ended as many attempts, to whatever release, leaves a newer release one.',
      ),
    breaker,
    retryAfter: durationFrom('5m', 'all attempts would be over before anything could have changed')
      .prefault('1h')
      .describe('The wait after the first failure. It doubles after each further one.'),
    waitForQuarantine: duration
      .prefault('24h')
      .describe(
        'How long an upgrade waits, in all, while a worker of the node group is in quarantine; `0m`: not at all.',
      ),
    maxAge: durationFrom('1d', 'almost every node would be told of')
      .prefault('45d')
      .describe('Nodes that are older are told of, with what keeps their node group as it is.'),
    ...waveKeys,
    ...approvalKeys,
    force: z
      .boolean()
      .default(false)
      .describe(
        'true: EKS ignores pod disruption budgets. Workloads can lose all their pods at once, so leave it false.',
      ),
    controlPlane,
    keyPairs: z
      .strictObject({
        mode: mode
          .default(stricter(defaultMode, 'observe'))
          .describe(
            "enforce: with its next upgrade, a node group gets a version of its owner's launch template without the key pair (`KeyName`), where the SSM agent answers on all of its nodes.",
          ),
        templates,
      })
      .prefault({}),
    image: wantedImage.prefault({}).describe('For node groups that run an AMI of your own (amiType CUSTOM).'),
  });

/** The policy section `upgrades`. */
export const upgrades = (defaultMode: Mode) => keys(defaultMode).refine(isWaveNamed, WAVE_UNNAMED);

/** The sections of the policy that `upgrade-node-groups` reads. */
export const READS = { upgrades, findings: findingsMode, posture: waiversOnly };
export type Policy = PolicyWith<typeof READS>;
