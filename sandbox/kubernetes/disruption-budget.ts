import type { Served } from './lists.ts';
import { stableUid } from './pods.ts';

/**
 * How many pods of a workload may be missing: `maxUnavailable`, or what `minAvailable` leaves; a number or a
 * percentage.
 */
export interface DisruptionBudget {
  readonly minAvailable?: number | string | undefined;
  readonly maxUnavailable?: number | string | undefined;
  /** Whether the controller has not seen the latest specification, so that nothing may be evicted. */
  readonly isStale?: boolean | undefined;
}

/**
 * How many healthy pods a budget requires. Percentages are rounded up, like Kubernetes does with both.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget
 */
export function desiredHealthy({ minAvailable, maxUnavailable }: DisruptionBudget, replicas: number): number {
  if (minAvailable !== undefined) return scaled(minAvailable, replicas);
  return Math.max(0, replicas - scaled(maxUnavailable ?? 0, replicas));
}

const scaled = (value: number | string, of: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * of);

/**
 * A budget as the API serves it. Its controller allows as many evictions as there are healthy pods beyond the required
 * number.
 */
export function servedBudget(
  {
    namespace,
    name: workload,
    index,
  }: { readonly namespace: string; readonly name: string /** Among those of the workload. */; readonly index: number },
  { minAvailable, maxUnavailable, isStale = false }: DisruptionBudget,
  healthy: { readonly currentHealthy: number; readonly desiredHealthy: number; readonly expectedPods: number },
): Served {
  const name = index === 0 ? workload : `${workload}-${index + 1}`;
  return {
    name,
    namespace,
    labels: {},
    object: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace, uid: stableUid(`budget ${namespace}/${name}`), generation: isStale ? 2 : 1 },
      spec: {
        selector: { matchLabels: { app: workload } },
        ...(minAvailable !== undefined && { minAvailable }),
        ...(maxUnavailable !== undefined && { maxUnavailable }),
      },
      status: {
        ...healthy,
        observedGeneration: 1,
        disruptionsAllowed: Math.max(0, healthy.currentHealthy - healthy.desiredHealthy),
      },
    },
  };
}
