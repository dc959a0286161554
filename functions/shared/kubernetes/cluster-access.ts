import type { Patience } from './patience.ts';

/** Endpoint and credentials of a cluster's Kubernetes API. */
export interface ClusterAccess {
  /** Name of the cluster, for messages. */
  readonly cluster: string;
  /** `https://…`, from DescribeCluster. */
  readonly endpoint: string;
  /** Base64 of a PEM certificate, from DescribeCluster. No other authority is trusted. */
  readonly certificateAuthority: string;
  /** See `clusterToken`. */
  readonly token: string;
  /** How long calls to it may still take. */
  readonly patience: Patience;
}
