import type { IdentityClients } from '../fleet/identity.ts';
import { once } from '../runtime/once.ts';
import { isKubernetesAccessError } from './access-error.ts';
import type { KubernetesClient } from './client.ts';

/**
 * Tells whether an instance has joined a cluster as a node, by the node's provider id; undefined where the cluster cannot be
 * reached or does not let the function in: then nobody can tell.
 *
 * @param openCluster by name; it says why one cannot be opened
 */
export function isNodeBy(
  openCluster: (cluster: string) => Promise<KubernetesClient | { readonly refused: string }>,
): NonNullable<IdentityClients['isNode']> {
  // Its nodes are listed once, however many instances claim to be among them.
  const list = once(async (cluster: string): Promise<ReadonlySet<string> | undefined> => {
    try {
      const opened = await openCluster(cluster);
      if ('refused' in opened) return undefined;
      return new Set((await opened.listNodes()).flatMap(({ instanceId }) => instanceId ?? []));
    } catch (error) {
      if (isKubernetesAccessError(error)) return undefined;
      throw error;
    }
  });
  return async (cluster, instanceId) => (await list(cluster))?.has(instanceId);
}
