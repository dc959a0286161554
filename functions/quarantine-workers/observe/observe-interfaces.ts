import {
  type EC2Client,
  type Filter,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
  paginateDescribeTrunkInterfaceAssociations,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { isTrunk, lacksDetails } from '../model/worker-view.ts';

/** Details of some instances' interfaces that DescribeInstances does not show. */
export interface Interfaces {
  /** Allocations of addresses, and whether the interface accepts Internet traffic, by interface id. */
  readonly details: ReadonlyMap<string, NetworkInterface>;
  /** Interfaces of pods, by the id of the instance that carries them. */
  readonly branches: ReadonlyMap<string, readonly NetworkInterface[]>;
}

/** All interfaces that match a filter, including those that AWS manages (EKS Auto Mode). */
export async function describeInterfaces(
  ec2: EC2Client,
  name: string,
  values: readonly string[],
  also: readonly Filter[] = [],
): Promise<NetworkInterface[]> {
  const read = async (filter: ReturnType<typeof filtersOf>[number]) => {
    const found: NetworkInterface[] = [];
    const input = { Filters: [filter, ...also], IncludeManagedResources: true };
    for await (const page of paginateDescribeNetworkInterfaces({ client: ec2, pageSize: 1000 }, input)) {
      found.push(...(page.NetworkInterfaces ?? []));
    }
    return found;
  };
  return (await pMap(filtersOf(name, values), read, { concurrency: READ_CONCURRENCY })).flat();
}

/**
 * Reads the details with one call for all interfaces that have any, and two more where pods have security groups of
 * their own.
 */
export async function observeInterfaces(ec2: EC2Client, instances: readonly DescribedInstance[]): Promise<Interfaces> {
  const own = instances.flatMap(({ InstanceId = '', NetworkInterfaces = [] }) =>
    NetworkInterfaces.map((each) => ({ instanceId: InstanceId, each })),
  );
  const detailed = own.filter(({ each }) => lacksDetails(each)).map(({ each }) => each.NetworkInterfaceId ?? '');
  const trunks = new Map(
    own.filter(({ each }) => isTrunk(each)).map(({ instanceId, each }) => [each.NetworkInterfaceId ?? '', instanceId]),
  );
  const [details, branches] = await Promise.all([
    describeInterfaces(ec2, 'network-interface-id', detailed),
    readBranches(ec2, trunks),
  ]);
  return {
    details: new Map(details.map((each) => [each.NetworkInterfaceId ?? '', each])),
    branches,
  };
}

/**
 * The trunks of the given pod interfaces, or of pod interfaces in the given security groups, each with its trigger.
 * DescribeInstances finds no worker by either. Costs one call, and one more where there are any.
 */
export async function trunksOfPods<Trigger>(
  ec2: EC2Client,
  { interfaces, securityGroups }: Readonly<Record<'interfaces' | 'securityGroups', ReadonlyMap<string, Trigger>>>,
): Promise<Map<string, Trigger>> {
  // Source: EC2 API reference, DescribeNetworkInterfaces (filter `interface-type`).
  const ofPods = [{ Name: 'interface-type', Values: ['branch'] }];
  const [named, grouped] = await Promise.all([
    describeInterfaces(ec2, 'network-interface-id', [...interfaces.keys()], ofPods),
    describeInterfaces(ec2, 'group-id', [...securityGroups.keys()], ofPods),
  ]);
  const branches = [...named, ...grouped];
  if (branches.length === 0) return new Map();
  const trunkOf = await readTrunks(ec2);
  return new Map(
    branches.flatMap(({ NetworkInterfaceId = '', Groups = [] }): Array<[string, Trigger]> => {
      const trunk = trunkOf.get(NetworkInterfaceId);
      const ofGroups = Groups.map(({ GroupId = '' }) => securityGroups.get(GroupId));
      const trigger = [interfaces.get(NetworkInterfaceId), ...ofGroups].find((each) => each !== undefined);
      return trunk === undefined || trigger === undefined ? [] : [[trunk, trigger]];
    }),
  );
}

/** Reads the interfaces of pods, by the id of the instance that carries them. */
async function readBranches(
  ec2: EC2Client,
  trunks: ReadonlyMap<string, string>,
): Promise<Map<string, NetworkInterface[]>> {
  if (trunks.size === 0) return new Map();
  const instanceOf = new Map(
    [...(await readTrunks(ec2))].flatMap(([branch, trunk]): Array<[string, string]> => {
      const instanceId = trunks.get(trunk);
      return instanceId === undefined ? [] : [[branch, instanceId]];
    }),
  );
  const found = await describeInterfaces(ec2, 'network-interface-id', [...instanceOf.keys()]);
  return Map.groupBy(found, ({ NetworkInterfaceId = '' }) => instanceOf.get(NetworkInterfaceId) ?? '');
}

/**
 * The trunk of each pod interface, by the association. Tags name the trunk, too, but anybody can set tags. The
 * associations cannot be filtered by trunk. Source: EC2 API reference, DescribeTrunkInterfaceAssociations.
 */
async function readTrunks(ec2: EC2Client): Promise<Map<string, string>> {
  const trunkOf = new Map<string, string>();
  for await (const page of paginateDescribeTrunkInterfaceAssociations({ client: ec2 }, {})) {
    for (const { BranchInterfaceId, TrunkInterfaceId } of page.InterfaceAssociations ?? []) {
      if (BranchInterfaceId !== undefined && TrunkInterfaceId !== undefined) {
        trunkOf.set(BranchInterfaceId, TrunkInterfaceId);
      }
    }
  }
  return trunkOf;
}
