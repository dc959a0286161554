import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { type DescribedInstance, type DescribedInterface, isPrimary } from '../../shared/fleet/described-instance.ts';
import { tagsOf, type Worker } from '../../shared/fleet/worker.ts';
import { doubtsOf, exposuresOf, type Networks, shieldsOf } from '../exposure/exposure.ts';
import type { InterfaceView, PublicAddress } from '../exposure/interface-view.ts';
import type { LaunchTemplate, WorkerView } from './observation.ts';

/** The owner that AWS names for an automatic public address. */
const AMAZON = 'amazon';

/** A worker, as its instance and its network describe it. */
export function viewOf(
  instance: DescribedInstance,
  { cluster, nodegroup, ownership, certain }: Worker,
  interfaces: readonly InterfaceView[],
  networks: Networks,
): WorkerView {
  const tags = tagsOf(instance);
  const heldIn = [...new Set(interfaces.flatMap(({ groupIds }) => groupIds))].filter((id) => networks.stacks.has(id));
  const launchTemplate = launchTemplateOf(tags);
  const doubts = doubtsOf(interfaces, networks);
  return {
    cluster,
    ...(nodegroup !== undefined && { nodegroup }),
    ownership,
    certain,
    instanceState: instance.State?.Name ?? '',
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
    tags,
    vpcId: instance.VpcId ?? '',
    privateDnsName: instance.PrivateDnsName ?? '',
    interfaces,
    exposures: exposuresOf(interfaces, networks),
    ...(doubts.length > 0 && { doubts }),
    shields: shieldsOf(interfaces, networks),
    ...(isRouter(instance) && { router: true }),
    heldBy: [...new Set(heldIn.flatMap((id) => networks.stacks.get(id) ?? []))],
    ...(heldIn.length > 0 && { heldIn }),
    ...(networks.leaks !== undefined && networks.leaks.size > 0 && { leaks: networks.leaks }),
    ...(instance.Operator?.Managed === true && { operatedBy: instance.Operator.Principal ?? 'an AWS service' }),
    ...(instance.InstanceLifecycle === 'spot' && { spot: true }),
    ...(instance.InstanceLifecycle === 'capacity-block' && { capacityBlock: true }),
    ...(launchTemplate !== undefined && { launchTemplate }),
  };
}

/** Whether a worker runs, or is about to. */
export const isPresent = ({ instanceState }: WorkerView): boolean =>
  instanceState === 'pending' || instanceState === 'running';

/** The launch template by tags that AWS alone sets. */
export function launchTemplateOf(tags: Readonly<Record<string, string>>): LaunchTemplate | undefined {
  const id = tags['aws:ec2launchtemplate:id'];
  return id === undefined ? undefined : { id, version: tags['aws:ec2launchtemplate:version'] ?? '$Default' };
}

/**
 * Whether an instance forwards traffic, such as a NAT instance or a firewall. Isolating it would cut others off from
 * their way out.
 */
const isRouter = ({ SourceDestCheck, NetworkInterfaces = [] }: DescribedInstance): boolean =>
  SourceDestCheck === false || NetworkInterfaces.some((each) => each.SourceDestCheck === false);

/** Whether an instance has anything that may be public. Without it, the Internet cannot reach it. */
export const hasPublicAddress = ({ NetworkInterfaces = [] }: DescribedInstance): boolean =>
  NetworkInterfaces.some((each) => isKnown(each) || isTrunk(each));

/**
 * Whether an interface is a trunk. A trunk carries the interfaces of pods with security groups of their own, which
 * DescribeInstances does not show.
 */
export const isTrunk = ({ InterfaceType }: Pick<DescribedInterface, 'InterfaceType'>): boolean =>
  InterfaceType === 'trunk';

/** Whether an interface has an address that may be public. */
export const isKnown = (each: DescribedInterface): boolean =>
  addressesOf(each).length > 0 || (each.Ipv6Addresses ?? []).length > 0 || (each.Ipv6Prefixes ?? []).length > 0;

/**
 * Whether DescribeInstances leaves out what a decision about an interface needs: the allocation of an associated
 * address, and whether an interface with IPv6 addresses accepts traffic from Internet gateways. Automatic addresses have
 * no allocation. Source: EC2 API reference, `InstanceNetworkInterfaceAssociation` and
 * `NetworkInterface.DenyAllIgwTraffic`.
 */
export const lacksDetails = (each: DescribedInterface): boolean =>
  isKnown(each) &&
  (addressesOf(each).some(({ kind }) => kind !== 'automatic') ||
    (each.Ipv6Addresses ?? []).length > 0 ||
    (each.Ipv6Prefixes ?? []).length > 0);

/** The network interfaces of an instance, the primary one first, those of its pods last. */
export function interfacesOf(
  { NetworkInterfaces = [], VpcId: ofInstance }: DescribedInstance,
  details: ReadonlyMap<string, NetworkInterface> = new Map(),
  branches: readonly NetworkInterface[] = [],
): InterfaceView[] {
  const own = NetworkInterfaces.map((each) =>
    interfaceOf(each, details.get(each.NetworkInterfaceId ?? ''), ofInstance),
  );
  const ofPods = branches.map(
    (each): InterfaceView => ({ ...interfaceOf(each, each, ofInstance), primary: false, branch: true }),
  );
  return [...own.sort((a, b) => Number(b.primary) - Number(a.primary)), ...ofPods];
}

function interfaceOf(
  each: DescribedInterface | NetworkInterface,
  detail: NetworkInterface | undefined,
  ofInstance: string | undefined,
): InterfaceView {
  const { NetworkInterfaceId = '', SubnetId = '', VpcId = ofInstance, Groups = [], Ipv6Addresses = [] } = each;
  const { PrivateIpAddresses = [], Ipv4Prefixes = [], Ipv6Prefixes = [] } = each;
  return {
    id: NetworkInterfaceId,
    primary: isPrimary(each),
    subnetId: SubnetId,
    ...(VpcId !== undefined && VpcId !== ofInstance && { otherVpcId: VpcId }),
    groupIds: Groups.map(({ GroupId = '' }) => GroupId),
    groupNames: Groups.flatMap(({ GroupName }) => GroupName ?? []),
    addresses: detail === undefined ? addressesOf(each) : confirmedBy(addressesOf(detail), addressesOf(each)),
    privateIps: PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ipv4Prefixes: Ipv4Prefixes.flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
    ipv6: Ipv6Addresses.map(({ Ipv6Address = '', IsPrimaryIpv6 = false }) => ({
      address: Ipv6Address,
      primary: IsPrimaryIpv6,
    })),
    ipv6Prefixes: Ipv6Prefixes.flatMap(({ Ipv6Prefix }) => Ipv6Prefix ?? []),
    ...(detail?.DenyAllIgwTraffic === true && { deniesInternet: true }),
  };
}

/** The addresses that the details of an interface show, and those that only its instance shows. */
const confirmedBy = (detailed: readonly PublicAddress[], shown: readonly PublicAddress[]): PublicAddress[] => [
  ...detailed,
  ...shown
    .filter(({ publicIp }) => !detailed.some((each) => each.publicIp === publicIp))
    .map((each) => ({ ...each, unconfirmed: true as const })),
];

/**
 * Each private address of an interface may have a public one: an automatic address, an Elastic IP, a carrier address in
 * a Wavelength zone, or a customer-owned one on an Outpost. EC2 shows that of the first private address twice, and either
 * place counts. Source: EC2 API reference, `NetworkInterface.Association`.
 */
const addressesOf = ({
  PrivateIpAddresses = [],
  Association: ofFirst,
}: Pick<DescribedInterface | NetworkInterface, 'PrivateIpAddresses' | 'Association'>): PublicAddress[] =>
  PrivateIpAddresses.flatMap(({ PrivateIpAddress: privateIp = '', ...own }, index) => {
    const Association = own.Association ?? (index === 0 ? ofFirst : undefined);
    if (Association === undefined) return [];
    const { PublicIp, CarrierIp, CustomerOwnedIp, IpOwnerId } = Association;
    const publicIp = CarrierIp ?? CustomerOwnedIp ?? PublicIp;
    if (publicIp === undefined) return [];
    const { AllocationId, AssociationId } = { AllocationId: undefined, AssociationId: undefined, ...Association };
    return [
      {
        publicIp,
        privateIp,
        kind:
          CarrierIp !== undefined
            ? 'carrier'
            : CustomerOwnedIp !== undefined
              ? 'customer-owned'
              : IpOwnerId === AMAZON
                ? 'automatic'
                : 'elastic',
        ...(AllocationId !== undefined && { allocationId: AllocationId }),
        ...(AssociationId !== undefined && { associationId: AssociationId }),
      } as const,
    ];
  });
