import type { Networks } from './network.ts';

/** What is determined about an instance's primary network interface before its launch. */
export interface PrimaryInterfaceSpecification {
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
  /** Security groups of its primary network interface. */
  readonly securityGroupIds: readonly string[];
  /** The public IPv4 address of the primary interface: automatic, or an Elastic one. */
  readonly publicAddress: 'none' | 'automatic' | 'elastic';
  /** Whether the primary interface gets an IPv6 address, which may be primary. The subnet must have an IPv6 block. */
  readonly ipv6: boolean | 'primary';
  /** Whether the interface only accepts traffic addressed to itself; default: yes. */
  readonly sourceDestCheck?: boolean;
  /** Number of private IPv4 addresses of each interface; default: as many as each kind usually has. */
  readonly addresses?: number;
  /** Number of IPv6 prefixes for pods on the primary interface; default: none. */
  readonly ipv6Prefixes?: number;
  /** Whether the interfaces accept no traffic from Internet gateways; default: they accept it. */
  readonly denyAllIgwTraffic?: boolean;
}

/** Attaches the primary interface at launch, and assigns the addresses of its specification. */
export function attachPrimaryInterface(
  { interfaces, subnets }: Networks,
  {
    vpcId,
    subnetId,
    availabilityZone,
    securityGroupIds,
    publicAddress,
    ipv6,
    sourceDestCheck,
    ipv6Prefixes = 0,
    denyAllIgwTraffic = false,
  }: PrimaryInterfaceSpecification,
  {
    id,
    privateIps,
    instanceId,
    launchedAt,
  }: {
    readonly id: string;
    readonly privateIps: readonly [string, ...string[]];
    readonly instanceId: string;
    /** Epoch ms. */
    readonly launchedAt: number;
  },
): void {
  const subnet = subnets.get(subnetId);
  const primary = interfaces.attach({
    id,
    description: '',
    vpcId,
    subnetId,
    availabilityZone,
    privateIps,
    securityGroupIds,
    tags: new Map(),
    instanceId,
    deviceIndex: 0,
    attachedAt: launchedAt,
    automaticAddress: publicAddress === 'automatic' || subnet?.mapPublicIpOnLaunch === true,
  });
  if (publicAddress === 'automatic') {
    const [privateIp] = privateIps;
    // 198.18.0.0/15 is not used on the Internet (RFC 2544).
    const publicIp = ['198.18', ...privateIp.split('.').slice(2)].join('.');
    interfaces.associate(primary, privateIp, { publicIp });
  }
  if (denyAllIgwTraffic) primary.denyAllIgwTraffic = true;
  if (sourceDestCheck === false) primary.sourceDestCheck = false;
  if (subnet?.ipv6 !== undefined && ipv6Prefixes > 0) {
    const block = subnet.ipv6.cidrBlock.replace('::/64', '');
    // EC2 user guide, "Prefix delegation": IPv6 prefixes are /80.
    const part = Number.parseInt(primary.id.slice(-3), 16).toString(16);
    const prefixes = Array.from({ length: ipv6Prefixes }, (_, index) => `${block}:${part}${index}::/80`);
    interfaces.setIpv6Prefixes(primary, prefixes);
  }
  const address = ipv6 !== false && subnet !== undefined ? subnets.newIpv6Address(subnet) : undefined;
  if (address !== undefined) interfaces.setIpv6Addresses(primary, [{ address, primary: ipv6 === 'primary' }]);
}
