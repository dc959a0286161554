import type { AccessEntries } from '../account/eks/access-entries.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { nodeMapping, type RoleMapping, withoutPath } from '../kubernetes/aws-auth.ts';
import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';

/**
 * Adds the access entries of a fleet file. An entry for a function that the stack lacks is skipped.
 *
 * @param roleArnOf the role of a function, by the function's name in its logs
 */
export function seedAccessEntries(
  state: FleetState,
  { clusters }: Fleet,
  roleArnOf: (functionName: string) => string | undefined,
): void {
  const { eks, accessEntries } = state;
  for (const cluster of clusters) {
    for (const { function: name, principalArn, kubernetesGroups, by } of cluster.accessEntries) {
      const arn = name === undefined ? principalArn : roleArnOf(name);
      if (arn === undefined) continue;
      const known = eks.cluster(cluster.name);
      if (by === 'access-entry') accessEntries.create(known, { principalArn: arn, kubernetesGroups });
      else mapRole(state, known, { rolearn: withoutPath(arn), username: arn, groups: kubernetesGroups });
    }
  }
}

/**
 * The identity that a cluster gives to a principal. An access entry takes precedence over the ConfigMap. Source: EKS
 * user guide, "Grant IAM users and roles access to Kubernetes APIs" (authentication modes).
 */
export function principalOf(
  { accessEntries, awsAuth, eks }: FleetState,
  clusterName: string,
  principalArn: string,
):
  | ReturnType<AccessEntries['accessEntryOf']>
  | { readonly username: string; readonly kubernetesGroups: readonly string[] } {
  const entry = accessEntries.accessEntryOf(clusterName, principalArn);
  if (entry !== undefined || eks.clusters.get(clusterName)?.authenticationMode === 'API') return entry;
  const mapped = awsAuth.get(clusterName)?.find(({ rolearn }) => rolearn === withoutPath(principalArn));
  return mapped && { username: mapped.username, kubernetesGroups: mapped.groups };
}

/** Admits the role of nodes to a cluster, by an access entry or by the ConfigMap `aws-auth`. */
export function letNodesIn(
  state: FleetState,
  cluster: EksCluster,
  principalArn: string,
  type: 'EC2_LINUX' | 'EC2_WINDOWS',
  by: 'access-entry' | 'aws-auth' = 'access-entry',
): void {
  if (cluster.authenticationMode === 'CONFIG_MAP' || by === 'aws-auth') {
    mapRole(state, cluster, nodeMapping(principalArn));
  } else state.accessEntries.create(cluster, { principalArn, type });
}

function mapRole({ awsAuth }: FleetState, { name }: EksCluster, mapping: RoleMapping): void {
  awsAuth.set(name, [...(awsAuth.get(name) ?? []), mapping]);
}
