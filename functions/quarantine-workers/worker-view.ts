import type { Address, Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import { tagsOf, type Worker } from '../shared/fleet/worker.ts';
import { exposuresOf, type Networks } from './exposure.ts';
import type { InterfaceView, PublicAddress, WorkerView } from './observation.ts';

/** Elastic IPs by public address. */
export type ElasticAddresses = ReadonlyMap<string, Address>;

/** Whom AWS names as the owner of a public address that it assigned by itself. */
const AMAZON = 'amazon';

/** A worker as its instance and its network tell it. */
export function viewOf(
  instance: Instance,
  { cluster, nodegroup, ownership, certain }: Worker,
  interfaces: readonly InterfaceView[],
  networks: Networks,
): WorkerView {
  return {
    cluster,
    ...(nodegroup !== undefined && { nodegroup }),
    ownership,
    certain,
    instanceState: instance.State?.Name ?? '',
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
    tags: tagsOf(instance),
    vpcId: instance.VpcId ?? '',
    privateDnsName: instance.PrivateDnsName ?? '',
    interfaces,
    exposures: exposuresOf(interfaces, networks),
  };
}

/** The network interfaces of an instance, the first one first. */
export function interfacesOf({ NetworkInterfaces = [] }: Instance, elastic: ElasticAddresses): InterfaceView[] {
  return NetworkInterfaces.map((each) => interfaceOf(each, elastic)).sort(
    (a, b) => Number(b.primary) - Number(a.primary),
  );
}

/** The public addresses of an instance that somebody of this account owns: Elastic IPs, to be looked up. */
export const elasticIpsOf = ({ NetworkInterfaces = [] }: Instance): string[] =>
  NetworkInterfaces.flatMap(associationsOf).flatMap(({ publicIp, owner }) => (owner === AMAZON ? [] : publicIp));

function interfaceOf(each: InstanceNetworkInterface, elastic: ElasticAddresses): InterfaceView {
  const { NetworkInterfaceId = '', Attachment, SubnetId = '', Groups = [], Ipv6Addresses = [] } = each;
  return {
    id: NetworkInterfaceId,
    primary: Attachment?.DeviceIndex === 0 && (Attachment.NetworkCardIndex ?? 0) === 0,
    subnetId: SubnetId,
    groupIds: Groups.map(({ GroupId = '' }) => GroupId),
    addresses: associationsOf(each).map(({ publicIp, privateIp, owner }): PublicAddress => {
      const { AllocationId, AssociationId } = elastic.get(publicIp) ?? {};
      return {
        publicIp,
        privateIp,
        kind: owner === AMAZON ? 'automatic' : 'elastic',
        ...(AllocationId !== undefined && { allocationId: AllocationId }),
        ...(AssociationId !== undefined && { associationId: AssociationId }),
      };
    }),
    privateIps: (each.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ipv6: Ipv6Addresses.map(({ Ipv6Address = '', IsPrimaryIpv6 = false }) => ({
      address: Ipv6Address,
      primary: IsPrimaryIpv6,
    })),
  };
}

/** Each private address of an interface may have a public one of its own. */
const associationsOf = ({ PrivateIpAddresses = [] }: InstanceNetworkInterface) =>
  PrivateIpAddresses.flatMap(({ PrivateIpAddress: privateIp = '', Association: { PublicIp, IpOwnerId } = {} }) =>
    PublicIp === undefined ? [] : [{ publicIp: PublicIp, privateIp, owner: IpOwnerId }],
  );
