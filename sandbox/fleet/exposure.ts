import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { LaunchSpecification, Reachability } from '../account/ec2/instances.ts';
import { tcpIngress } from '../account/ec2/security-groups.ts';
import type { EksCluster } from '../account/eks/state.ts';
import type { ExposureFile } from './schema-exposure.ts';
import type { FleetState } from './state.ts';

/**
 * What the launch template of a group says about public addresses: whether launches have one, whatever their subnet hands
 * out. An address that somebody binds later stands in no template.
 */
export function templateData(file: ExposureFile): ResponseLaunchTemplateData {
  const { publicAddress } = file ?? {};
  if (publicAddress === undefined || publicAddress === 'elastic') return {};
  return { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: publicAddress === 'automatic' }] };
}

/** What an exposure of the fleet file makes of instances. */
export interface Exposure {
  /** Where they are, when not in the subnets of their group. */
  readonly subnets: EksCluster['subnets'] | undefined;
  apply<Hosts extends Reachability>(hosts: Hosts): Hosts;
}

/** Puts the subnets and security groups of an exposure into the account. Without one nothing differs. */
export function seedExposure(state: FleetState, cluster: EksCluster, file: ExposureFile, isOfGroup = false): Exposure {
  if (file === undefined) return { subnets: undefined, apply: (hosts) => hosts };
  const { networks } = state;
  const subnets = file.subnets === 'public' ? publicSubnets(state, cluster) : undefined;
  if (file.ipv6 !== false || file.ipv6Prefixes > 0) {
    for (const subnet of networks.subnets.list()) {
      if (subnet.vpcId !== cluster.vpcId) continue;
      networks.enableIpv6(subnet);
      // A whole group has IPv6 because its subnets hand it out; one launch differs from its group.
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
      ...(!file.sourceDestCheck && { sourceDestCheck: false }),
      ...(file.ipv6Prefixes > 0 && { ipv6Prefixes: file.ipv6Prefixes }),
      ...(file.branchInterfaces > 0 && { branches: file.branchInterfaces }),
      ...(file.denyAllIgwTraffic && { denyAllIgwTraffic: true }),
      cniInterfaces: Array.from({ length: file.interfaces - 1 }, () => cni),
      securityGroupIds: [...hosts.securityGroupIds, ...open],
    }),
  };
}

/** The same for one launch, as a change of what is launched. */
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

/** A security group of a VPC that opens TCP ports to everybody. */
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

/** A managed prefix list with everybody in it. */
function everybodyList({ networks }: FleetState, vpcId: string): string {
  return networks.prefixLists.add(`everybody of ${vpcId}`, ['0.0.0.0/0', '::/0']).id;
}

/** A security group of a VPC by its name; it comes with the first who needs it. */
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

/** The tag that load balancers find public subnets by. */
const PUBLIC_SUBNET = 'kubernetes.io/role/elb';

/** The public subnets of a cluster's VPC, one for each zone; they come with the first who needs them. */
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
