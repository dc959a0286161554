/**
 * What the ledger remembers of a group of any kind because other groups go by it: how it stands in the rollouts, what
 * has ended its attempts, and which breakers an operator has lifted.
 */
import * as z from 'zod';

/** The Kubernetes version of the release, where its name does not contain it. Items of earlier versions lack it. */
export const kubernetesVersion = () => z.string().optional();

/** What has ended a node group's attempts to move to a release, since it last reached a release. */
export const setback = () =>
  z.object({
    /** EKS's error codes. */
    cause: z.string(),
    releaseVersion: z.string(),
    kubernetesVersion: kubernetesVersion(),
    count: z.number(),
    /** Epoch milliseconds. */
    lastAt: z.number(),
  });
export type Setback = z.infer<ReturnType<typeof setback>>;

/** A breaker that an operator has lifted by a request about this node group. */
export const lift = () =>
  z.object({
    /** A value such as `cluster shop`. */
    breaker: z.string(),
    /** When the lift was requested, epoch milliseconds. Failures after that count. */
    at: z.number(),
    requestedBy: z.string(),
    why: z.string(),
  });
export type Lift = z.infer<ReturnType<typeof lift>>;

const run = () =>
  z.object({
    releaseVersion: z.string(),
    /** Since when the node group has been seen to run the release well, epoch milliseconds. */
    since: z.number(),
  });

/** The progress of a node group in the rollouts of the fleet, by its last reconcile. Other node groups wait for it. */
export const progress = () =>
  z.object({
    /** The pair whose releases the node group takes. */
    pair: z.string(),
    /** The pair whose releases it takes next, when it follows its control plane to another Kubernetes version. */
    nextPair: z.string().optional(),
    /** From when on it takes those, epoch milliseconds; absent for at once. */
    nextFrom: z.number().optional(),
    runs: run(),
    /** The releases that the node group ran well before, and until when, oldest first. */
    ran: z.array(run().extend({ until: z.number().optional() })).optional(),
    /** The releases that it failed to move to, or left unhealthy, and has not run well since, oldest first. */
    failed: z.array(z.object({ releaseVersion: z.string(), kubernetesVersion: kubernetesVersion() })).optional(),
    /** The AMIs that come to a group with an AMI of its owner, oldest first, with the present one. */
    images: z.array(z.string()).optional(),
    /** When the last of those AMIs came to it, epoch milliseconds. An old one may have been shared now. */
    imagesSince: z.number().optional(),
    /** `mixed` means that not all nodes run the release that the node group names. */
    health: z.enum(['well', 'unhealthy', 'mixed', 'unreadable']),
    /** Set where no release comes to the node group, so that nobody waits for it. */
    isLeftAlone: z.literal(true).optional(),
    /**
     * The version of the policy that leaves it alone, or only has proposed what is due, where nothing else does: another
     * version may not.
     */
    leftUnder: z.number().optional(),
    /** Set where a refresh of a self-managed group is only proposed, so that no managed node group waits for it. */
    isProposed: z.literal(true).optional(),
    /** Its wave, where tags name one. The policy resolves the name. */
    wave: z.string().optional(),
    /** When the node group was seen, epoch milliseconds, to a day. */
    seenAt: z.number(),
  });
export type Progress = z.infer<ReturnType<typeof progress>>;
