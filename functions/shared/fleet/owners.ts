/** Whose a worker is: its cluster, and its managed node group where it has one. */
export interface Owner {
  /** Tags of both: an opt-out counts there too. */
  readonly tags: Readonly<Record<string, string>>;
  /** The subnets that a managed node group launches its workers into. */
  readonly subnets?: readonly string[];
  /** The Auto Scaling groups that EKS names for a managed node group. */
  readonly autoScalingGroups?: readonly string[];
  /** ARN of the role that EKS names for a managed node group. */
  readonly nodeRole?: string;
  /** Whether EKS replaces nodes of the group that are not ready for long (`nodeRepairConfig`). */
  readonly repairsNodes?: boolean;
  /** Why AWS would not tell, so that nobody knows whether they opted out. */
  readonly unreadable?: string;
  /** Why it is no EKS worker after all: its tags name what EKS does not have. */
  readonly notAWorker?: string;
  /** What its tags claim, where nothing that only AWS or the cluster can set bears it out: it must not be acted upon. */
  readonly onlyClaims?: string;
}

/** Whether a worker is one of EKS, and does not only claim to be one. */
export const isProven = (owner: Owner | undefined): boolean =>
  owner?.notAWorker === undefined && owner?.onlyClaims === undefined;
