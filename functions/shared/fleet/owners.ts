/** The owner of a worker: its cluster, and its managed node group where it has one. */
export interface Owner {
  /** Tags of both, since either can opt out. */
  readonly tags: Readonly<Record<string, string>>;
  /** Tags of the cluster alone, because a tag of the node group may hide one of them. */
  readonly clusterTags?: Readonly<Record<string, string>>;
  /** The subnets that a managed node group launches its workers in. */
  readonly subnets?: readonly string[];
  /** The Auto Scaling groups that EKS names for a managed node group. */
  readonly autoScalingGroups?: readonly string[];
  /** ARN of the role that EKS names for a managed node group. */
  readonly nodeRole?: string;
  /** Whether EKS replaces nodes of the group that stay unready for long (`nodeRepairConfig`). */
  readonly repairsNodes?: boolean;
  /**
   * The SSH key with which EKS lets people in to a managed node group, and the security groups they may come from. An
   * empty list means everywhere.
   */
  readonly remoteAccess?: { readonly key: string; readonly sourceGroups: readonly string[] };
  /** Why AWS could not be read, so that nobody knows whether the owner opted out. */
  readonly unreadable?: string;
  /** Set beside it where AWS did not refuse that for good, so that another delivery may read it. */
  readonly mayBeRead?: true;
  /** Why the instance is not an EKS worker after all: its tags name a cluster that EKS does not have. */
  readonly notAWorker?: string;
  /**
   * The claim of the instance's tags, where nothing proves it that only AWS or the cluster can set. Nothing may act on
   * such an instance.
   */
  readonly onlyClaims?: string;
}

/** Whether a worker is proven to be one, and does not only claim it. */
export const isProven = (owner: Owner | undefined): boolean =>
  owner?.notAWorker === undefined && owner?.onlyClaims === undefined;
