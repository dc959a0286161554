import {
  type EC2Client,
  paginateDescribeNetworkAcls,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
} from '@aws-sdk/client-ec2';
import { filtersOf } from '../../shared/fleet/instances.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { Scope } from '../batch.ts';

/** The VPCs and security groups that a change of a shared resource may have opened. */
export type Concerned = Pick<Scope, 'vpcs' | 'securityGroups'>;

/**
 * Finds the users of route tables, network ACLs and managed prefix lists: the VPCs, and the security groups with a rule
 * that names the prefix list. Reads nothing where a batch names none. Sources: EC2 API reference, DescribeRouteTables
 * (filter `route.destination-prefix-list-id`) and DescribeSecurityGroups (`ip-permission.prefix-list-id`).
 */
export async function usersOfShared(ec2: EC2Client, { shared, vpcs, securityGroups }: Scope): Promise<Concerned> {
  const found = { vpcs: new Map(vpcs), securityGroups: new Map(securityGroups) };
  const idsOf = (prefix: string) => [...shared.keys()].filter((id) => id.startsWith(prefix));
  const [tables, acls, lists] = [idsOf('rtb-'), idsOf('acl-'), idsOf('pl-')];
  const first = (ids: readonly string[]): MessageTrigger | undefined =>
    ids.map((id) => shared.get(id)).find((trigger) => trigger !== undefined);
  const add = (into: Map<string, MessageTrigger>, id: string | undefined, trigger: MessageTrigger | undefined) => {
    if (id !== undefined && trigger !== undefined && !into.has(id)) into.set(id, trigger);
  };
  for (const filter of [
    ...filtersOf('route-table-id', tables),
    ...filtersOf('route.destination-prefix-list-id', lists),
  ])
    for await (const page of paginateDescribeRouteTables({ client: ec2 }, { Filters: [filter] }))
      for (const { RouteTableId = '', VpcId } of page.RouteTables ?? [])
        add(found.vpcs, VpcId, shared.get(RouteTableId) ?? first(lists));
  for (const filter of filtersOf('network-acl-id', acls))
    for await (const page of paginateDescribeNetworkAcls({ client: ec2 }, { Filters: [filter] }))
      for (const { NetworkAclId = '', VpcId } of page.NetworkAcls ?? [])
        add(found.vpcs, VpcId, shared.get(NetworkAclId));
  for (const filter of filtersOf('ip-permission.prefix-list-id', lists))
    for await (const page of paginateDescribeSecurityGroups({ client: ec2 }, { Filters: [filter] }))
      for (const { GroupId } of page.SecurityGroups ?? []) add(found.securityGroups, GroupId, first(lists));
  return found;
}
