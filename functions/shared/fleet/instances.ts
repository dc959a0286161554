import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';

/**
 * EC2: a call takes at most 200 filter values, over all its filters ("The maximum number of filter values specified on a
 * single call is 200", FilterLimitExceeded). So many leave room for filters that stand beside.
 */
export const VALUES_PER_FILTER = 190;

/** A filter by many values, as many filters as it takes: each is for a call of its own. */
export const filtersOf = (Name: string, values: readonly string[]): Filter[] =>
  chunks(values, VALUES_PER_FILTER).map((Values) => ({ Name, Values }));

/**
 * Describes the instances that match any of the queries, those that AWS manages (EKS Auto Mode) included; one that
 * matches several comes several times.
 *
 * @param queries the filters of each: an instance must match all of them
 */
export async function describeInstances(ec2: EC2Client, queries: readonly Filter[][]): Promise<Instance[]> {
  const describe = async (Filters: Filter[]) => {
    const instances: Instance[] = [];
    const input = { Filters, IncludeManagedResources: true };
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 1000 }, input)) {
      instances.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
    }
    return instances;
  };
  return (await pMap(queries, describe, { concurrency: READ_CONCURRENCY })).flat();
}

/** Filters by whose a worker is: two tags say it, and not every kind of worker has both. */
export const filtersByCluster = (clusters: readonly string[]): Filter[] => [
  ...filtersOf('tag:aws:eks:cluster-name', clusters),
  ...filtersOf(
    'tag-key',
    clusters.map((name) => `kubernetes.io/cluster/${name}`),
  ),
];
