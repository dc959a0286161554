import { type Cluster, type EKSClient, paginateDescribeClusterVersions } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { createClusterReader, listClusters } from '../shared/fleet/fleet.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';

/** The ends of EKS's support for a Kubernetes version, epoch milliseconds. A date that EKS does not tell is absent. */
export interface SupportDates {
  readonly standardEndsAt?: number;
  readonly extendedEndsAt?: number;
}

export interface Observation {
  readonly cluster: Cluster & { readonly name: string };
  /** Absent where EKS does not list the version. */
  readonly dates?: SupportDates;
}

/**
 * Reads all clusters, and the ends of support for their versions. A cluster that cannot be read has no observation:
 * other functions report it, and the next run reads it again.
 */
export async function observe(eks: EKSClient): Promise<{
  readonly names: readonly string[];
  readonly observations: readonly Observation[];
}> {
  const names = await listClusters(eks);
  if (names.length === 0) return { names, observations: [] };
  const readCluster = createClusterReader(eks, 'tell');
  const readings = await pMap(names, readCluster, { concurrency: READ_CONCURRENCY });
  const dates = await readSupportDates(eks);
  const observations = readings.flatMap((reading): Observation[] => {
    if (reading.kind !== 'found') return [];
    const { name, version = '' } = reading.found;
    const known = dates.get(version);
    return name === undefined
      ? []
      : [{ cluster: { ...reading.found, name }, ...(known !== undefined && { dates: known }) }];
  });
  return { names, observations };
}

/**
 * Reads the ends of support. Without `includeAll` EKS leaves out versions that are no longer supported (EKS API
 * reference, DescribeClusterVersions).
 */
async function readSupportDates(eks: EKSClient): Promise<Map<string, SupportDates>> {
  const dates = new Map<string, SupportDates>();
  for await (const { clusterVersions = [] } of paginateDescribeClusterVersions({ client: eks }, { includeAll: true })) {
    for (const { clusterVersion, endOfStandardSupportDate, endOfExtendedSupportDate } of clusterVersions) {
      if (clusterVersion === undefined) continue;
      dates.set(clusterVersion, {
        ...(endOfStandardSupportDate && { standardEndsAt: endOfStandardSupportDate.getTime() }),
        ...(endOfExtendedSupportDate && { extendedEndsAt: endOfExtendedSupportDate.getTime() }),
      });
    }
  }
  return dates;
}
