import type { EksNodeGroup } from '../account/eks/node-group.ts';
import { nodesOf } from '../account/eks/nodes.ts';
import type { FleetState } from './state.ts';

/** The current clusters, node groups, updates and nodes as plain JSON. */
export function snapshotFleet(state: FleetState) {
  return {
    at: new Date(state.world.time.now).toISOString(),
    clusters: [...state.eks.clusters.values()].map(({ name, version, status }) => ({
      name,
      version,
      status,
      nodeGroups: state.eks.nodeGroupsOf(name).map((group) => snapshotNodeGroup(state, group)),
    })),
  };
}

function snapshotNodeGroup({ eks }: FleetState, group: EksNodeGroup) {
  const { name, cluster, amiType, version, releaseVersion, status, issues } = group;
  return {
    name,
    amiType,
    version,
    releaseVersion,
    status,
    health: issues,
    updates: eks
      .updatesOf(cluster.name, name)
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      .map(({ id, status: outcome, type, params, createdAt, errors }) => ({
        id,
        type,
        status: outcome,
        params,
        createdAt: createdAt.toISOString(),
        errors,
      })),
    nodes: nodesOf(group).map(({ id, imageId, privateDnsName, state, node, launchedAt }) => ({
      instanceId: id,
      imageId,
      privateDnsName,
      state,
      node,
      launchedAt: new Date(launchedAt).toISOString(),
    })),
  };
}
