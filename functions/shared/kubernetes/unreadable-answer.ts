import { isKubernetesAccessError } from './access-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { unreadable } from './refusal.ts';

/**
 * The same client; its calls fail by a `KubernetesAccessError` also where an answer is an object and not the one that was
 * asked for. Whoever administers a cluster may have groups served by a server of their own (Kubernetes, "Kubernetes API
 * Aggregation Layer"), and what that one answers must not stop the look at other clusters.
 */
export function tellingUnreadable<Client extends object>(client: Client, access: ClusterAccess): Client {
  return new Proxy(client, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return async (...asked: readonly unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(call, target, asked);
        } catch (error) {
          throw isKubernetesAccessError(error) ? error : unreadable(access, String(error), { cause: error });
        }
      };
    },
  });
}
