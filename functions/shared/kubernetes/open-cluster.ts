import type { Cluster, EKSClient } from '@aws-sdk/client-eks';
import type { ClusterReader } from '../fleet/fleet.ts';
import type { Clock } from '../runtime/clock.ts';
import { once } from '../runtime/once.ts';
import { clusterToken, openKubernetes } from './access.ts';
import type { KubernetesClient } from './client.ts';
import { type Patience, patienceOf } from './patience.ts';

export interface OpenOptions {
  /** The client whose credentials are used. */
  readonly eks: EKSClient;
  readonly clock: Clock;
  readonly region: string;
  /** The time limit of the function. */
  readonly timeoutSeconds: number;
}

/**
 * Opens the Kubernetes API of a cluster that EKS has described.
 *
 * @param patience with that cluster, where it is opened more than once
 */
export async function openCluster(
  { eks, clock, region, timeoutSeconds }: OpenOptions,
  name: string,
  { endpoint = '', certificateAuthority }: Pick<Cluster, 'endpoint' | 'certificateAuthority'>,
  patience: Patience = patienceOf(clock, timeoutSeconds),
): Promise<KubernetesClient> {
  const token = await clusterToken({ cluster: name, region, credentials: eks.config.credentials, clock });
  return openKubernetes({
    cluster: name,
    endpoint,
    certificateAuthority: certificateAuthority?.data ?? '',
    token,
    patience,
  });
}

/** Why a cluster cannot be opened. */
export interface NotOpened {
  readonly refused: string;
  /** Set where EKS did not answer as usual, so that a later call may open it. */
  readonly mayPass?: true;
}

/**
 * Opens clusters by name, with the cluster descriptions of one reconcile; or returns why a cluster cannot be opened. A
 * cluster that is opened again has the patience that is left.
 */
export const openClusterBy = (options: OpenOptions) => (readCluster: ClusterReader) => {
  const patienceWith = once((_name: string) => patienceOf(options.clock, options.timeoutSeconds));
  return async (name: string): Promise<KubernetesClient | NotOpened> => {
    const reading = await readCluster(name);
    if (reading.kind === 'gone') return { refused: `Cluster ${name} no longer exists.` };
    if (reading.kind === 'unreadable') {
      return { refused: reading.error, ...(reading.mayPass && { mayPass: true as const }) };
    }
    return openCluster(options, name, reading.found, patienceWith(name));
  };
};
