import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { durationFrom } from '../shared/runtime/duration.ts';

const atATime = (what: string, by: number) => z.int().min(1).max(1000).default(by).describe(what);

/** Ports that may intentionally be open to the world, such as those of a load balancer's node ports. */
const allowedIngress = z
  .strictObject({
    protocol: z.enum(['tcp', 'udp']),
    fromPort: z.int().min(0).max(65_535),
    toPort: z.int().min(0).max(65_535),
  })
  .refine(({ fromPort, toPort }) => fromPort <= toPort, { path: ['toPort'], error: 'must not be below fromPort' });

const publicByDesign = z.strictObject({
  exposedShare: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe(
      'Percent. A group counts as public by design if two or more of its workers, and more than this share, are exposed.',
    ),
  revokeIngress: mode
    .default('off')
    .describe("Removes rules that admit the world from the security groups of the group's nodes."),
  closeSubnets: mode.default('off').describe('Stops the subnets of the group from handing out public addresses.'),
  allowedIngress: z.array(allowedIngress).default([]).describe('Rules that revokeIngress leaves alone.'),
});

/** The policy section `quarantine`. */
export const quarantine = (defaultMode: Mode) =>
  z
    .strictObject({
      mode: mode.default(defaultMode).describe('Bounds every mode of this section.'),
      exposure: z
        .enum(['address', 'open-port'])
        .default('address')
        .describe(
          'What counts as an exposure. address: a public address that the Internet routes to. open-port: only one with a port open to the world.',
        ),
      respond: z
        .enum(['isolate', 'strip'])
        .default('isolate')
        .describe('isolate: the worker is isolated. strip: only its public addresses are removed.'),
      publicByDesign: publicByDesign
        .prefault({})
        .describe('For groups that are exposed as a whole. They are reported instead of isolated.'),
      revokeShellIngress: mode
        .default('observe')
        .describe(
          'Removes rules that let public addresses in at 22 or 3389 from the security groups of workers, if the SSM agents of all of them answer.',
        ),
      concurrency: z
        .strictObject({
          perGroup: atATime('Workers of one group in quarantine at a time.', 1),
          perCluster: atATime('Workers of one cluster at a time.', 3),
          perAccount: atATime('Workers of the account and region at a time.', 10),
        })
        .prefault({}),
      drain: z
        .strictObject({
          cordon: z
            .boolean()
            .default(true)
            .describe('Cordons and taints the node, and excludes it from load balancers.'),
          evict: z
            .boolean()
            .default(false)
            .describe('Evicts its pods first. The worker stays exposed until they are gone.'),
          within: durationFrom('1m', 'no pod could be evicted before it is over')
            .prefault('5m')
            .describe('How long evictions may take. Then the worker is isolated anyway.'),
        })
        .prefault({}),
      outOfService: z
        .enum(['standby', 'detach'])
        .default('standby')
        .describe(
          'How the worker leaves its Auto Scaling group. standby: for a time, so that a release brings it back. detach: for good, so that neither an upgrade nor EKS node repair terminates it.',
        ),
      snapshots: z.boolean().default(false).describe('Takes EBS snapshots of its volumes.'),
      terminationProtection: z.boolean().default(false).describe('Protects it from being terminated by mistake.'),
      allowSystemsManager: z
        .boolean()
        .default(false)
        .describe('Lets it reach the Systems Manager endpoints of its VPC, and nothing else, for forensics.'),
      expireAfter: durationFrom('1h', 'a worker would be given up, or terminated, before anybody has looked at it')
        .prefault('7d')
        .describe('How long a quarantine lasts.'),
      onExpiry: z
        .enum(['alarm', 'terminate'])
        .default('alarm')
        .describe(
          'What happens then. alarm: the worker stays isolated, and an alarm says so. terminate: it is terminated.',
        ),
    })
    .refine(({ drain, expireAfter }) => !drain.evict || drain.within < expireAfter, {
      path: ['drain', 'within'],
      error: 'must be less than expireAfter: the quarantine would end before the worker is isolated',
    });

/** The sections of the policy that `quarantine-workers` reads. */
export const READS = { quarantine };
export type Policy = PolicyWith<typeof READS>;
