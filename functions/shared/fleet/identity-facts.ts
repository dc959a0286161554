import { DescribeAccessEntryCommand, type EKSClient, type Nodegroup } from '@aws-sdk/client-eks';
import { GetInstanceProfileCommand, type IAMClient } from '@aws-sdk/client-iam';
import { once } from '../runtime/once.ts';
import type { DescribedInstance } from './described-instance.ts';
import { type ClusterReader, describeNodeGroup, type Reading } from './fleet.ts';
import { type OnTrouble, read } from './reading.ts';

export interface IdentityClients {
  readonly eks: EKSClient;
  /** Absent where no role can be read. Then only AWS's own tags and Auto Scaling groups prove anything. */
  readonly iam?: IAMClient;
  /**
   * Whether an instance has joined a cluster as a node, by its name and provider id; undefined where nobody can tell.
   * It is asked last, only for instances that nothing else proves.
   */
  readonly isNode?: (
    cluster: string,
    instance: Pick<DescribedInstance, 'InstanceId' | 'PrivateDnsName'>,
  ) => Promise<boolean | undefined>;
  /**
   * Whether a cluster's ConfigMap `aws-auth` admits a role as its nodes'; undefined where nobody can tell. It is asked
   * only where the cluster heeds that ConfigMap and no access entry admits the role.
   */
  readonly mapsRole?: (cluster: string, roleArn: string) => Promise<boolean | undefined>;
  /** What to do with a failed read that may pass by itself; default: throw, and the batch is delivered again. */
  readonly onTrouble?: OnTrouble;
}

/** What identities are proven by, as AWS and the clusters show it. Each is read once. */
export interface Facts {
  readonly cluster: ClusterReader;
  readonly nodeGroup: (cluster: string, nodegroup: string) => Promise<Reading<Nodegroup>>;
  /** ARN of the role of an instance profile, by the profile's ARN. */
  readonly role: (profileArn: string) => Promise<Reading<string>>;
  /** Type of a role's access entry. */
  readonly entry: (cluster: string, roleArn: string) => Promise<Reading<string>>;
  readonly isNode: NonNullable<IdentityClients['isNode']>;
  readonly mapsRole: NonNullable<IdentityClients['mapsRole']>;
}

/** The format that EKS accepts. Another name is never sent to it. */
export const isClusterName = (name: string): boolean => /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/.test(name);

export function factsFrom(clients: IdentityClients, cluster: ClusterReader): Facts {
  const { eks, iam, onTrouble = 'throw' } = clients;
  const { isNode = async () => undefined, mapsRole = async () => undefined } = clients;
  const nodeGroup = once((name: string, nodegroup: string) =>
    describeNodeGroup(eks, { cluster: name, nodegroup }, onTrouble),
  );
  const role = once(async (arn: string): Promise<Reading<string>> => {
    if (iam === undefined) return { kind: 'gone' };
    return read(async () => {
      const InstanceProfileName = arn.split('/').at(-1) ?? '';
      const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
      return InstanceProfile?.Roles?.[0]?.Arn;
    }, onTrouble);
  });
  const entry = once((clusterName: string, principalArn: string) =>
    read(async () => {
      const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }));
      return accessEntry?.type;
    }, 'throw').catch(goneWithoutEntries),
  );
  // Clusters that are not EKS may have names that EKS does not accept.
  const ofEks: ClusterReader = async (name) => (isClusterName(name) ? cluster(name) : { kind: 'gone' });
  return { cluster: ofEks, nodeGroup, role, entry, isNode, mapsRole };
}

/** DescribeAccessEntry returns this error where a cluster has no access entries: authentication mode CONFIG_MAP. */
function goneWithoutEntries(error: unknown): { readonly kind: 'gone' } {
  if (error instanceof Error && error.name === 'InvalidRequestException') return { kind: 'gone' };
  throw error;
}
