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
  /**
   * CPU time of a fresh Node that loads a bundle, as a multiple of that of one that loads nothing. Medians of the quarantine
   * lie between 5 and 6.3.
   */
  importRatio: 7,
  /** An exposed launch in a cluster of any size, the load of the bundle included. */
  launch: {
    /** CPU of the function alone until it has ended, ms of a whole core. */
    cpuMs: 1_000,
    peakRssBytes: 200 * 2 ** 20,
  },
  /** One sweep of one function. */
  sweep: {
    /** CPU of the function alone, the SDK's parsing included, ms of a whole core per worker. */
    cpuMsPerWorker: 1.6,
    /** To load the bundle and to warm up, ms. */
    cpuMsBase: 1_000,
    peakRssBytes: 450 * 2 ** 20,
    /** Share of the function's timeout that one invocation computes, at Lambda's share of a core for its memory. */
    shareOfTimeout: 0.75,
  },
} as const;
