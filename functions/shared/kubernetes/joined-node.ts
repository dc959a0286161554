import type { IdentityClients } from '../fleet/identity-facts.ts';
import { once } from '../runtime/once.ts';
import { isKubernetesAccessError } from './access-error.ts';
import type { KubernetesClient } from './client.ts';

/** How many instances of a cluster are read by name. For more, the nodes of the cluster are listed once. */
const ASKED_BY_NAME = 10;

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
  const open = once((cluster: string) => openCluster(cluster));
  const asked = new Map<string, number>();
  const list = once(async (cluster: string): Promise<ReadonlyMap<string, string> | undefined> => {
    const opened = await open(cluster);
    if ('refused' in opened) return undefined;
    const nodes = await opened.listNodes();
    return new Map(nodes.flatMap(({ name, instanceId }) => (instanceId === undefined ? [] : [[name, instanceId]])));
  });
  const byName = once(async (cluster: string, name: string): Promise<string | undefined> => {
    const opened = await open(cluster);
    return 'refused' in opened ? undefined : (await opened.readNode(name))?.instanceId;
  });
  // Nodes are named by the private DNS name; in EKS Auto Mode by the instance id.
  const ask = async (cluster: string, instanceId: string, names: readonly string[]): Promise<boolean | undefined> => {
    if ('refused' in (await open(cluster))) return undefined;
    const count = (asked.get(cluster) ?? 0) + 1;
    asked.set(cluster, count);
    const nodes = count > ASKED_BY_NAME ? await list(cluster) : undefined;
    for (const name of names) {
      if ((nodes === undefined ? await byName(cluster, name) : nodes.get(name)) === instanceId) return true;
    }
    return false;
  };
  return async (cluster, { InstanceId = '', PrivateDnsName = '' }) => {
    try {
      return await ask(
        cluster,
        InstanceId,
        [...new Set([PrivateDnsName, InstanceId])].filter((name) => name !== ''),
      );
    } catch (error) {
      if (isKubernetesAccessError(error)) return undefined;
      throw error;
    }
  };
}
