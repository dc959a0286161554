import {
  AssignIpv6Addresses$,
  type AssignIpv6AddressesCommandInput,
  type AssignIpv6AddressesCommandOutput,
  DescribeNetworkInterfaces$,
  type DescribeNetworkInterfacesCommandInput,
  type DescribeNetworkInterfacesCommandOutput,
  ModifyNetworkInterfaceAttribute$,
  type ModifyNetworkInterfaceAttributeCommandInput,
  type ModifyNetworkInterfaceAttributeCommandOutput,
  UnassignIpv6Addresses$,
  type UnassignIpv6AddressesCommandInput,
  type UnassignIpv6AddressesCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { changeable } from './existing-instance.ts';
import type { FilterFields } from './filters.ts';
import { describeInterface } from './interface-descriptions.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import { permissionOn } from './resources.ts';
import { existingOne, namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';
import { trailOfAutomaticAddress, trailOfGroups } from './trail.ts';

/** The default quota of security groups per interface. */
const MOST_GROUPS = 5;

/** Describes network interfaces, and changes their security groups and addresses. */
export function interfaceOperations(state: Ec2State): Record<string, Operation> {
  const { world, networks, instances, cloudTrail } = state;
  const { interfaces, subnets, addresses } = networks;
  const onInterface =
    (action: string) =>
    ({ NetworkInterfaceId = '' }: { readonly NetworkInterfaceId?: string | undefined }) => [
      permissionOn(state, action, NetworkInterfaceId),
    ];
  return {
    DescribeNetworkInterfaces: operation<DescribeNetworkInterfacesCommandInput, DescribeNetworkInterfacesCommandOutput>(
      DescribeNetworkInterfaces$,
      ['NetworkInterfaceIds', 'Filters', 'MaxResults', 'NextToken', 'IncludeManagedResources'],
      ({ NetworkInterfaceIds, IncludeManagedResources = false, ...request }) => {
        const id = (one: NetworkInterface) => one.id;
        const [code, what] = ['InvalidNetworkInterfaceID', 'networkInterface ID'];
        const named = namedOnes(interfaces.list(), id, NetworkInterfaceIds, code, what);
        const operator = ({ attachment }: NetworkInterface) => instances.get(attachment.instanceId ?? '')?.operator;
        const shown = named.filter((one) => IncludeManagedResources || operator(one) === undefined);
        const { items, nextToken } = search(shown, id, interfaceFields, ({ tags }) => tags, request, 1000);
        const described = items.map((one) => describeInterface(world, one, networks, operator(one)));
        return { NetworkInterfaces: described, NextToken: nextToken };
      },
    ),
    ModifyNetworkInterfaceAttribute: operation<
      ModifyNetworkInterfaceAttributeCommandInput,
      ModifyNetworkInterfaceAttributeCommandOutput
    >(
      ModifyNetworkInterfaceAttribute$,
      ['NetworkInterfaceId', 'Groups', 'AssociatePublicIpAddress'],
      ({ NetworkInterfaceId, Groups, AssociatePublicIpAddress }, context) => {
        const changed = changeableInterface(state, NetworkInterfaceId);
        if (Groups !== undefined && AssociatePublicIpAddress !== undefined) {
          const message = 'Fields for multiple attribute types specified: groupSet, associatePublicIpAddress';
          throw new AwsError('InvalidParameterCombination', message);
        }
        if (Groups !== undefined && Groups.length > 0) {
          interfaces.setSecurityGroups(changed, checkedGroups(state, changed, Groups));
          cloudTrail.called(context, trailOfGroups(changed.id, Groups));
        } else if (AssociatePublicIpAddress !== undefined) {
          addresses.setAutomatic(changed, AssociatePublicIpAddress);
          cloudTrail.called(context, trailOfAutomaticAddress(changed.id, AssociatePublicIpAddress));
        } else {
          throw new AwsError('InvalidParameterCombination', 'No attributes specified.');
        }
        return {};
      },
      ({ NetworkInterfaceId = '', Groups = [] }) => {
        // The service authorization reference does not say which of the optional resources IAM evaluates, so all are
        // required.
        const subnetId = interfaces.get(NetworkInterfaceId)?.subnetId;
        const resources = [NetworkInterfaceId, ...Groups, ...(subnetId === undefined ? [] : [subnetId])];
        return resources.map((id) => permissionOn(state, 'ModifyNetworkInterfaceAttribute', id));
      },
    ),
    AssignIpv6Addresses: operation<AssignIpv6AddressesCommandInput, AssignIpv6AddressesCommandOutput>(
      AssignIpv6Addresses$,
      ['NetworkInterfaceId', 'Ipv6Addresses', 'Ipv6AddressCount', 'Ipv6Prefixes'],
      ({ NetworkInterfaceId, Ipv6Addresses, Ipv6AddressCount, Ipv6Prefixes }) => {
        const changed = changeableInterface(state, NetworkInterfaceId);
        if (Ipv6Prefixes !== undefined && Ipv6Prefixes.length > 0) {
          interfaces.setIpv6Prefixes(changed, [...changed.ipv6Prefixes, ...Ipv6Prefixes]);
          return { NetworkInterfaceId: changed.id, AssignedIpv6Prefixes: Ipv6Prefixes };
        }
        if ((Ipv6Addresses === undefined) === (Ipv6AddressCount === undefined)) {
          const message = 'Exactly one of ipv6Addresses and ipv6AddressCount must be specified.';
          throw new AwsError('InvalidParameterCombination', message);
        }
        const subnet = subnets.get(changed.subnetId);
        if (subnet?.ipv6 === undefined) {
          throw new AwsError('InvalidParameterValue', `The subnet '${changed.subnetId}' has no IPv6 CIDR block.`);
        }
        const wanted =
          Ipv6Addresses ?? Array.from({ length: Ipv6AddressCount ?? 0 }, () => subnets.newIpv6Address(subnet) ?? '');
        const prefix = subnet.ipv6.cidrBlock.replace('::/64', ':');
        const taken = interfaces.list().flatMap((one) => one.ipv6Addresses.map(({ address }) => address));
        for (const address of wanted) {
          if (!address.startsWith(prefix) || taken.includes(address)) {
            throw new AwsError(
              'InvalidParameterValue',
              `The address ${address} is not free in the subnet's CIDR block.`,
            );
          }
        }
        const added = wanted.map((address) => ({ address, primary: false }));
        interfaces.setIpv6Addresses(changed, [...changed.ipv6Addresses, ...added]);
        return { NetworkInterfaceId: changed.id, AssignedIpv6Addresses: wanted };
      },
      onInterface('AssignIpv6Addresses'),
    ),
    UnassignIpv6Addresses: operation<UnassignIpv6AddressesCommandInput, UnassignIpv6AddressesCommandOutput>(
      UnassignIpv6Addresses$,
      ['NetworkInterfaceId', 'Ipv6Addresses', 'Ipv6Prefixes'],
      ({ NetworkInterfaceId, Ipv6Addresses = [], Ipv6Prefixes = [] }) => {
        const changed = changeableInterface(state, NetworkInterfaceId);
        for (const wanted of Ipv6Addresses) {
          const found = changed.ipv6Addresses.find(({ address }) => address === wanted);
          if (found === undefined) {
            const message = `The address ${wanted} is not assigned to the network interface '${changed.id}'.`;
            throw new AwsError('InvalidParameterValue', message);
          }
          if (found.primary) {
            const message = `The primary IPv6 address ${wanted} of '${changed.id}' cannot be unassigned.`;
            throw new AwsError('OperationNotPermitted', message);
          }
        }
        interfaces.setIpv6Prefixes(
          changed,
          changed.ipv6Prefixes.filter((prefix) => !Ipv6Prefixes.includes(prefix)),
        );
        interfaces.setIpv6Addresses(
          changed,
          changed.ipv6Addresses.filter(({ address }) => !Ipv6Addresses.includes(address)),
        );
        return { NetworkInterfaceId: changed.id, UnassignedIpv6Addresses: Ipv6Addresses };
      },
      onInterface('UnassignIpv6Addresses'),
    ),
  };
}

/** @throws InvalidNetworkInterfaceID.NotFound, OperationNotPermitted for an interface that another service manages */
export function changeableInterface({ instances, networks }: Ec2State, id = ''): NetworkInterface {
  const [code, what] = ['InvalidNetworkInterfaceID', 'networkInterface ID'];
  const found = existingOne(networks.interfaces.get(id), id, code, what);
  const instance = instances.get(found.attachment.instanceId ?? '');
  if (instance !== undefined) changeable(instance);
  return found;
}

/** @throws InvalidGroup.NotFound, SecurityGroupsPerInterfaceLimitExceeded */
function checkedGroups({ networks }: Ec2State, { vpcId }: NetworkInterface, ids: readonly string[]): string[] {
  const unique = [...new Set(ids)];
  for (const id of unique) {
    const group = existingOne(networks.securityGroups.get(id), id, 'InvalidGroup', 'security group');
    if (group.vpcId !== vpcId) {
      const message = 'You have specified two resources that belong to different networks.';
      throw new AwsError('InvalidGroup.NotFound', message);
    }
  }
  if (unique.length > MOST_GROUPS) {
    const message = 'The maximum number of security groups per interface has been reached.';
    throw new AwsError('SecurityGroupsPerInterfaceLimitExceeded', message);
  }
  return unique;
}

const interfaceFields: FilterFields<NetworkInterface> = {
  'network-interface-id': ({ id }) => id,
  'attachment.instance-id': ({ attachment }) => attachment.instanceId,
  'attachment.instance-owner-id': ({ attachment }) => attachment.instanceOwnerId,
  description: ({ description }) => description,
  'interface-type': ({ kind }) => kind,
  'requester-id': ({ requesterId }) => requesterId,
  'requester-managed': () => 'false',
  'attachment.device-index': ({ attachment }) => String(attachment.deviceIndex),
  'group-id': ({ securityGroupIds }) => securityGroupIds,
  'subnet-id': ({ subnetId }) => subnetId,
  'vpc-id': ({ vpcId }) => vpcId,
  'private-ip-address': ({ privateIps }) => privateIps,
  'association.public-ip': ({ associations }) => [...associations.values()].map(({ publicIp }) => publicIp),
  'association.allocation-id': ({ associations }) =>
    [...associations.values()].flatMap(({ elastic }) => elastic?.allocationId ?? []),
};
