import { BlockList, isIP } from 'node:net';
import { type EC2Client, paginateDescribeVpcs, type Vpc } from '@aws-sdk/client-ec2';
import { once } from '../runtime/once.ts';
import { filtersOf } from './instances.ts';

/**
 * The IPv4 and IPv6 blocks of VPCs, by the id of the VPC. A block that is being disassociated does not count.
 * @param ids absent for all VPCs of the region
 */
export async function readVpcBlocks(ec2: EC2Client, ids?: readonly string[]): Promise<Map<string, string[]>> {
  const networks = new Map<string, string[]>();
  const vpcs: Vpc[] = [];
  const inputs = ids === undefined ? [{}] : filtersOf('vpc-id', ids).map((filter) => ({ Filters: [filter] }));
  for (const input of inputs)
    for await (const page of paginateDescribeVpcs({ client: ec2, pageSize: 1_000 }, input))
      vpcs.push(...(page.Vpcs ?? []));
  for (const { VpcId = '', CidrBlock, CidrBlockAssociationSet = [], Ipv6CidrBlockAssociationSet = [] } of vpcs) {
    const ipv4 = CidrBlockAssociationSet.flatMap(({ CidrBlock: block, CidrBlockState }) =>
      block !== undefined && CidrBlockState?.State === 'associated' ? [block] : [],
    );
    const ipv6 = Ipv6CidrBlockAssociationSet.flatMap(({ Ipv6CidrBlock: block, Ipv6CidrBlockState }) =>
      block !== undefined && Ipv6CidrBlockState?.State === 'associated' ? [block] : [],
    );
    networks.set(VpcId, [...new Set([...(CidrBlock === undefined ? [] : [CidrBlock]), ...ipv4, ...ipv6])]);
  }
  return networks;
}

/** Returns whether all addresses of a CIDR are in one of these blocks. */
export function insideOf(blocks: readonly string[]): (from: string) => boolean {
  const networks = blocks.flatMap((block) => networkOf(...cidrParts(block)) ?? []);
  return (from) => networks.some((network) => covers(network, from));
}

/** Networks that no route of the Internet leads to. */
const privateNetworks = once(() =>
  (
    [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['169.254.0.0', 16],
      ['127.0.0.0', 8],
      ['fc00::', 7],
      ['fe80::', 10],
    ] as const
  ).flatMap(([network, prefix]) => networkOf(network, prefix) ?? []),
);

interface Network {
  readonly addresses: BlockList;
  readonly prefix: number;
  readonly family: number;
}

function networkOf(network: string, prefix: number): Network | undefined {
  const family = isIP(network);
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return undefined;
  const addresses = new BlockList();
  addresses.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return { addresses, prefix, family };
}

function cidrParts(cidr: string): [address: string, prefix: number] {
  const [address = '', prefix = ''] = cidr.split('/');
  return [address, prefix === '' ? Number.NaN : Number(prefix)];
}

/** Whether a network has all addresses of a CIDR. */
function covers({ addresses, prefix, family }: Network, cidr: string): boolean {
  const [address, length] = cidrParts(cidr);
  return isIP(address) === family && length >= prefix && addresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a CIDR has addresses that routes of the Internet lead to. Other sources, such as prefix lists, count as
 * private.
 */
export function isPublicNetwork(from: string): boolean {
  return isIP(cidrParts(from)[0]) !== 0 && !privateNetworks().some((network) => covers(network, from));
}
