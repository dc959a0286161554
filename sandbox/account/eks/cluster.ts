import type { ClusterIssue, ClusterStatus, InsightStatusValue } from '@aws-sdk/client-eks';

/** A cluster of the account. */
export interface EksCluster {
  readonly name: string;
  readonly arn: string;
  /** Kubernetes version of its control plane. */
  version: string;
  /** EKS's upgrade insights about the cluster. */
  readonly insights: readonly EksInsight[];
  readonly tags: Readonly<Record<string, string>>;
  readonly supportType: 'STANDARD' | 'EXTENDED';
  /** Epoch ms. */
  readonly createdAt: number;
  /** When its first certificate authority ends, by default after ten years, and when EKS adds a successor, epoch ms. */
  readonly authority: { readonly endsAt?: number | undefined; readonly successorAt?: number | undefined };
  readonly autoMode: boolean;
  /** Names. */
  readonly fargateProfiles: readonly string[];
  readonly hybridNodes: boolean;
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly authenticationMode: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  readonly vpcId: string;
  readonly subnets: ReadonlyArray<{ readonly id: string; readonly availabilityZone: string }>;
  /** The security group of the cluster and its nodes. */
  readonly securityGroupId: string;
  /** The 32 hexadecimal digits of its endpoint and its OIDC issuer. */
  readonly id: string;
  status: ClusterStatus;
  /** What EKS says is wrong with it. */
  issues: readonly ClusterIssue[];
  /** Whether its API server does not answer for now. */
  isSilent?: boolean;
  /**
   * Where its API is reachable from outside of the sandbox, and its certificate authority (base64 of PEM), while it is
   * served.
   */
  served?: { readonly endpoint: string; readonly certificateAuthority: string };
}

/** An upgrade insight of a cluster. */
export interface EksInsight {
  readonly id: string;
  readonly name: string;
  readonly kubernetesVersion: string;
  readonly reason: string;
  status: InsightStatusValue;
  /** Epoch ms. */
  changedAt: number;
}
