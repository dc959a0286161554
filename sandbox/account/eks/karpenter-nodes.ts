/** What Karpenter reads and changes of the nodes and pods of its cluster. */
export interface KarpenterNodes {
  /** Whether a node has the annotation `karpenter.sh/do-not-disrupt: "true"`. */
  isKept(nodeName: string): boolean;
  /** Whether a pod of a node keeps it: by that annotation, or by disruption budgets, which let no pod of its kind go now. */
  hasKeptPods(nodeName: string): boolean;
  /** Puts the taint that keeps new pods off a node that Karpenter replaces, or takes it away. */
  markDisrupted(nodeName: string, is: boolean): void;
  /**
   * Evicts the pods of a node, as far as they may go; by force, whatever protects them.
   * @returns how many are left on it, those that are ending among them
   */
  drain(nodeName: string, byForce: boolean): number;
}

/** The nodes of a cluster whose Kubernetes API nobody has. */
export const NO_NODES: KarpenterNodes = {
  isKept: () => false,
  hasKeptPods: () => false,
  markDisrupted: () => {},
  drain: () => 0,
};

/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/taints.go, DisruptedNoScheduleTaint. */
export const DISRUPTED = { key: 'karpenter.sh/disrupted', effect: 'NoSchedule' } as const;
/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/labels.go. Of a node only the value `true` counts. */
export const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';
