/** How a cluster's Kubernetes API is reached, and by whom. */
export interface ClusterAccess {
  /** Name of the cluster, for messages. */
  readonly cluster: string;
  /** `https://…`, from DescribeCluster. */
  readonly endpoint: string;
  /** Base64 of a PEM certificate, from DescribeCluster: nobody else's word is trusted. */
  readonly certificateAuthority: string;
  /** See `clusterToken`. */
  readonly token: string;
}
