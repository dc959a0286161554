import { DISRUPTED, DO_NOT_DISRUPT, type KarpenterNodes } from '../account/eks/karpenter-nodes.ts';
import type { NodeObjects } from './node-objects.ts';
import type { Workloads } from './workloads.ts';

/** The nodes and pods of a cluster, as Karpenter has them. */
export const nodesForKarpenter = (nodes: NodeObjects, workloads: Workloads): KarpenterNodes => ({
  isKept: (nodeName) => nodes.annotationOf(nodeName, DO_NOT_DISRUPT) === 'true',
  hasKeptPods: (nodeName) => {
    workloads.catchUp();
    return workloads.isHeldOn(nodeName);
  },
  markDisrupted: (nodeName, is) => {
    workloads.catchUp();
    nodes.taint(nodeName, DISRUPTED, is);
  },
  drain: (nodeName, byForce) => {
    workloads.catchUp();
    workloads.drainFrom(nodeName, byForce);
    workloads.catchUp();
    return workloads.countOn(nodeName);
  },
});
