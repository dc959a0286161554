import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { LaunchSpecification, Reachability } from '../account/ec2/instances.ts';
import { tcpIngress } from '../account/ec2/security-groups.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { ExposureFile } from './schema-exposure.ts';
import type { FleetState } from './state.ts';

/**
 * The launch template data of a group about public addresses: whether launches get one, whatever the subnet's default.
 * An address that is associated later is in no template.
 */
export function templateData(file: ExposureFile): ResponseLaunchTemplateData {
  const { publicAddress } = file ?? {};
  if (publicAddress === undefined || publicAddress === 'elastic') return {};
  return { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: publicAddress === 'automatic' }] };
}

/** How an exposure of the fleet file changes instances. */
export interface Exposure {
  /** Their subnets, where these are not the subnets of their group. */
  readonly subnets: EksCluster['subnets'] | undefined;
  apply<Hosts extends Reachability>(hosts: Hosts): Hosts;
}

/** Creates the subnets and security groups of an exposure in the account. Without an exposure nothing changes. */
export function seedExposure(state: FleetState, cluster: EksCluster, file: ExposureFile, isOfGroup = false): Exposure {
  if (file === undefined) return { subnets: undefined, apply: (hosts) => hosts };
  const { networks } = state;
  const subnets = file.subnets === 'public' ? publicSubnets(state, cluster) : undefined;
  if (file.ipv6 !== false || file.ipv6Prefixes > 0) {
    for (const subnet of networks.subnets.list()) {
      if (subnet.vpcId !== cluster.vpcId) continue;
      networks.enableIpv6(subnet);
      // A whole group gets IPv6 from its subnets; a single launch differs from its group.
      if (isOfGroup && file.ipv6 !== false) subnet.assignIpv6OnCreation = true;
    }
  }
  const open = file.openPorts.length === 0 ? [] : [openGroup(state, cluster.vpcId, file.openPorts, file.openBy)];
  const cni =
    file.interfaces === 1
      ? []
      : [cluster.securityGroupId, namedGroup(state, cluster.vpcId, `${cluster.name}-pods`, [])];
  const publicAddress = file.publicAddress ?? (subnets === undefined ? undefined : 'automatic');
  return {
    subnets,
    apply: (hosts) => ({
      ...hosts,
      publicAddress: publicAddress ?? hosts.publicAddress,
      ipv6: file.ipv6,
      ...(file.addresses !== undefined && { addresses: file.addresses }),
      ...(!file.sourceDestCheck && { sourceDestCheck: false }),
      ...(file.ipv6Prefixes > 0 && { ipv6Prefixes: file.ipv6Prefixes }),
      ...(file.branchInterfaces > 0 && { branches: file.branchInterfaces }),
      ...(file.denyAllIgwTraffic && { denyAllIgwTraffic: true }),
      cniInterfaces: Array.from({ length: file.interfaces - 1 }, () => cni),
      securityGroupIds: [...hosts.securityGroupIds, ...open],
    }),
  };
}

/** The exposure of a single launch, as a change of the launched instances. */
export function seedLaunchExposure(
  state: FleetState,
  cluster: EksCluster,
  file: ExposureFile,
): (specification: LaunchSpecification) => LaunchSpecification {
  const { subnets, apply } = seedExposure(state, cluster, file);
  return (specification) => {
    const zone = specification.availabilityZone;
    const subnet = subnets?.find(({ availabilityZone }) => availabilityZone === zone);
    return apply({ ...specification, ...(subnet !== undefined && { subnetId: subnet.id }) });
  };
}

/** Creates a security group in a VPC that opens TCP ports to everybody. */
export const openGroup = (
  state: FleetState,
  vpcId: string,
  ports: readonly number[],
  by: NonNullable<ExposureFile>['openBy'] = 'cidr',
): string => {
  const everybody = {
    cidr: () => ['0.0.0.0/0', '::/0'],
    halves: () => ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'],
    'prefix-list': () => [everybodyList(state, vpcId)],
  }[by]();
  return namedGroup(
    state,
    vpcId,
    by === 'cidr' ? `open-${ports.join('-')}` : `open-${ports.join('-')}-${by}`,
    ports.flatMap((port) => everybody.map((peer) => tcpIngress(port, port, peer))),
  );
};

/** Creates a managed prefix list that contains all addresses. */
function everybodyList({ networks }: FleetState, vpcId: string): string {
  return networks.prefixLists.add(`everybody of ${vpcId}`, ['0.0.0.0/0', '::/0']).id;
}

/** The security group of a VPC by its name, created at first use. */
export function namedGroup(
  { networks }: FleetState,
  vpcId: string,
  name: string,
  rules: ReadonlyArray<ReturnType<typeof tcpIngress>>,
): string {
  const { securityGroups } = networks;
  const known = securityGroups.list().find((group) => group.vpcId === vpcId && group.name === name);
  if (known !== undefined) return known.id;
  const group = { id: securityGroups.newId(), vpcId, name, description: name, tags: new Map() };
  return securityGroups.create(group, rules).id;
}

/** The tag by which load balancers find public subnets. */
const PUBLIC_SUBNET = 'kubernetes.io/role/elb';

/** The public subnets of a cluster's VPC, one for each zone, created at first use. */
export function publicSubnets(
  { networks, world }: FleetState,
  { name, vpcId, subnets }: EksCluster,
): EksCluster['subnets'] {
  const known = networks.subnets.list().filter((subnet) => subnet.vpcId === vpcId && subnet.tags.has(PUBLIC_SUBNET));
  if (known.length > 0) return known;
  const random = world.random.fork(`public subnets of ${name}`);
  const added = subnets.map(({ availabilityZone }) => ({ id: `subnet-0${random.hex(16)}`, availabilityZone }));
  networks.addSubnets(vpcId, added, 'internet');
  for (const { id } of added) networks.subnets.get(id)?.tags.set(PUBLIC_SUBNET, '1');
  return added;
}
