import type { Workload } from '../kubernetes/workload-pods.ts';
import type { Fleet } from './fleet.ts';

/**
 * The label with the name of a self-managed group on its nodes. EKS does not label these nodes, so their owner does.
 */
export const SELF_MANAGED_LABEL = 'node-group';

/** The label that Karpenter sets on its nodes. Source: kubernetes-sigs/karpenter, pkg/apis/v1/labels.go. */
const NODE_POOL_LABEL = 'karpenter.sh/nodepool';

/** The workloads on a cluster's node groups, managed and self-managed, and on Karpenter's node pools. */
export const workloadsOf = ({ clusters }: Fleet, clusterName: string): Workload[] =>
  clusters
    .filter(({ name }) => name === clusterName)
    .flatMap(({ nodeGroups, selfManagedGroups, karpenterNodePools }) => [
      ...nodeGroups.flatMap(({ name: nodeGroup, workloads }) => workloads.map((each) => ({ nodeGroup, ...each }))),
      ...selfManagedGroups.flatMap(({ name: nodeGroup, workloads }) =>
        workloads.map((each) => ({ nodeGroup, groupLabel: SELF_MANAGED_LABEL, ...each })),
      ),
      ...karpenterNodePools.flatMap(({ name: nodeGroup, workloads }) =>
        workloads.map((each) => ({ nodeGroup, groupLabel: NODE_POOL_LABEL, ...each })),
      ),
    ]);
