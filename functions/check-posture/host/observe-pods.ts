import pMap from 'p-map';
import { isKubernetesAccessError } from '../../shared/kubernetes/access-error.ts';
import { type OpenOptions, openCluster } from '../../shared/kubernetes/open-cluster.ts';
import type { PodSecurity } from '../../shared/kubernetes/pod-security.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';

/** The pods of a node by name, or why they are unknown. */
export type Pods = { readonly found: readonly PodSecurity[] } | { readonly untold: string };

/** The endpoint of a cluster's Kubernetes API, as EKS describes it. */
export interface Access {
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

/** The likely names of a node: its private DNS name, or the id of its instance. */
export interface NodeNames {
  readonly instanceId: string;
  readonly privateDnsName?: string | undefined;
}

/**
 * Reads the pods of these nodes where the cluster grants access, by the id of their instance. Without access the reason
 * takes their place, and the check goes on.
 */
export async function readPods(
  options: OpenOptions,
  cluster: string,
  access: Access | undefined,
  nodes: readonly NodeNames[],
): Promise<ReadonlyMap<string, Pods>> {
  const all = (pods: Pods) => new Map(nodes.map(({ instanceId }) => [instanceId, pods]));
  if (access === undefined) return all({ untold: 'EKS did not tell where the Kubernetes API is' });
  let refused: string | undefined;
  const readOne = async ({ instanceId, privateDnsName }: NodeNames): Promise<[string, Pods]> => {
    if (refused !== undefined) return [instanceId, { untold: refused }];
    try {
      for (const name of [privateDnsName, instanceId]) {
        const pods = name === undefined || name === '' ? [] : await kubernetes.listPodSecurity(name);
        // Each node runs some pods. A name without pods is not the node's name.
        if (pods.length > 0) return [instanceId, { found: pods }];
      }
      return [instanceId, { untold: 'no pod is bound to a node of its name' }];
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      refused = error.message;
      return [instanceId, { untold: refused }];
    }
  };
  const { endpoint, certificateAuthority } = access;
  const kubernetes = await openCluster(options, cluster, {
    endpoint,
    certificateAuthority: { data: certificateAuthority },
  });
  const [first, ...others] = nodes;
  // The first node shows whether the cluster grants access at all.
  const one = first === undefined ? [] : [await readOne(first)];
  return new Map([...one, ...(await pMap(others, readOne, { concurrency: READ_CONCURRENCY }))]);
}
