import { type EC2Client, paginateDescribeSecurityGroups, type SecurityGroup } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';

/** The interfaces of one worker, whose security groups are read. */
export interface Grouped {
  readonly vpcId: string;
  readonly interfaces: ReadonlyArray<Pick<InterfaceView, 'groupIds' | 'groupNames'>>;
}

/** Finds security groups for one reconcile. */
export interface GroupFinder {
  /** The security groups with the finder's own names in a VPC, by name, each VPC once. */
  readonly find: (vpcId: string) => Promise<ReadonlyMap<string, SecurityGroup>>;
  /** The security groups of interfaces, by id. The same call finds those with the finder's own names in their VPCs. */
  readonly ofInterfaces: (workers: readonly Grouped[]) => Promise<ReadonlyMap<string, SecurityGroup>>;
}

/**
 * Makes the finder for one reconcile. A group that is created later shows up when EC2 refuses to create it again.
 *
 * @param own the names of the quarantine's security groups
 */
export function groupFinder(ec2: EC2Client, own: readonly string[]): GroupFinder {
  const reads = new Map<string, Promise<SecurityGroup[]>>();
  const read = (vpcId: string, others: readonly string[]): Promise<SecurityGroup[]> => {
    const reading = findByNames(ec2, vpcId, [...new Set([...own, ...others])]);
    if (!reads.has(vpcId)) reads.set(vpcId, reading);
    return reading;
  };
  return {
    find: async (vpcId) => {
      const groups = await (reads.get(vpcId) ?? read(vpcId, []));
      return new Map(
        groups.flatMap((group) => {
          const { GroupName = '' } = group;
          return own.includes(GroupName) ? [[GroupName, group] as const] : [];
        }),
      );
    },
    ofInterfaces: async (workers) => {
      const wanted = new Set(workers.flatMap(({ interfaces }) => interfaces.flatMap(({ groupIds }) => groupIds)));
      const byVpc = Map.groupBy(workers, ({ vpcId }) => vpcId);
      const named = await pMap(
        byVpc,
        ([vpcId, those]) =>
          read(
            vpcId,
            those.flatMap(({ interfaces }) => interfaces.flatMap(({ groupNames = [] }) => groupNames)),
          ),
        { concurrency: READ_CONCURRENCY },
      );
      const found = new Map(
        named.flat().flatMap((group) => {
          const { GroupId = '' } = group;
          return wanted.has(GroupId) ? [[GroupId, group] as const] : [];
        }),
      );
      // A group of another VPC may be associated with this one. Source: VPC user guide, "Associate security groups with
      // multiple VPCs".
      const others = await readSecurityGroups(
        ec2,
        [...wanted].filter((id) => !found.has(id)),
      );
      return new Map([...found, ...others]);
    },
  };
}

/** The VPC's security groups among these names. A `*` in a name only makes EC2 find more. */
export async function findByNames(ec2: EC2Client, vpcId: string, names: readonly string[]): Promise<SecurityGroup[]> {
  const groups: SecurityGroup[] = [];
  for (const filter of filtersOf('group-name', names)) {
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }, filter];
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters })) {
      groups.push(...(page.SecurityGroups ?? []));
    }
  }
  return groups;
}
