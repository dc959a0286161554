/**
 * The budgets of everything that is measured. `npm run bench`, tests and proofs fail where a figure is above its
 * budget. A budget rises only with a reason in the commit.
 */
export const BUDGETS = {
  /**
   * AWS calls of a look at an exposed worker, up to the first one that closes it. The read of the policy does not
   * count, because the function keeps the policy for a minute.
   */
  callsUntilClosing: {
    /** A worker of a managed node group, in a VPC that has the security groups of quarantines. */
    managed: 12,
    /**
     * A worker of a self-managed group. Its instance profile, access entry and Auto Scaling group prove whose it is.
     */
    selfManaged: 14,
    /** A worker of no group, whose role an access entry admits. It has no group that may be public by design. */
    outsideOfGroups: 11,
  },
  /** AWS calls of a look at a worker in quarantine when the event that it came from is delivered once more. */
  callsOfRepeat: 2,
  /** A look at 2,000 node groups in 100 clusters. */
  look: {
    /**
     * AWS calls for releases, recommendation, budgets and orders, beside one a cluster, one a node group and the pages of
     * lists.
     */
    callsBeside: 9,
    /**
     * AWS calls of each upgrade that such a look starts: the call to EKS, and those to the ledger before and after it.
     * The wake-up and the look before the start do not count.
     */
    callsPerStart: 4,
    /** CPU of the function alone, without the SDK's own, ms. */
    cpuMs: 1_000,
  },
  /** The cost of a stack in which nothing happens, US dollars a month at list prices. */
  idleDollarsPerMonth: 9,
  /** Bytes of a function's bundle. */
  bundleBytes: 1_000_000,
  /**
   * CPU time of a fresh Node that loads a bundle, as a multiple of that of one that loads nothing. The ratio of the
   * largest functions moves by 0.5 with whatever else the machine does.
   */
  importRatio: 5,
  /** An exposed launch in a cluster of any size, the load of the bundle included. */
  launch: {
    /** CPU of the function alone until it has ended, ms of a whole core. */
    cpuMs: 1_000,
    peakRssBytes: 200 * 2 ** 20,
  },
  /** 500 exposed launches at once. */
  burst: {
    /** How many invocations of the function run at a time where the time is judged. */
    concurrency: 32,
    /** From the launch until the Internet no longer reaches 99 % of the workers, computing included, virtual ms. */
    p99Ms: 5_000,
  },
  /** One sweep of one function. */
  sweep: {
    /** CPU of the function alone, the SDK's own included, ms of a whole core per worker. */
    cpuMsPerWorker: 1.2,
    /** The same beside the SDK's own. */
    ownCpuMsPerWorker: 0.5,
    /** To load the bundle and to warm up, ms. */
    cpuMsBase: 1_000,
    peakRssBytes: 450 * 2 ** 20,
    /** Computing of one invocation at Lambda's share of a core for its memory, as a share of the function's timeout. */
    shareOfTimeout: 0.75,
  },
} as const;
