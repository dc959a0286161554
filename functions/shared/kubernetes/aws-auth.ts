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

/**
 * The parser compares each key of an object with all that came before, to refuse a key that is there twice. A
 * ConfigMap has room for 100,000 keys (Kubernetes, "ConfigMaps": 1 MiB), which would take the time of all other
 * clusters. So the last of such keys counts. Whoever may write the ConfigMap could have left out the others.
 */
function parsedYaml(text: string): unknown {
  try {
    return parse(text, { uniqueKeys: false });
  } catch {
    return undefined;
  }
}
