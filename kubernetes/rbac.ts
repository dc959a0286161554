import { INSTALLER } from '../functions/manage-ssm-agent/install/index.ts';
import type { KubernetesObject } from '../functions/shared/kubernetes/client.ts';

/** The Kubernetes group that an access entry gives to the roles of the functions, and to which the rights below go. */
export const KUBERNETES_GROUP = 'eks-host-remediator';

const RBAC = 'rbac.authorization.k8s.io';

/**
 * What the functions may do in a cluster, in the order in which it is applied: just the calls of
 * `functions/shared/kubernetes/client.ts`, and nothing beyond its own namespace but to list the nodes.
 */
export function rbacManifest(): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/managed-by': 'eks-host-remediator' };
  const subjects = [{ kind: 'Group', name: KUBERNETES_GROUP, apiGroup: RBAC }];
  const nodes = { name: 'eks-host-remediator-nodes', labels };
  const installer = { name: INSTALLER.name, namespace: INSTALLER.namespace, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      // The installer is privileged, so its namespace must let it: others need not be opened for it.
      metadata: {
        name: INSTALLER.namespace,
        labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: nodes,
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: nodes,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: nodes.name },
      subjects,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: installer,
      rules: [
        {
          apiGroups: ['apps'],
          resources: ['daemonsets'],
          // Create too: server-side apply asks for it by name, unlike a plain create, and nothing else creates here.
          resourceNames: [INSTALLER.name],
          verbs: ['get', 'create', 'patch', 'delete'],
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: installer,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: INSTALLER.name },
      subjects,
    },
  ];
}
