import {
  type Subnet as DescribedSubnet,
  DescribeSubnets$,
  type DescribeSubnetsCommandInput,
  type DescribeSubnetsCommandOutput,
  ModifySubnetAttribute$,
  type ModifySubnetAttributeCommandInput,
  type ModifySubnetAttributeCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import { arnOf, permissionOn } from './resources.ts';
import { describedTags, existingOne, namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';
import type { Subnet } from './subnets.ts';

/** Describes subnets, and changes whether instances launched in them get public addresses. */
export function subnetOperations(state: Ec2State): Record<string, Operation> {
  const { subnets } = state.networks;
  return {
    DescribeSubnets: operation<DescribeSubnetsCommandInput, DescribeSubnetsCommandOutput>(
      DescribeSubnets$,
      ['SubnetIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ SubnetIds, ...request }) => {
        const id = (subnet: Subnet) => subnet.id;
        const named = namedOnes(subnets.list(), id, SubnetIds, 'InvalidSubnetID', 'subnet ID');
        const { items, nextToken } = search(named, id, subnetFields, ({ tags }) => tags, request, 1000);
        return { Subnets: items.map((subnet) => describe(state, subnet)), NextToken: nextToken };
      },
    ),
    ModifySubnetAttribute: operation<ModifySubnetAttributeCommandInput, ModifySubnetAttributeCommandOutput>(
      ModifySubnetAttribute$,
      ['SubnetId', 'MapPublicIpOnLaunch', 'AssignIpv6AddressOnCreation'],
      ({ SubnetId = '', MapPublicIpOnLaunch, AssignIpv6AddressOnCreation }) => {
        const subnet = existingOne(subnets.get(SubnetId), SubnetId, 'InvalidSubnetID', 'subnet ID');
        // Source: VPC user guide, "Responsibilities and permissions for owners and participants": participants modify no
        // shared subnet. AWS does not document the error.
        if (state.networks.features.owners.has(subnet.vpcId)) {
          throw new AwsError('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);
        }
        const [ipv4, ipv6] = [MapPublicIpOnLaunch?.Value, AssignIpv6AddressOnCreation?.Value];
        if ((ipv4 === undefined) === (ipv6 === undefined)) {
          const message =
            ipv4 === undefined ? 'No attributes specified.' : 'Only one attribute can be modified at a time.';
          throw new AwsError('InvalidParameterCombination', message);
        }
        if (ipv4 !== undefined) subnet.mapPublicIpOnLaunch = ipv4;
        if (ipv6 !== undefined) subnet.assignIpv6OnCreation = ipv6;
        return {};
      },
      ({ SubnetId = '' }) => [permissionOn(state, 'ModifySubnetAttribute', SubnetId)],
    ),
  };
}

function describe(state: Ec2State, subnet: Subnet): DescribedSubnet {
  const { id, vpcId, availabilityZone, cidrBlock, ipv6, mapPublicIpOnLaunch, tags } = subnet;
  return {
    SubnetId: id,
    SubnetArn: arnOf(state, 'subnet', id),
    VpcId: vpcId,
    OwnerId: state.networks.features.owners.get(vpcId) ?? state.world.accountId,
    State: 'available',
    AvailabilityZone: availabilityZone,
    CidrBlock: cidrBlock,
    AvailableIpAddressCount: state.networks.freeAddresses(id),
    DefaultForAz: false,
    MapPublicIpOnLaunch: mapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation: subnet.assignIpv6OnCreation === true,
    BlockPublicAccessStates: { InternetGatewayBlockMode: subnet.blockPublicAccess ?? 'off' },
    Ipv6Native: false,
    Ipv6CidrBlockAssociationSet:
      ipv6 === undefined
        ? []
        : [
            {
              AssociationId: ipv6.associationId,
              Ipv6CidrBlock: ipv6.cidrBlock,
              Ipv6CidrBlockState: { State: 'associated' },
              Ipv6AddressAttribute: subnet.ipv6Kind === 'private' ? 'private' : 'public',
            },
          ],
    Tags: describedTags(tags),
  };
}

const subnetFields: FilterFields<Subnet> = {
  'subnet-id': ({ id }) => id,
  'vpc-id': ({ vpcId }) => vpcId,
  'availability-zone': ({ availabilityZone }) => availabilityZone,
  'cidr-block': ({ cidrBlock }) => cidrBlock,
};
