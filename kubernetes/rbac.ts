import { INSTALLER } from '../functions/manage-ssm-agent/install/index.ts';
import { AWS_AUTH } from '../functions/shared/kubernetes/aws-auth.ts';
import type { KubernetesObject } from '../functions/shared/kubernetes/client.ts';

/** The Kubernetes group that an access entry gives to the role of `manage-ssm-agent`, which may install agents. */
export const KUBERNETES_GROUP = 'eks-host-remediator';

/**
 * The Kubernetes group that an access entry gives to the role of `quarantine-workers`, which may isolate nodes and
 * evict their pods.
 */
export const QUARANTINE_KUBERNETES_GROUP = 'eks-host-remediator-quarantine';

/**
 * The Kubernetes group that an access entry gives to the role of `terminate-workers`, which may see which instances
 * have joined.
 */
export const IDENTITY_KUBERNETES_GROUP = 'eks-host-remediator-identity';

/** The Kubernetes group that an access entry gives to the role of `check-posture`, which may list pods. */
export const POSTURE_KUBERNETES_GROUP = 'eks-host-remediator-posture';

/**
 * The Kubernetes group that an access entry gives to the role of `upgrade-node-groups`, which may see what keeps pods.
 */
export const UPGRADE_KUBERNETES_GROUP = 'eks-host-remediator-upgrades';

/**
 * The Kubernetes group that an access entry gives to the role of `refresh-groups`, which may see what is not well.
 */
export const REFRESH_KUBERNETES_GROUP = 'eks-host-remediator-refreshes';

/**
 * The Kubernetes group that an access entry gives to the role of `drain-nodes`, which may cordon nodes and evict pods.
 */
export const DRAIN_KUBERNETES_GROUP = 'eks-host-remediator-drains';

/**
 * The Kubernetes group that an access entry gives to the role of `steer-node-classes`, which may see Karpenter's
 * objects.
 */
export const NODE_CLASS_KUBERNETES_GROUP = 'eks-host-remediator-node-classes';

/**
 * The Kubernetes group that an access entry gives to the role of `watch-hosts`, which may see nodes, pods and budgets.
 */
export const HOSTS_KUBERNETES_GROUP = 'eks-host-remediator-hosts';

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/managed-by': 'eks-host-remediator' };

export interface RbacOptions {
  /**
   * Whether `upgrade-node-groups` may create evictions. It only tries them (`dryRun=All`), but RBAC has no right for
   * that alone. By default the function therefore has none.
   */
  readonly evictions?: boolean;
  /** Whether `drain-nodes` may cordon nodes and evict their pods. */
  readonly drains?: boolean;
  /** Whether `steer-node-classes` may change EC2NodeClasses of Karpenter, and not only see them. */
  readonly nodeClasses?: boolean;
}

/**
 * The RBAC objects of the functions, in the order in which to apply them. They allow exactly the calls of
 * `functions/shared/kubernetes/client.ts`, for each function only its own.
 */
export const rbacManifest = ({
  evictions = false,
  drains = false,
  nodeClasses = false,
}: RbacOptions = {}): KubernetesObject[] => [
  ...installerRights(),
  ...quarantineRights(),
  ...identityRights(),
  ...awsAuthRights(QUARANTINE_KUBERNETES_GROUP),
  ...awsAuthRights(IDENTITY_KUBERNETES_GROUP),
  ...postureRights(),
  ...upgradeRights(evictions),
  ...refreshRights(),
  ...nodeClassRights(nodeClasses),
  ...hostRights(),
  ...(drains ? drainRights() : []),
];

/** The rights to list nodes, and to maintain one DaemonSet in a namespace of its own. */
function installerRights(): KubernetesObject[] {
  const { name, namespace } = INSTALLER;
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      // The installer is privileged, so its namespace must allow that. Other namespaces need not.
      metadata: { name: namespace, labels: { ...LABELS, 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    ...granted(KUBERNETES_GROUP, { name: 'eks-host-remediator-nodes' }, [
      { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
    ]),
    ...granted(KUBERNETES_GROUP, { name, namespace }, [
      {
        apiGroups: ['apps'],
        resources: ['daemonsets'],
        // Unlike a plain create, server-side apply is authorized by name, and nothing else is created here.
        resourceNames: [name],
        verbs: ['get', 'create', 'patch', 'delete'],
      },
    ]),
  ];
}

/** The rights to change nodes and to evict their pods. Evictions respect disruption budgets; deletions would not. */
const quarantineRights = (): KubernetesObject[] =>
  granted(QUARANTINE_KUBERNETES_GROUP, { name: QUARANTINE_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  ]);

/** The right to see which instances have joined as nodes. */
const identityRights = (): KubernetesObject[] =>
  granted(IDENTITY_KUBERNETES_GROUP, { name: IDENTITY_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] },
  ]);

/**
 * The right to see which roles a cluster without access entries admits as its nodes': this one ConfigMap, and no other.
 */
const awsAuthRights = (group: string): KubernetesObject[] =>
  granted(group, { name: `${group}-aws-auth`, namespace: AWS_AUTH.namespace }, [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [AWS_AUTH.name], verbs: ['get'] },
  ]);

/** The right to see the security contexts of pods. */
const postureRights = (): KubernetesObject[] =>
  granted(POSTURE_KUBERNETES_GROUP, { name: POSTURE_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  ]);

/**
 * The rights to see which pods run on the nodes of a node group, and what forbids their eviction. Where wanted, also
 * the right to try evictions.
 */
const upgradeRights = (evictions: boolean): KubernetesObject[] =>
  granted(UPGRADE_KUBERNETES_GROUP, { name: UPGRADE_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    ...(evictions ? [{ apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] }] : []),
  ]);

/** The rights to see which nodes are not Ready and which pods are pending. */
const refreshRights = (): KubernetesObject[] =>
  granted(REFRESH_KUBERNETES_GROUP, { name: REFRESH_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
  ]);

/** The rights to cordon nodes, to evict their pods, and to name the disruption budgets that hold these. */
const drainRights = (): KubernetesObject[] =>
  granted(DRAIN_KUBERNETES_GROUP, { name: DRAIN_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  ]);

/**
 * The rights to see what Karpenter runs, and which nodes and pods are not well. Where wanted, also the right to change its node classes, which choose AMI and
 * user data.
 */
const nodeClassRights = (changes: boolean): KubernetesObject[] =>
  granted(NODE_CLASS_KUBERNETES_GROUP, { name: NODE_CLASS_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
    { apiGroups: ['karpenter.sh'], resources: ['nodepools', 'nodeclaims'], verbs: ['list'] },
    {
      apiGroups: ['karpenter.k8s.aws'],
      resources: ['ec2nodeclasses'],
      verbs: ['list', ...(changes ? ['patch'] : [])],
    },
  ]);

/** The rights to see nodes that are no EC2 instances, the pods on Fargate, and the budgets that hold these. */
const hostRights = (): KubernetesObject[] =>
  granted(HOSTS_KUBERNETES_GROUP, { name: HOSTS_KUBERNETES_GROUP }, [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  ]);

/** A role with these rules, in its namespace if it has one, and the binding that gives it to a group. */
function granted(
  group: string,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  rules: readonly object[],
): KubernetesObject[] {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels: LABELS };
  const apiVersion = `${RBAC}/v1`;
  return [
    { apiVersion, kind, metadata, rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: RBAC, kind, name },
      subjects: [{ kind: 'Group', name: group, apiGroup: RBAC }],
    },
  ];
}
