import type { Workload } from '../kubernetes/workload-pods.ts';
import type { Fleet } from './fleet.ts';

/** The workloads on a cluster's managed node groups. */
export const workloadsOf = ({ clusters }: Fleet, clusterName: string): Workload[] =>
  clusters
    .filter(({ name }) => name === clusterName)
    .flatMap(({ nodeGroups }) => nodeGroups)
    .flatMap(({ name: nodeGroup, workloads }) => workloads.map((workload) => ({ nodeGroup, ...workload })));
