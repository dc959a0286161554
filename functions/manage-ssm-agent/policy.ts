import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { duration } from '../shared/runtime/duration.ts';

const remedies = z.strictObject({
  attachPolicy: mode.default('enforce').describe('Attach AmazonSSMManagedInstanceCore to the node role that lacks it.'),
  defaultHostManagement: mode
    .default('off')
    .describe('Register Default Host Management: it holds for every EC2 instance of the account and region.'),
  updateAgent: mode.default('enforce').describe('Update an agent that is not the latest, by AWS-UpdateSSMAgent.'),
  installAgent: mode.default('enforce').describe('Install a missing agent through Kubernetes, by a DaemonSet.'),
});

/** The section `ssmAgent`, of `manage-ssm-agent`. */
export const ssmAgent = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode.default(defaultMode).describe('Bounds the mode of every remedy.'),
    graceTime: duration.prefault('5m').describe('How long after its launch a worker may take to register.'),
    remedies: remedies.prefault({}).describe('Each with its own mode.'),
    cureWithin: duration.prefault('30m').describe('How long a remedy may take until it counts as failed.'),
    attempts: z.int().min(1).max(10).default(3).describe('Attempts per worker and cause, then it is left alone.'),
    retryAfter: duration.prefault('30m').describe('Wait after a failed remedy; doubled after each further one.'),
    installerImage: z
      .string()
      .regex(
        /^[a-z0-9][\w./:@-]{0,254}$/,
        'must be a container image such as registry/name:tag or registry/name@sha256:…',
      )
      .default('public.ecr.aws/amazonlinux/amazonlinux:2023')
      .describe('Image of the installing DaemonSet: needs sh, curl and gpg.'),
  });

/** What `manage-ssm-agent` reads of the policy. */
export const READS = { ssmAgent };
export type Policy = PolicyWith<typeof READS>;
