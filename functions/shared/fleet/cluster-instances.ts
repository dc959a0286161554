import { type EC2Client, type Filter, paginateDescribeTags } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import type { DescribedInstance } from './described-instance.ts';
import { describeInstances, filtersOf } from './instances.ts';
import { MEMBER_OF, OWNED_BY } from './worker.ts';

/** Matches instances that an AWS service operates, such as nodes of EKS Auto Mode. */
const OPERATED: Filter = { Name: 'operator.managed', Values: ['true'] };

/**
 * Describes the instances that tags name as workers of clusters, each once. Two tags name a worker's cluster, and not
 * every kind of worker has both. Almost all have both, so a query for each tag would describe almost everyone twice.
 * Therefore only one tag is asked for descriptions. DescribeTags lists whose other tag names a cluster, in answers of a
 * fraction of the size, and only those that were missing are described.
 *
 * DescribeTags has no `IncludeManagedResources`, so it may hide instances that an AWS service operates. Where these are
 * wanted, a further call describes them by the other tag, too.
 *
 * @param states matches the wanted instance states
 * @param operated whether instances that an AWS service operates are wanted; without, the result may have some of them
 */
export async function describeClusterInstances(
  ec2: EC2Client,
  clusters: readonly string[],
  { states, operated }: { readonly states: Filter; readonly operated: boolean },
): Promise<DescribedInstance[]> {
  const byKey = filtersOf(
    'tag-key',
    clusters.map((name) => `${OWNED_BY}${name}`),
  );
  const [described, members] = await Promise.all([
    describeInstances(ec2, [
      ...byKey.map((filter) => [states, filter]),
      ...filtersOf(`tag:${MEMBER_OF}`, operated ? clusters : []).map((filter) => [states, OPERATED, filter]),
    ]),
    listMembers(ec2, clusters),
  ]);
  const known = new Set(described.map(({ InstanceId }) => InstanceId));
  const others = filtersOf(
    'instance-id',
    members.filter((id) => !known.has(id)),
  );
  return [
    ...described,
    ...(await describeInstances(
      ec2,
      others.map((filter) => [states, filter]),
    )),
  ];
}

/** The ids of the instances that AWS's own tag names as members of clusters, whatever their state. */
export async function listMembers(ec2: EC2Client, clusters: readonly string[]): Promise<string[]> {
  const list = async (value: Filter) => {
    const Filters = [{ Name: 'resource-type', Values: ['instance'] }, { Name: 'key', Values: [MEMBER_OF] }, value];
    const ids: string[] = [];
    for await (const page of paginateDescribeTags({ client: ec2, pageSize: 1000 }, { Filters })) {
      for (const { ResourceId } of page.Tags ?? []) if (ResourceId !== undefined) ids.push(ResourceId);
    }
    return ids;
  };
  return [...new Set((await pMap(filtersOf('value', clusters), list, { concurrency: READ_CONCURRENCY })).flat())];
}
