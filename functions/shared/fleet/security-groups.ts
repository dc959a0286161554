import { type EC2Client, type Filter, paginateDescribeSecurityGroups, type SecurityGroup } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { filtersOf } from './instances.ts';

/** Security groups by id. A group that does not exist is missing. */
export async function readSecurityGroups(
  ec2: EC2Client,
  groupIds: readonly string[],
): Promise<Map<string, SecurityGroup>> {
  const read = async (filter: Filter): Promise<SecurityGroup[]> => {
    const groups: SecurityGroup[] = [];
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters: [filter] })) {
      groups.push(...(page.SecurityGroups ?? []));
    }
    return groups;
  };
  const found = await pMap(filtersOf('group-id', [...new Set(groupIds)]), read, { concurrency: READ_CONCURRENCY });
  return new Map(found.flat().map((group) => [group.GroupId ?? '', group]));
}
