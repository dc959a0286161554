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
    .describe('Percent. When two or more workers of a group, and more than this share, are exposed, the group is.'),
  revokeIngress: mode
    .default('off')
    .describe("Take the rules that admit the world off the security groups of the group's nodes."),
  closeSubnets: mode.default('off').describe('Let the subnets of the group hand out no public addresses any more.'),
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
          'What counts: a public address that the Internet routes to, or only one with a port open to the world.',
        ),
      respond: z
        .enum(['isolate', 'strip'])
        .default('isolate')
        .describe('Isolate the worker, or only take its public addresses off.'),
      publicByDesign: publicByDesign.prefault({}).describe('Groups that are exposed as a whole are reported instead.'),
      revokeShellIngress: mode
        .default('observe')
        .describe(
          'Take rules that let public addresses in at 22 or 3389 off the security groups of workers, where the SSM agents of all of them answer.',
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
          cordon: z.boolean().default(true).describe('Cordon and taint the node, and exclude it from load balancers.'),
          evict: z.boolean().default(false).describe('Evict its pods first: it stays exposed until they are gone.'),
          within: durationFrom('1m', 'no pod could be evicted before it is over')
            .prefault('5m')
            .describe('How long evictions may take; then it is isolated all the same.'),
        })
        .prefault({}),
      outOfService: z
        .enum(['standby', 'detach'])
        .default('standby')
        .describe(
          'How its Auto Scaling group lets go of it: for a time, so that a release brings it back, or for good, so that neither an upgrade nor EKS node repair ends it.',
        ),
      snapshots: z.boolean().default(false).describe('Take EBS snapshots of its volumes.'),
      terminationProtection: z.boolean().default(false).describe('Protect it from being terminated by mistake.'),
      allowSystemsManager: z
        .boolean()
        .default(false)
        .describe('Let it reach the Systems Manager endpoints of its VPC, and nothing else, for forensics.'),
      expireAfter: durationFrom('1h', 'a worker would be given up, or terminated, before anybody has looked at it')
        .prefault('7d')
        .describe('How long a quarantine lasts.'),
      onExpiry: z.enum(['alarm', 'terminate']).default('alarm').describe('What becomes of the worker then.'),
    })
    .refine(({ drain, expireAfter }) => !drain.evict || drain.within < expireAfter, {
      path: ['drain', 'within'],
      error: 'must be less than expireAfter: the quarantine would end before the worker is isolated',
    });

/** The sections of the policy that `quarantine-workers` reads. */
export const READS = { quarantine };
export type Policy = PolicyWith<typeof READS>;
