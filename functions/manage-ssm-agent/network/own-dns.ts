import {
  DescribeVpcAttributeCommand,
  type EC2Client,
  paginateDescribeDhcpOptions,
  paginateDescribeVpcs,
  type Vpc,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';

/** The names of Amazon's resolver. Sources: VPC user guide, "DHCP option sets in Amazon VPC" and "DNS attributes". */
const AMAZON: ReadonlySet<string> = new Set(['AmazonProvidedDNS', '169.254.169.253', 'fd00:ec2::253']);

/**
 * The DNS servers that instances of VPCs get by DHCP in the place of Amazon's resolver, by the VPC. A VPC whose instances
 * get that is missing. Only Amazon's resolver knows the private names of endpoints (AWS PrivateLink guide, "Private DNS").
 */
export async function readOwnDns(
  ec2: EC2Client,
  vpcIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const vpcs: Vpc[] = [];
  for (const filter of filtersOf('vpc-id', [...new Set(vpcIds)])) {
    for await (const page of paginateDescribeVpcs({ client: ec2 }, { Filters: [filter] })) {
      vpcs.push(...(page.Vpcs ?? []));
    }
  }
  const setIds = new Set(
    vpcs.flatMap(({ DhcpOptionsId = 'default' }) => (DhcpOptionsId === 'default' ? [] : DhcpOptionsId)),
  );
  const serversOf = new Map<string, string[]>();
  for (const filter of filtersOf('dhcp-options-id', [...setIds])) {
    for await (const { DhcpOptions = [] } of paginateDescribeDhcpOptions({ client: ec2 }, { Filters: [filter] })) {
      for (const { DhcpOptionsId = '', DhcpConfigurations = [] } of DhcpOptions) {
        const named = DhcpConfigurations.filter(({ Key }) => Key === 'domain-name-servers');
        serversOf.set(
          DhcpOptionsId,
          named.flatMap(({ Values = [] }) =>
            Values.flatMap(({ Value = '' }) => Value.split(',').map((each) => each.trim())),
          ),
        );
      }
    }
  }
  return new Map(
    vpcs.flatMap((vpc): Array<[string, readonly string[]]> => {
      const servers = serversOf.get(vpc.DhcpOptionsId ?? '') ?? [];
      const isOwn = servers.length > 0 && !servers.some((server) => AMAZON.has(server) || isResolverOf(vpc, server));
      return isOwn ? [[vpc.VpcId ?? '', servers]] : [];
    }),
  );
}

/** Whether an address is the third one of the VPC's first block, at which Amazon's resolver is, too. */
function isResolverOf({ CidrBlock = '' }: Vpc, server: string): boolean {
  const [network = ''] = CidrBlock.split('/');
  const parts = network.split('.');
  return server === [...parts.slice(0, 3), Number(parts[3]) + 2].join('.');
}

/**
 * The VPCs in which Amazon's resolver answers nobody. Of one whose attribute may not be read, as where another account shares
 * it, nobody knows. Source: VPC user guide, "View and update DNS attributes for your VPC" (enableDnsSupport).
 */
export async function readMute(ec2: EC2Client, vpcIds: readonly string[]): Promise<string[]> {
  const isMute = async (VpcId: string): Promise<boolean> => {
    try {
      const asked = new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' });
      return (await ec2.send(asked)).EnableDnsSupport?.Value === false;
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      return false;
    }
  };
  const mute = await pMap(vpcIds, isMute, { concurrency: READ_CONCURRENCY });
  return vpcIds.filter((_, index) => mute[index] === true);
}
