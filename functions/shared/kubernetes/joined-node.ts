import type { IdentityClients } from '../fleet/identity.ts';
import { once } from '../runtime/once.ts';
import { isKubernetesAccessError } from './access-error.ts';
import type { KubernetesClient } from './client.ts';

/**
 * Returns whether an instance has joined a cluster as a node, by the node's name and provider id. Undefined where the
 * cluster cannot be reached or denies access: then nobody can tell.
 *
 * A kubelet writes the provider id itself, so a compromised one could name another instance there. It cannot choose its
 * name, because its identity follows from its instance. Sources: EKS user guide, "Create access entries" (user name
 * `system:node:{{EC2PrivateDNSName}}`); Kubernetes, "Using Node Authorization" (a kubelet may write only its own node).
 *
 * @param openCluster opens a cluster by name, or says why it cannot
 */
export function isNodeBy(
  openCluster: (cluster: string) => Promise<KubernetesClient | { readonly refused: string }>,
): NonNullable<IdentityClients['isNode']> {
  // The nodes of a cluster are listed once, however many instances claim to be among them.
  const list = once(async (cluster: string): Promise<ReadonlyMap<string, string> | undefined> => {
    try {
      const opened = await openCluster(cluster);
      if ('refused' in opened) return undefined;
      const nodes = await opened.listNodes();
      return new Map(nodes.flatMap(({ name, instanceId }) => (instanceId === undefined ? [] : [[name, instanceId]])));
    } catch (error) {
      if (isKubernetesAccessError(error)) return undefined;
      throw error;
    }
  });
  return async (cluster, { InstanceId = '', PrivateDnsName = '' }) => {
    const nodes = await list(cluster);
    // Nodes are named by the private DNS name; in EKS Auto Mode by the instance id.
    return nodes && [PrivateDnsName, InstanceId].some((name) => name !== '' && nodes.get(name) === InstanceId);
  };
}
