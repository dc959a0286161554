import type { Networks } from '../account/ec2/network.ts';
import { egressTo } from '../account/ec2/security-groups.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { namedGroup } from './exposure.ts';
import type { NetworkFile, WayOutFile } from './schema-network.ts';
import type { FleetState } from './state.ts';

type WholeNetwork = Exclude<NetworkFile, string>;

export const wayOutOf = (network: NetworkFile): WayOutFile => (typeof network === 'string' ? network : network.wayOut);

/** Creates a cluster's VPC: its route tables, its nodes' security group, its endpoints. */
export function seedNetwork(state: FleetState, cluster: EksCluster, network: NetworkFile): void {
  const { networks } = state;
  const { vpcId, securityGroupId, name } = cluster;
  networks.routeTables.addMain(vpcId);
  networks.addNodeGroup(securityGroupId, vpcId, name);
  addSubnets(networks, vpcId, cluster.subnets, { wayOut: wayOutOf(network), network });
  attachControlPlane(networks, cluster);
  if (typeof network === 'string') return;
  const podGroupId = () => namedGroup(state, vpcId, `${name}-pods`, []);
  for (const plan of network.endpoints) {
    networks.endpoints.add({ vpcId, subnets: cluster.subnets, nodeGroupId: securityGroupId, podGroupId }, plan);
  }
  const { beyond, proxy, hub } = network;
  networks.hide(vpcId, { beyond, proxy, hub: hub === undefined ? undefined : hub === 'open' });
  if (hub !== undefined) networks.routeTables.leadToHub(vpcId);
  if (network.nodeEgress !== undefined) limitEgress(networks, cluster, network.nodeEgress);
}

/** Adds subnets of a VPC with one kind of route out, behind the network ACL of the fleet file. */
export function addSubnets(
  networks: Networks,
  vpcId: string,
  subnets: EksCluster['subnets'],
  { wayOut, network }: { readonly wayOut: WayOutFile; readonly network: NetworkFile },
): void {
  networks.addSubnets(vpcId, subnets, wayOut);
  const entries = typeof network === 'string' ? undefined : network.networkAcl;
  if (entries === undefined) return;
  networks.networkAcls.add(
    vpcId,
    subnets.map(({ id }) => id),
    entries.map(({ rule, direction, action, cidr, ports }) => ({
      number: rule,
      egress: direction === 'egress',
      action,
      protocol: ports === undefined ? '-1' : '6',
      cidr,
      ports: ports === undefined ? undefined : { from: ports[0], to: ports[1] },
    })),
  );
}

/** Limits the egress of the nodes' security group to what the file allows. */
function limitEgress(
  { securityGroups, prefixLists, endpoints }: Networks,
  { vpcId, securityGroupId }: EksCluster,
  rules: NonNullable<WholeNetwork['nodeEgress']>,
): void {
  const group = securityGroups.get(securityGroupId);
  if (group === undefined) throw new Error(`there is no security group ${securityGroupId}`);
  securityGroups.remove(
    group,
    group.rules.filter(({ egress }) => egress),
  );
  const ofEndpoints = endpoints.list().filter(({ VpcId }) => VpcId === vpcId);
  const peersOf = (to: string): string[] => {
    if (to.endsWith('prefix-list')) return [prefixLists.add('everything', ['0.0.0.0/0'], to === 'prefix-list').id];
    if (to !== 'endpoints') return [to];
    return [...new Set(ofEndpoints.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId)))];
  };
  securityGroups.add(
    group,
    rules.flatMap(({ to, ports }) => peersOf(to).map((peer) => egressTo(ports, peer))),
  );
}

/** EKS reaches nodes through interfaces in two zones. */
const CONTROL_PLANE_ZONES = 2;

function attachControlPlane(
  { interfaces }: FleetState['networks'],
  { name, vpcId, subnets, securityGroupId, createdAt }: EksCluster,
): void {
  for (const [zone, { id: subnetId, availabilityZone }] of subnets.slice(0, CONTROL_PLANE_ZONES).entries()) {
    interfaces.attachControlPlane({
      clusterName: name,
      vpcId,
      subnetId,
      availabilityZone,
      // Instances get their addresses from the other end of the block.
      privateIps: [`10.255.255.${zone + 10}`],
      securityGroupIds: [securityGroupId],
      attachedAt: createdAt,
    });
  }
}
