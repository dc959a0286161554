import {
  type EC2Client,
  type Instance,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
  paginateDescribeTrunkInterfaceAssociations,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../shared/fleet/instances.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { isKnown, isTrunk } from './worker-view.ts';

/** What DescribeInstances does not show of the interfaces of some instances. */
export interface Interfaces {
  /** Those that have addresses which may be public, by id: whose these are, and whether the interface takes them. */
  readonly details: ReadonlyMap<string, NetworkInterface>;
  /** Interfaces of pods, by the id of the instance that carries them. */
  readonly branches: ReadonlyMap<string, readonly NetworkInterface[]>;
}

/** All interfaces that match a filter, those that AWS manages (EKS Auto Mode) included. */
export async function describeInterfaces(
  ec2: EC2Client,
  name: string,
  values: readonly string[],
): Promise<NetworkInterface[]> {
  const read = async (filter: ReturnType<typeof filtersOf>[number]) => {
    const found: NetworkInterface[] = [];
    const input = { Filters: [filter], IncludeManagedResources: true };
    for await (const page of paginateDescribeNetworkInterfaces({ client: ec2, pageSize: 1000 }, input)) {
      found.push(...(page.NetworkInterfaces ?? []));
    }
    return found;
  };
  return (await pMap(filtersOf(name, values), read, { concurrency: READ_CONCURRENCY })).flat();
}

/** One call for all that have public addresses; two more where pods have security groups of their own. */
export async function observeInterfaces(ec2: EC2Client, instances: readonly Instance[]): Promise<Interfaces> {
  const own = instances.flatMap(({ InstanceId = '', NetworkInterfaces = [] }) =>
    NetworkInterfaces.map((each) => ({ instanceId: InstanceId, each })),
  );
  const known = own.filter(({ each }) => isKnown(each)).map(({ each }) => each.NetworkInterfaceId ?? '');
  const trunks = new Map(
    own.filter(({ each }) => isTrunk(each)).map(({ instanceId, each }) => [each.NetworkInterfaceId ?? '', instanceId]),
  );
  const [details, branches] = await Promise.all([
    describeInterfaces(ec2, 'network-interface-id', known),
    readBranches(ec2, trunks),
  ]);
  return {
    details: new Map(details.map((each) => [each.NetworkInterfaceId ?? '', each])),
    branches,
  };
}

/**
 * The interfaces of pods, by the association with the interface that carries them: tags tell it, too, but anybody can set
 * those. The associations cannot be asked for by their trunk. Source: EC2 API reference, DescribeTrunkInterfaceAssociations.
 */
async function readBranches(
  ec2: EC2Client,
  trunks: ReadonlyMap<string, string>,
): Promise<Map<string, NetworkInterface[]>> {
  if (trunks.size === 0) return new Map();
  const instanceOf = new Map<string, string>();
  for await (const page of paginateDescribeTrunkInterfaceAssociations({ client: ec2 }, {})) {
    for (const { BranchInterfaceId, TrunkInterfaceId = '' } of page.InterfaceAssociations ?? []) {
      const instanceId = trunks.get(TrunkInterfaceId);
      if (BranchInterfaceId !== undefined && instanceId !== undefined) instanceOf.set(BranchInterfaceId, instanceId);
    }
  }
  const found = await describeInterfaces(ec2, 'network-interface-id', [...instanceOf.keys()]);
  return Map.groupBy(found, ({ NetworkInterfaceId = '' }) => instanceOf.get(NetworkInterfaceId) ?? '');
}
