/**
 * What may be used up, in one place: `npm run bench`, tests and proofs fail where a figure is above its budget. A budget rises
 * only with a reason in the commit.
 */
export const BUDGETS = {
  /** AWS calls of a look at an exposed worker, up to the first one that closes it; the policy, which is kept a minute, beside them. */
  callsUntilClosing: {
    /** Of a managed node group, whose security groups of quarantines are there. */
    managed: 15,
    /** Of a self-managed group: its instance profile, access entry and Auto Scaling group prove whose it is. */
    selfManaged: 17,
  },
  /** AWS calls of a look at a worker in quarantine when the event that it came from is delivered once more. */
  callsOfRepeat: 2,
  /** A look at 2,000 node groups in 100 clusters. */
  look: {
    /** AWS calls beside one a cluster, one a node group and the pages of lists: releases, recommendation, budgets. */
    callsBeside: 8,
    /** AWS calls of each upgrade that such a look starts: EKS, and the ledger before and after; its wake-up and the look before it beside. */
    callsPerStart: 4,
    /** CPU of the function alone, without the SDK's own, ms. */
    cpuMs: 1_000,
  },
  /** US dollars a month that a stack costs where nothing happens, at list prices. */
  idleDollarsPerMonth: 15,
  /** Bytes of a function's bundle. */
  bundleBytes: 1_000_000,
} as const;
