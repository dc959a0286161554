import { DO_NOT_DISRUPT } from '../account/eks/karpenter-nodes.ts';
import type { DisruptionBudget } from './disruption-budget.ts';
import type { Json } from './json.ts';
import type { Served } from './lists.ts';
import { secondsIso, stableUid } from './pods.ts';

/** A Deployment whose pods run on the nodes of one node group. */
export interface Workload {
  readonly nodeGroup: string;
  /** The label that its nodes have with the name of their group; by default that of managed node groups. */
  readonly groupLabel?: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly disruptionBudget?: DisruptionBudget | undefined;
  /** Further budgets that select its pods. With any, no pod is ever evicted. */
  readonly furtherBudgets?: readonly DisruptionBudget[] | undefined;
  /** How long its pods take to end, s: exactly their grace period. */
  readonly terminationSeconds: number;
  /** Whether its owner binds the replacement of an evicted pod to the same node, past the scheduler. */
  readonly returnsToNode?: boolean | undefined;
  /** What refuses each eviction of its pods, before their budgets are asked. */
  readonly refusesEvictions?: 'webhook' | 'broken-webhook' | 'namespace-ends' | undefined;
  /** Whether its pods have the annotation that keeps Karpenter from disrupting their nodes. */
  readonly doNotDisrupt?: boolean | undefined;
  /** The securityContext of its container. */
  readonly securityContext?: Json | undefined;
}

export interface WorkloadPod {
  readonly workload: Workload;
  readonly name: string;
  readonly uid: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Its node, and when it becomes ready there (epoch ms); undefined while no node takes it. */
  bound: { readonly nodeName: string; readonly readyAt: number } | undefined;
  /** When its deletion was requested, and when it will be gone (epoch ms). */
  leaving: { readonly since: number; readonly goneAt: number } | undefined;
  /**
   * Whether its node's kubelet is silent. The pod then counts as not ready, and cannot be stopped: it keeps running,
   * and stays until its node reports again or is gone. Source: Kubernetes, "Nodes" (node controller), and "Taints and
   * Tolerations", "Taint based Evictions".
   */
  unheard: boolean;
}

/**
 * The taints of a node that is not Ready. Each pod tolerates them for a limited time, which the admission plugin
 * DefaultTolerationSeconds sets. Source: Kubernetes, "Taints and Tolerations", "Taint based Evictions":
 * `tolerationSeconds=300`.
 */
export const TOLERATED_FOR_A_TIME: readonly string[] = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
];
export const TOLERATION_SECONDS = 300;

/** The label that EKS sets on the nodes of a managed node group. */
const NODE_GROUP_LABEL = 'eks.amazonaws.com/nodegroup';

/** The label that the nodes of a workload's group have, with the group's name. */
export const groupLabelOf = ({ groupLabel = NODE_GROUP_LABEL }: Workload): string => groupLabel;

/** All disruption budgets that select the pods of a workload. */
export const budgetsOf = ({ disruptionBudget, furtherBudgets = [] }: Workload): DisruptionBudget[] => [
  ...(disruptionBudget === undefined ? [] : [disruptionBudget]),
  ...furtherBudgets,
];

export const hasStarted = ({ bound }: WorkloadPod, now: number): boolean => bound !== undefined && bound.readyAt <= now;

export const isReady = (pod: WorkloadPod, now: number): boolean => hasStarted(pod, now) && !pod.unheard;

/** Name of the ReplicaSet with which a Deployment runs its pods. */
export const replicaSetName = ({ namespace, name, nodeGroup }: Workload): string =>
  `${name}-${stableUid(`template ${nodeGroup} ${namespace} ${name}`).slice(0, 8)}`;

/** A pod as it is served at `now`, epoch ms. */
export function servedWorkloadPod(pod: WorkloadPod, now: number): Served {
  const { workload, name, uid, createdAt, bound, leaving } = pod;
  const { namespace, terminationSeconds } = workload;
  const ready = isReady(pod, now);
  const labels = { app: workload.name };
  const replicaSet = replicaSetName(workload);
  return {
    name,
    namespace,
    labels,
    ...(bound !== undefined && { nodeName: bound.nodeName }),
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace,
        uid,
        labels,
        ...(workload.doNotDisrupt === true && { annotations: { [DO_NOT_DISRUPT]: 'true' } }),
        creationTimestamp: secondsIso(createdAt),
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: replicaSet,
            uid: stableUid(`replicaset ${namespace}/${replicaSet}`),
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
        // Kubernetes returns the end of the grace period, not its start.
        ...(leaving !== undefined && {
          deletionTimestamp: secondsIso(leaving.goneAt),
          deletionGracePeriodSeconds: terminationSeconds,
        }),
      },
      spec: {
        containers: [
          {
            name: workload.name,
            image: `registry/${workload.name}:1`,
            ...(workload.securityContext !== undefined && { securityContext: workload.securityContext }),
          },
        ],
        nodeSelector: { [groupLabelOf(workload)]: workload.nodeGroup },
        terminationGracePeriodSeconds: terminationSeconds,
        tolerations: TOLERATED_FOR_A_TIME.map((key) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: TOLERATION_SECONDS,
        })),
        ...(bound !== undefined && { nodeName: bound.nodeName }),
      },
      status: {
        phase: hasStarted(pod, now) ? 'Running' : 'Pending',
        conditions: [
          { type: 'PodScheduled', status: bound === undefined ? 'False' : 'True' },
          { type: 'Ready', status: ready ? 'True' : 'False' },
        ],
      },
    },
  };
}
