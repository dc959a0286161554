import { stringify } from 'yaml';
import type { Served } from './lists.ts';
import { SYSTEM_NAMESPACE } from './system-pods.ts';

/** A role that a cluster admits by its ConfigMap `aws-auth`. */
export interface RoleMapping {
  readonly rolearn: string;
  readonly username: string;
  readonly groups: readonly string[];
}

/** The mapping of a role of nodes. Source: EKS user guide, "Launch self-managed Amazon Linux nodes". */
export const nodeMapping = (roleArn: string): RoleMapping => ({
  rolearn: withoutPath(roleArn),
  username: 'system:node:{{EC2PrivateDNSName}}',
  groups: ['system:bootstrappers', 'system:nodes'],
});

/** The ConfigMap as the API serves it; undefined in other namespaces, or where there is none. */
export function awsAuthObject(namespace: string | undefined, mapped: readonly RoleMapping[] | undefined): Served[] {
  if (mapped === undefined || (namespace !== undefined && namespace !== SYSTEM_NAMESPACE)) return [];
  const metadata = { name: 'aws-auth', namespace: SYSTEM_NAMESPACE, uid: 'aws-auth', resourceVersion: '1000' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mapRoles: stringify(mapped) } };
  return [{ name: 'aws-auth', namespace: SYSTEM_NAMESPACE, labels: {}, object }];
}

/** The ARN without the role's path. EKS compares with the ARN of a session, which has no path. */
export const withoutPath = (roleArn: string): string => roleArn.replace(/:role\/.*\//, ':role/');
