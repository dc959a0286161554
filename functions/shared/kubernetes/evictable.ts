import type { KubernetesPod } from './evictions.ts';

/** Takes a node out of the load balancers of Services. Source: Kubernetes, "Well-Known Labels". */
export const EXCLUDE_LABEL = { key: 'node.kubernetes.io/exclude-from-external-load-balancers', value: 'true' } as const;

/** How many pods of a node are evicted at a time. */
export const EVICTION_CONCURRENCY = 8;

/** Pods of DaemonSets would come back, static pods belong to the node, and finished pods are no obstacle. */
export const canLeave = ({ ownedByDaemonSet, mirror, finished }: KubernetesPod): boolean =>
  !ownedByDaemonSet && !mirror && !finished;
