import type { Workload } from '../kubernetes/workload-pods.ts';
import type { Fleet } from './fleet.ts';

/** The label of the nodes of a self-managed group, with its name: EKS sets none there, so its owner does. */
export const SELF_MANAGED_LABEL = 'node-group';

/** The workloads on a cluster's node groups, managed and self-managed. */
export const workloadsOf = ({ clusters }: Fleet, clusterName: string): Workload[] =>
  clusters
    .filter(({ name }) => name === clusterName)
    .flatMap(({ nodeGroups, selfManagedGroups }) => [
      ...nodeGroups.flatMap(({ name: nodeGroup, workloads }) => workloads.map((each) => ({ nodeGroup, ...each }))),
      ...selfManagedGroups.flatMap(({ name: nodeGroup, workloads }) =>
        workloads.map((each) => ({ nodeGroup, groupLabel: SELF_MANAGED_LABEL, ...each })),
      ),
    ]);
