import type { NatGateway, RouteTable } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { routeTableOf } from '../../shared/fleet/route-table.ts';
import { address, PUBLIC } from './ipv4.ts';
import { all, type Judgement, no, unsure, YES } from './judgement.ts';
import { ephemeralPorts, HTTPS, judgeBorder, type Packets, type Ports } from './network-acls.ts';
import type { Networks } from './networks.ts';

/** The ports from which NAT gateways open connections. Source: "Ephemeral ports", VPC user guide. */
const PORTS_OF_NAT: Ports = [1024, 65_535];

/** What is not there any more, or never came to be. */
const GONE: ReadonlySet<string> = new Set(['failed', 'deleting', 'deleted']);

/**
 * Whether a NAT gateway leads from an instance to the public addresses of AWS: it must be there, be public, and lie in a
 * subnet that leads to an Internet gateway. A regional one leads there by a route table that AWS made for it. Sources: VPC
 * user guide, "NAT gateways", "Troubleshoot NAT gateways", "Regional NAT gateways for automatic multi-AZ expansion".
 *
 * @param judgeSubnet the routes of a subnet, for what has a public address
 */
export function judgeNatGateway(
  id: string,
  instance: DescribedInstance,
  networks: Networks,
  judgeSubnet: (subnetId: string, table: RouteTable) => Judgement,
): Judgement {
  const { SubnetId: ofNode = '' } = instance;
  const led = `the default route of subnet ${ofNode} leads to NAT gateway ${id}`;
  if (networks.natGateways === undefined) return unsure(`${led}, which cannot be read`);
  const gateway = networks.natGateways.get(id);
  // A route to one that is gone is a black hole: this one is hidden, in a VPC that another account shares.
  if (gateway === undefined) return YES;
  const { State = 'available', SubnetId = '', VpcId = '', ConnectivityType, AvailabilityMode } = gateway;
  if (GONE.has(State)) return no(`${led}, which is ${State}${reasonOf(gateway)}`);
  if (State !== 'available') return unsure(`${led}, which is ${State}`);
  if (ConnectivityType === 'private') {
    return unsure(`${led}, which is a private one: behind it nothing can be seen`);
  }
  if (AvailabilityMode === 'regional') return judgeBlock(ofNode, networks);
  const table = routeTableOf(SubnetId, VpcId, networks.routeTables);
  if (table === undefined) return unsure(`${led}, whose own routes cannot be read`);
  const onward = judgeSubnet(SubnetId, table);
  if (onward.answer !== 'yes') return { ...onward, why: `${led}, but ${onward.why}` };
  return all([judgeBlock(SubnetId, networks), ...bordersOf(SubnetId, id, instance, networks)]);
}

/** Whether VPC Block Public Access lets connections out. Mode `block-ingress` passes those of NAT gateways. */
function judgeBlock(subnetId: string, { blocked }: Networks): Judgement {
  return blocked.get(subnetId) === 'block-bidirectional' ? no(`VPC Block Public Access shuts subnet ${subnetId}`) : YES;
}

/** The border of the NAT gateway's subnet, which packets cross on both sides of it. */
function bordersOf(subnetId: string, id: string, instance: DescribedInstance, networks: Networks): Judgement[] {
  const name = `NAT gateway ${id}`;
  const [requests, answers] = [`HTTPS through ${name}`, `the answers through ${name}`];
  const node = address(instance.PrivateIpAddress ?? '');
  const outside: readonly Packets[] = [
    { egress: true, others: PUBLIC, ports: [HTTPS, HTTPS], what: requests },
    { egress: false, others: PUBLIC, ports: PORTS_OF_NAT, what: answers },
  ];
  const inside: readonly Packets[] = [
    { egress: false, others: node, ports: [HTTPS, HTTPS], what: requests },
    { egress: true, others: node, ports: ephemeralPorts(instance), what: answers },
  ];
  // Network ACLs do not apply within a subnet.
  const crossed = subnetId === instance.SubnetId ? outside : [...outside, ...inside];
  return crossed.map((packets) => judgeBorder(subnetId, packets, networks));
}

const reasonOf = ({ FailureMessage }: NatGateway): string => (FailureMessage ? ` (${FailureMessage})` : '');
