/** The owner of a worker: its cluster, and its managed node group where it has one. */
export interface Owner {
  /** Tags of both, since either can opt out. */
  readonly tags: Readonly<Record<string, string>>;
  /** Those of the cluster alone: a tag of the node group may have hidden one of them. */
  readonly clusterTags?: Readonly<Record<string, string>>;
  /** The subnets that a managed node group launches its workers in. */
  readonly subnets?: readonly string[];
  /** The Auto Scaling groups that EKS names for a managed node group. */
  readonly autoScalingGroups?: readonly string[];
  /** ARN of the role that EKS names for a managed node group. */
  readonly nodeRole?: string;
  /** Whether EKS replaces nodes of the group that stay unready for long (`nodeRepairConfig`). */
  readonly repairsNodes?: boolean;
  /** The SSH key by which EKS lets somebody in to a managed node group, and from where; empty: from everywhere. */
  readonly remoteAccess?: { readonly key: string; readonly sourceGroups: readonly string[] };
  /** Why AWS could not be read, so that nobody knows whether the owner opted out. */
  readonly unreadable?: string;
  /** Why it is not an EKS worker after all: its tags name a cluster that EKS does not have. */
  readonly notAWorker?: string;
  /**
   * What its tags claim, where nothing that only AWS or the cluster can set proves it. Such an instance must not be
   * acted upon.
   */
  readonly onlyClaims?: string;
}

/** Whether a worker is proven to be one, and does not only claim it. */
export const isProven = (owner: Owner | undefined): boolean =>
  owner?.notAWorker === undefined && owner?.onlyClaims === undefined;
