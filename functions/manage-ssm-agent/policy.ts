import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { durationFrom } from '../shared/runtime/duration.ts';
import { AGENT_POLICIES } from './agent-policy.ts';

const remedies = z.strictObject({
  attachPolicy: mode.default('enforce').describe('Attaches agentPolicy to a node role that lacks it.'),
  defaultHostManagement: mode
    .default('off')
    .describe('Registers Default Host Management, which holds for every EC2 instance of the account and region.'),
  updateAgent: mode.default('enforce').describe('Updates an agent that is not the latest, by AWS-UpdateSSMAgent.'),
  installAgent: mode.default('enforce').describe('Installs a missing agent through Kubernetes, by a DaemonSet.'),
  installWhenUnsure: mode
    .default('off')
    .describe('Bounds installAgent if it is unclear whether role and network let an agent answer.'),
});

/**
 * Slightly longer than an agent sleeps before it tries again, which is 30 minutes after AccessDenied and 60 after other
 * errors.
 */
const AGENT_SLEEPS = '75m';

/** How long a remedy may take. */
const cureTime = durationFrom('5m', 'every remedy would count as failed before it could work');

const perRemedy = z.strictObject({
  attachPolicy: cureTime
    .prefault(AGENT_SLEEPS)
    .describe('The agent may sleep for up to an hour before it tries again.'),
  defaultHostManagement: cureTime.prefault(AGENT_SLEEPS).describe('The agent may sleep for up to an hour, too.'),
  updateAgent: cureTime.prefault('30m').describe('From the command to the answer of the latest version.'),
  installAgent: cureTime.prefault('30m').describe('From the DaemonSet to the first answer.'),
});

const forEach = (time: number) => ({
  attachPolicy: time,
  defaultHostManagement: time,
  updateAgent: time,
  installAgent: time,
});

/** The image that installs agents, unless the policy names another one. */
export const INSTALLER_IMAGE = 'public.ecr.aws/amazonlinux/amazonlinux:2023';

/**
 * Why an image may not install agents, as a sentence; undefined when it may. The image runs as root on nodes. Whoever
 * writes the policy may therefore only choose the product's own image, or one from the registries that the deployment
 * allows (setting `installerRegistries`).
 */
export function refusedImage(image: string, registries: readonly string[]): string | undefined {
  if (image === INSTALLER_IMAGE || registries.some((registry) => image.startsWith(`${registry}/`))) return undefined;
  const [registry = ''] = image.split('/');
  return `No agent is installed: the deployment allows no installer image of ${registry} (installerRegistries).`;
}

/** The policy section `ssmAgent`. */
export const ssmAgent = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode.default(defaultMode).describe('Bounds the mode of every remedy.'),
    graceTime: durationFrom('1m', 'no agent registers sooner, and each launch would be treated')
      .prefault('5m')
      .describe('How long after its launch a worker may take to register. Windows has 20 minutes at least.'),
    remedies: remedies.prefault({}).describe('Each with its own mode.'),
    agentPolicy: z
      .enum(AGENT_POLICIES)
      .default(AGENT_POLICIES[0])
      .describe(
        'The policy of AWS that attachPolicy attaches. AmazonSSMManagedInstanceCore lets nodes read parameters.',
      ),
    cureWithin: z
      .union([cureTime.transform(forEach), perRemedy])
      .prefault({})
      .describe('How long a remedy may take before it counts as failed: one duration for all, or one for each.'),
    attempts: z
      .int()
      .min(1)
      .max(10)
      .default(3)
      .describe('Attempts per worker and cause. Then the worker is left alone.'),
    retryAfter: durationFrom('1m', 'all attempts would be over at once')
      .prefault('30m')
      .describe('The wait after a failed remedy. It doubles after each further one.'),
    installerImage: z
      .string()
      .regex(
        /^(public\.ecr\.aws\/amazonlinux\/amazonlinux:2023|[a-z0-9][\w./:-]{0,254}@sha256:[0-9a-f]{64})$/,
        'must be an image by its digest, registry/name@sha256:…: a tag may come to mean another image, and it runs as root',
      )
      .default(INSTALLER_IMAGE)
      .describe(
        'The image of the installing DaemonSet. It needs sh, curl and gpg. Name it by digest, from a registry of the setting installerRegistries.',
      ),
  });

/** The sections of the policy that `manage-ssm-agent` reads. */
export const READS = { ssmAgent };
export type Policy = PolicyWith<typeof READS>;
