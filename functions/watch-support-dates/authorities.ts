import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type CertificateAuthority,
  DescribeCertificateAuthorityCommand,
  type EKSClient,
  paginateListCertificateAuthorities,
} from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { describeClusterInstances } from '../shared/fleet/cluster-instances.ts';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { EXISTING, firstLaunchOf } from '../shared/fleet/instances.ts';
import { type Reading, read } from '../shared/fleet/reading.ts';
import { AUTO_SCALING_GROUP_TAG, isBorneOut, tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';

/** The certificate authorities of a cluster: the one that signs, and during a rotation its successor. */
export type Authorities = Reading<readonly CertificateAuthority[]>;

/**
 * Reads the certificate authorities of clusters, by cluster. The list has no dates of validity, so each is described.
 *
 * @see https://docs.aws.amazon.com/eks/latest/APIReference/API_ListCertificateAuthorities.html
 */
export async function readAuthorities(eks: EKSClient, clusters: readonly string[]): Promise<Map<string, Authorities>> {
  const ofCluster = async (clusterName: string): Promise<[string, Authorities]> => [
    clusterName,
    await read(async () => {
      const found: CertificateAuthority[] = [];
      for await (const page of paginateListCertificateAuthorities({ client: eks }, { clusterName })) {
        for (const { id: certificateAuthorityId } of page.certificateAuthorities ?? []) {
          const input = { clusterName, certificateAuthorityId };
          const { certificateAuthority } = await eks.send(new DescribeCertificateAuthorityCommand(input));
          if (certificateAuthority !== undefined) found.push(certificateAuthority);
        }
      }
      return found;
    }, 'tell'),
  ];
  return new Map(await pMap(clusters, ofCluster, { concurrency: READ_CONCURRENCY }));
}

/** A node of a cluster, by what its instance tells. */
export interface Launched {
  readonly cluster: string;
  /** Its instance. */
  readonly id: string;
  /** Node group, or a name for the group outside of managed ones; empty for a node in none. */
  readonly nodegroup: string;
  /** When it was launched for the first time, epoch milliseconds. */
  readonly launchedAt: number;
  /** The version of the launch template that it was launched from, where its group is one of EC2 Auto Scaling. */
  readonly template?: { readonly id: string; readonly version: string };
}

/**
 * Reads when the nodes of clusters were launched. A stopped one is read, too: a scale-out brings it back from the warm
 * pool of its group with the authority that it has. Nodes of EKS Auto Mode are left out: EKS brings a new authority to
 * these by itself (EKS API reference, CertificateAuthority, `distributionStatus`).
 */
export async function readLaunches(ec2: EC2Client, clusters: readonly string[]): Promise<Launched[]> {
  const found = await describeClusterInstances(ec2, clusters, { states: EXISTING, operated: false });
  const joined = new Set(
    found.flatMap((instance) => {
      const worker = workerOf(instance);
      return worker?.certain ? (groupIn(worker, instance) ?? []) : [];
    }),
  );
  return found.flatMap((instance): Launched[] => {
    const worker = workerOf(instance);
    const launchedAt = firstLaunchOf(instance);
    if (worker === undefined || launchedAt === undefined || worker.ownership === 'auto-mode') return [];
    if (!isBorneOut(worker, instance) && !joined.has(groupIn(worker, instance) ?? '')) return [];
    const tags = tagsOf(instance);
    const [id, version] = [tags['aws:ec2launchtemplate:id'], tags['aws:ec2launchtemplate:version']];
    // Karpenter makes and deletes templates as it launches, and writes the authority into them by itself.
    const isOfGroup = worker.ownership !== 'karpenter' && id !== undefined && version !== undefined;
    const { cluster, nodegroup = '' } = worker;
    return [
      {
        id: instance.InstanceId ?? '',
        cluster,
        nodegroup,
        launchedAt,
        ...(isOfGroup && { template: { id, version } }),
      },
    ];
  });
}

/**
 * The Auto Scaling group of a worker, with its cluster. Auto Scaling's own tag names it. Where a worker of the group has
 * joined the cluster, the others that say so are borne out by that: one that a warm pool keeps may never have joined.
 */
const groupIn = ({ cluster }: Worker, instance: Pick<DescribedInstance, 'Tags'>): string | undefined => {
  const group = tagsOf(instance)[AUTO_SCALING_GROUP_TAG];
  return group === undefined ? undefined : `${cluster} ${group}`;
};
