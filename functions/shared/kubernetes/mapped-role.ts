import type { IdentityClients } from '../fleet/identity-facts.ts';
import { once } from '../runtime/once.ts';
import { isKubernetesAccessError } from './access-error.ts';
import type { KubernetesClient } from './client.ts';

/**
 * Returns whether a cluster's ConfigMap `aws-auth` admits a role as its nodes'. Undefined where the cluster cannot be
 * reached or does not let the ConfigMap be read. Each cluster is read once.
 *
 * @param openCluster opens a cluster by name, or says why it cannot
 */
export function mapsRoleBy(
  openCluster: (cluster: string) => Promise<KubernetesClient | { readonly refused: string }>,
): NonNullable<IdentityClients['mapsRole']> {
  const rolesOf = once(async (cluster: string): Promise<ReadonlySet<string> | undefined> => {
    try {
      const opened = await openCluster(cluster);
      if ('refused' in opened) return undefined;
      return new Set((await opened.nodeRoles()).map((arn) => arn.toLowerCase()));
    } catch (error) {
      if (isKubernetesAccessError(error)) return undefined;
      throw error;
    }
  });
  return async (cluster, roleArn) => (await rolesOf(cluster))?.has(withoutPath(roleArn).toLowerCase());
}

/**
 * The ARN of a role as EKS compares it: without a path, as in the ARN of a session, and regardless of case. Source: EKS
 * user guide, "aws-auth ConfigMap: the role ARN can't include a path"; aws-iam-authenticator, `arn.Canonicalize`.
 */
const withoutPath = (roleArn: string): string => roleArn.replace(/:role\/.*\//, ':role/');
