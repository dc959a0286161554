import type { EksCluster } from '../account/eks/cluster.ts';
import { publicSubnets } from './exposure.ts';
import type { VpcFile } from './schema-vpc.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/**
 * Applies the fleet file's properties to a cluster's VPC, whose subnets exist. They also apply to the public subnets
 * that launches may use.
 */
export function seedVpc(state: FleetState, cluster: EksCluster, file: VpcFile): void {
  if (file === undefined) return;
  const { networks } = state;
  const { name, vpcId } = cluster;
  publicSubnets(state, cluster);
  const subnets = networks.subnets.list().filter((subnet) => subnet.vpcId === vpcId);
  for (const subnet of subnets) {
    if (file.blockPublicAccess !== undefined) subnet.blockPublicAccess = file.blockPublicAccess;
    subnet.ipv6Kind = file.ipv6;
  }
  for (const { at, perSubnet } of file.freeAddresses) {
    const { time } = state.world;
    // At the start, the nodes are created only after this.
    time.at(at === undefined ? time.now : (parseTime(at, time.now) ?? time.now), () => {
      for (const subnet of networks.subnets.list().filter((each) => each.vpcId === vpcId)) {
        subnet.addresses = networks.takenAddresses(subnet.id) + perSubnet;
      }
    });
  }
  if (file.ipv6Egress) networks.securityGroups.withIpv6Egress(vpcId);
  if (file.networkAcl !== undefined) {
    const everything = { number: 100, action: 'allow', protocol: '-1', ports: undefined } as const;
    networks.networkAcls.add(
      vpcId,
      subnets.map(({ id }) => id),
      [
        { ...everything, egress: true, cidr: '0.0.0.0/0' },
        { ...everything, egress: false, cidr: '10.0.0.0/8' },
      ],
    );
  }
  if (file.routeByPrefixList) {
    networks.routeTables.byPrefixList(
      vpcId,
      networks.prefixLists.add(`everybody of ${name}`, ['0.0.0.0/0', '::/0']).id,
    );
  }
  if (file.sharedBy !== undefined) networks.features.owners.set(vpcId, file.sharedBy);
  if (!file.dnsSupport) networks.features.withoutResolver.add(vpcId);
  if (file.dns !== undefined) networks.features.dns.set(vpcId, file.dns);
  if (file.connectEndpoint) networks.features.connectEndpoints.set(`eice-0${vpcId.slice(5)}`, vpcId);
  if (file.appliance) networks.behindAppliance(vpcId, subnets[0]?.availabilityZone ?? '');
  if (file.firewall) networks.behindFirewall(vpcId, subnets[0]?.availabilityZone ?? '');
}
