import type { CoreV1Api } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { unlessAbsent } from './access-error.ts';

/**
 * The ConfigMap in which a cluster without access entries lists the IAM roles that it admits. Source: EKS user guide,
 * "Grant IAM users access with a ConfigMap".
 */
export const AWS_AUTH = { name: 'aws-auth', namespace: 'kube-system' } as const;

/** The group of nodes. Source: Kubernetes, "Using Node Authorization". */
const NODES = 'system:nodes';

/** Reads the ARNs of the roles that the ConfigMap `aws-auth` admits as nodes; none where there is no such ConfigMap. */
export async function readNodeRoles(core: CoreV1Api): Promise<string[]> {
  const found = await unlessAbsent(core.readNamespacedConfigMap({ ...AWS_AUTH }));
  return nodeRolesIn(found?.data?.mapRoles ?? '');
}

/**
 * Returns the ARNs of the roles that a `mapRoles` text admits as nodes. A text or item that EKS would not accept admits
 * nobody.
 */
export function nodeRolesIn(text: string): string[] {
  const items = parsedYaml(text);
  return (Array.isArray(items) ? items : []).flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('rolearn' in item) || !('groups' in item)) return [];
    const { rolearn, groups } = item;
    return typeof rolearn === 'string' && Array.isArray(groups) && groups.includes(NODES) ? [rolearn] : [];
  });
}

function parsedYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
