import {
  type Cluster,
  DescribeAccessEntryCommand,
  type DescribeAccessEntryCommandInput,
  type EKSClient,
  type Nodegroup,
} from '@aws-sdk/client-eks';
import { GetInstanceProfileCommand, type IAMClient } from '@aws-sdk/client-iam';
import { once } from '../runtime/once.ts';
import type { DescribedInstance } from './described-instance.ts';
import { type ClusterReader, describeNodeGroup, type Reading, type Unreadable } from './fleet.ts';
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
  /**
   * A cluster that tags name.
   *
   * @param isBorneOut whether AWS's own tags name it, too. Others are read up to {@link MOST_MISSING} that do not exist.
   */
  readonly cluster: (name: string, isBorneOut: boolean) => Promise<Reading<Cluster>>;
  /** A node group that tags name; `isBorneOut` as for clusters. */
  readonly nodeGroup: (cluster: string, nodegroup: string, isBorneOut: boolean) => Promise<Reading<Nodegroup>>;
  /** ARN of the role of an instance profile, by the profile's ARN. */
  readonly role: (profileArn: string) => Promise<Reading<string>>;
  /** Type of a role's access entry. */
  readonly entry: (cluster: string, roleArn: string) => Promise<Reading<string>>;
  readonly isNode: NonNullable<IdentityClients['isNode']>;
  readonly mapsRole: NonNullable<IdentityClients['mapsRole']>;
}

/** The format that EKS accepts. Another name is never sent to it. */
export const isClusterName = (name: string): boolean => /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/.test(name);

/**
 * How many clusters are asked for in a reconcile that are not found, and how many node groups. Whoever may set tags can name
 * fifty clusters, and a node group, on each instance, and EKS throttles the reads of all.
 */
const MOST_MISSING = 200;

/** The code where tags name more clusters or node groups than are asked for. No later read finds out more. */
export const TOO_MANY_NAMES = 'TooManyNames';

const tooMany = (what: string): Unreadable => ({
  kind: 'unreadable',
  code: TOO_MANY_NAMES,
  error: `${TOO_MANY_NAMES}: Tags name more than ${MOST_MISSING} ${what} that do not exist, so that this one was not asked for.`,
  isThrottled: false,
});

/**
 * Counts names that were asked for and were not found, so that further ones need not be asked for.
 *
 * @param what names of what, in words
 */
function missingNames(what: string) {
  const asked = new Set<string>();
  let missing = 0;
  let unread = 0;
  let lastUnread: Unreadable | undefined;
  return {
    /** Why a name is not asked for; undefined where it is. Where EKS does not tell of names, it may tell later. */
    whyNot(name: string): Unreadable | undefined {
      if (asked.has(name) || missing + unread < MOST_MISSING) return undefined;
      return missing < MOST_MISSING && lastUnread !== undefined ? lastUnread : tooMany(what);
    },
    async ask<T>(name: string, read: () => Promise<Reading<T>>): Promise<Reading<T>> {
      const isFirst = !asked.has(name);
      asked.add(name);
      if (isFirst) missing += 1;
      const reading = await read();
      if (isFirst && reading.kind !== 'gone') missing -= 1;
      if (isFirst && reading.kind === 'unreadable') {
        unread += 1;
        lastUnread = reading;
      }
      return reading;
    },
  };
}

export function factsFrom(clients: IdentityClients, cluster: ClusterReader): Facts {
  const { eks, iam, onTrouble = 'throw' } = clients;
  const { isNode = async () => undefined, mapsRole = async () => undefined } = clients;
  const [clusters, nodeGroups] = [missingNames('clusters'), missingNames('node groups')];
  const describe = once((name: string, nodegroup: string) =>
    describeNodeGroup(eks, { cluster: name, nodegroup }, onTrouble),
  );
  const nodeGroup = async (name: string, nodegroup: string, isBorneOut: boolean): Promise<Reading<Nodegroup>> => {
    const subject = `${name}/${nodegroup}`;
    const whyNot = clusters.whyNot(name) ?? (isBorneOut ? undefined : nodeGroups.whyNot(subject));
    return whyNot ?? nodeGroups.ask(subject, () => describe(name, nodegroup));
  };
  const role = once(async (arn: string): Promise<Reading<string>> => {
    if (iam === undefined) return { kind: 'gone' };
    return read(async () => {
      const InstanceProfileName = arn.split('/').at(-1) ?? '';
      const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
      return InstanceProfile?.Roles?.[0]?.Arn;
    }, onTrouble);
  });
  const entry = once((clusterName: string, principalArn: string) =>
    read(() => typeOfEntry(eks, { clusterName, principalArn }), onTrouble),
  );
  const ofEks = async (name: string, isBorneOut: boolean): Promise<Reading<Cluster>> => {
    // Clusters that are not EKS may have names that EKS does not accept.
    if (!isClusterName(name)) return { kind: 'gone' };
    const whyNot = isBorneOut ? undefined : clusters.whyNot(name);
    return whyNot ?? clusters.ask(name, () => cluster(name));
  };
  return { cluster: ofEks, nodeGroup, role, entry, isNode, mapsRole };
}

/** The type of an access entry; undefined in a cluster that has none, by its authentication mode CONFIG_MAP. */
async function typeOfEntry(eks: EKSClient, asked: DescribeAccessEntryCommandInput): Promise<string | undefined> {
  try {
    return (await eks.send(new DescribeAccessEntryCommand(asked))).accessEntry?.type;
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidRequestException') return undefined;
    throw error;
  }
}
