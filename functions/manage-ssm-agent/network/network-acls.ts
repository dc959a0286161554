import type { NetworkAcl, NetworkAclEntry } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { type Addresses, block, common, union, without } from './ipv4.ts';
import { type Judgement, no, unsure, YES } from './judgement.ts';

/** A port range, both ends included. */
export type Ports = readonly [from: number, to: number];

/** The ports from which operating systems open connections by default. Source: "Ephemeral ports", VPC user guide. */
const EPHEMERAL_PORTS = { linux: [32_768, 60_999], windows: [49_152, 65_535] } as const satisfies Record<string, Ports>;

const ALL_PROTOCOLS = '-1';
const TCP = '6';

export const HTTPS = 443;

/** The ports from which an instance opens connections. */
export const ephemeralPorts = ({ Platform }: Pick<DescribedInstance, 'Platform'>): Ports =>
  Platform?.toLowerCase() === 'windows' ? EPHEMERAL_PORTS.windows : EPHEMERAL_PORTS.linux;

/** The network ACL of a subnet, if it is among the given ones. */
const aclOf = (subnetId: string, acls: readonly NetworkAcl[]): NetworkAcl | undefined =>
  acls.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId));

/** Packets that cross the border of a subnet. Network ACLs are stateless, so responses are judged separately. */
export interface Packets {
  readonly egress: boolean;
  /** The packets' other end outside the subnet. It is one of these addresses, but which one is unknown. */
  readonly others: Addresses;
  /** Destination ports. */
  readonly ports: Ports;
  /** Name of the traffic in sentences. */
  readonly what: string;
}

/** Whether the network ACL of a subnet lets packets cross its border. */
export function judgeBorder(
  subnetId: string,
  packets: Packets,
  { networkAcls }: { readonly networkAcls: readonly NetworkAcl[] },
): Judgement {
  const acl = aclOf(subnetId, networkAcls);
  return acl === undefined ? unsure(`the network ACL of subnet ${subnetId} cannot be read`) : judgeAcl(acl, packets);
}

/** Whether a network ACL lets TCP packets pass. The first matching entry by number decides about a packet. */
function judgeAcl(acl: NetworkAcl, { egress, others, ports, what }: Packets): Judgement {
  const entries = (acl.Entries ?? [])
    .filter(isAbout(egress, ports))
    .toSorted((one, other) => (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0));
  let open = others;
  let allowed: Addresses = [];
  let denied: Addresses = [];
  let [mayBeAllowed, mayBeDenied] = [false, false];
  for (const { CidrBlock = '', RuleAction, PortRange } of entries) {
    const hit = common(open, block(CidrBlock));
    if (hit.length === 0) continue;
    const allows = RuleAction === 'allow';
    if (!coversPorts(PortRange, ports)) {
      mayBeAllowed ||= allows;
      mayBeDenied ||= !allows;
      continue;
    }
    open = without(open, hit);
    if (allows) allowed = union(allowed, hit);
    else denied = union(denied, hit);
  }
  denied = union(denied, open);
  if (denied.length === 0 && !mayBeDenied) return YES;
  const way = `network ACL ${acl.NetworkAclId} lets ${what} ${egress ? 'out' : 'in'}`;
  if (allowed.length === 0 && !mayBeAllowed) return no(`${way.replace(' lets ', ' does not let ')}`);
  return unsure(`${way} only in part`);
}

type PortRange = NetworkAclEntry['PortRange'];

const isAbout =
  (egress: boolean, [from, to]: Ports) =>
  ({ Egress, Protocol, CidrBlock, PortRange }: NetworkAclEntry): boolean =>
    Egress === egress &&
    CidrBlock !== undefined &&
    (Protocol === ALL_PROTOCOLS || Protocol === TCP) &&
    (PortRange === undefined || ((PortRange.From ?? 0) <= to && from <= (PortRange.To ?? 65_535)));

const coversPorts = (range: PortRange, [from, to]: Ports): boolean =>
  range === undefined || ((range.From ?? 0) <= from && to <= (range.To ?? 65_535));
