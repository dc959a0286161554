import {
  DescribeDhcpOptions$,
  type DescribeDhcpOptionsCommandInput,
  type DescribeDhcpOptionsCommandOutput,
  DescribeInstanceConnectEndpoints$,
  type DescribeInstanceConnectEndpointsCommandInput,
  type DescribeInstanceConnectEndpointsCommandOutput,
  DescribeVpcAttribute$,
  type DescribeVpcAttributeCommandInput,
  type DescribeVpcAttributeCommandOutput,
  DescribeVpcs$,
  type DescribeVpcsCommandInput,
  type DescribeVpcsCommandOutput,
  type DhcpOptions,
} from '@aws-sdk/client-ec2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';

/** The CIDR block of every VPC in the account; subnets are parts of it. */
const CIDR = '10.0.0.0/16';
/** EC2 API reference, DescribeInstanceConnectEndpoints (MaxResults). */
const MOST_ENDPOINTS = 50;

/** Describes VPCs, their DHCP options, and the EC2 Instance Connect Endpoints in them. */
export function vpcOperations({ networks, world }: Ec2State): Record<string, Operation> {
  const none: ReadonlyMap<string, string> = new Map();
  const amazonsOptions = `dopt-0${world.accountId.padStart(16, '0')}`;
  const optionsIdOf = (vpcId: string): string =>
    networks.features.dns.has(vpcId) ? `dopt-0${vpcId.slice(5)}` : amazonsOptions;
  return {
    DescribeVpcs: operation<DescribeVpcsCommandInput, DescribeVpcsCommandOutput>(
      DescribeVpcs$,
      ['VpcIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ VpcIds, ...request }) => {
        const id = (vpc: string) => vpc;
        const all = [...new Set(networks.subnets.list().map(({ vpcId }) => vpcId))];
        const named = namedOnes(all, id, VpcIds, 'InvalidVpcID', 'vpc ID');
        const { items, nextToken } = search(named, id, { 'vpc-id': id }, () => none, request, 1000);
        const Vpcs = items.map((VpcId) => ({
          VpcId,
          OwnerId: networks.features.owners.get(VpcId) ?? world.accountId,
          State: 'available' as const,
          DhcpOptionsId: optionsIdOf(VpcId),
          CidrBlock: CIDR,
          CidrBlockAssociationSet: [
            {
              AssociationId: `vpc-cidr-assoc-0${VpcId.slice(5)}`,
              CidrBlock: CIDR,
              CidrBlockState: { State: 'associated' as const },
            },
          ],
          InstanceTenancy: 'default' as const,
          IsDefault: false,
        }));
        return { Vpcs, NextToken: nextToken };
      },
    ),
    DescribeVpcAttribute: operation<DescribeVpcAttributeCommandInput, DescribeVpcAttributeCommandOutput>(
      DescribeVpcAttribute$,
      ['VpcId', 'Attribute'],
      ({ VpcId = '', Attribute }) => {
        if (!networks.subnets.list().some(({ vpcId }) => vpcId === VpcId)) {
          throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${VpcId}' does not exist`);
        }
        if (Attribute !== 'enableDnsSupport') throw new NotImplemented(`the VPC attribute ${Attribute}`);
        return { VpcId, EnableDnsSupport: { Value: !networks.features.withoutResolver.has(VpcId) } };
      },
    ),
    DescribeDhcpOptions: operation<DescribeDhcpOptionsCommandInput, DescribeDhcpOptionsCommandOutput>(
      DescribeDhcpOptions$,
      ['DhcpOptionsIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ DhcpOptionsIds, ...request }) => {
        const id = ({ DhcpOptionsId = '' }: DhcpOptions) => DhcpOptionsId;
        const set = (DhcpOptionsId: string, servers: readonly string[]): DhcpOptions => ({
          DhcpOptionsId,
          OwnerId: world.accountId,
          DhcpConfigurations: [{ Key: 'domain-name-servers', Values: servers.map((Value) => ({ Value })) }],
          Tags: [],
        });
        const own = [...networks.features.dns].map(([vpcId, { servers }]) => set(optionsIdOf(vpcId), servers));
        const all = [set(amazonsOptions, ['AmazonProvidedDNS']), ...own];
        const named = namedOnes(all, id, DhcpOptionsIds, 'InvalidDhcpOptionID', 'dhcpOption ID');
        const { items, nextToken } = search(named, id, { 'dhcp-options-id': id }, () => none, request, 1000);
        return { DhcpOptions: items, NextToken: nextToken };
      },
    ),
    DescribeInstanceConnectEndpoints: operation<
      DescribeInstanceConnectEndpointsCommandInput,
      DescribeInstanceConnectEndpointsCommandOutput
    >(
      DescribeInstanceConnectEndpoints$,
      ['InstanceConnectEndpointIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ InstanceConnectEndpointIds, ...request }) => {
        const id = ([endpoint]: readonly [string, string]) => endpoint;
        const fields = { 'instance-connect-endpoint-id': id, 'vpc-id': ([, vpc]: readonly [string, string]) => vpc };
        const code = 'InvalidInstanceConnectEndpointId';
        const all = [...networks.features.connectEndpoints];
        const named = namedOnes(all, id, InstanceConnectEndpointIds, code, 'instance connect endpoint ID');
        const { items, nextToken } = search(named, id, fields, () => none, request, MOST_ENDPOINTS);
        const InstanceConnectEndpoints = items.map(([InstanceConnectEndpointId, VpcId]) => ({
          InstanceConnectEndpointId,
          VpcId,
          OwnerId: world.accountId,
          State: 'create-complete' as const,
        }));
        return { InstanceConnectEndpoints, NextToken: nextToken };
      },
    ),
  };
}
