import {
  type Address,
  AssociateAddress$,
  type AssociateAddressCommandInput,
  type AssociateAddressCommandOutput,
  DescribeAddresses$,
  type DescribeAddressesCommandInput,
  type DescribeAddressesCommandOutput,
  DisassociateAddress$,
  type DisassociateAddressCommandInput,
  type DisassociateAddressCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { ElasticAddress } from './addresses.ts';
import { applyFilters, type FilterFields } from './filters.ts';
import { changeableInterface } from './network-interface-operations.ts';
import { arnOf, permissionOn } from './resources.ts';
import { describedTags, existingOne, namedOnes } from './search.ts';
import type { Ec2State } from './state.ts';
import { trailOfAssociation } from './trail.ts';

const NOT_FOUND = ['InvalidAllocationID', 'allocation ID'] as const;

/** Describes, associates and disassociates Elastic IP addresses. */
export function addressOperations(state: Ec2State): Record<string, Operation> {
  const { addresses } = state.networks;
  return {
    DescribeAddresses: operation<DescribeAddressesCommandInput, DescribeAddressesCommandOutput>(
      DescribeAddresses$,
      ['AllocationIds', 'Filters'],
      ({ AllocationIds, Filters }) => {
        const id = ({ allocationId }: ElasticAddress) => allocationId;
        const named = namedOnes(addresses.list(), id, AllocationIds, ...NOT_FOUND);
        const found = applyFilters(named, Filters, addressFields(state), ({ tags }) => tags);
        return { Addresses: found.map((address) => describe(state, address)) };
      },
    ),
    AssociateAddress: operation<AssociateAddressCommandInput, AssociateAddressCommandOutput>(
      AssociateAddress$,
      ['AllocationId', 'NetworkInterfaceId', 'PrivateIpAddress', 'AllowReassociation'],
      ({ AllocationId, NetworkInterfaceId, PrivateIpAddress, AllowReassociation = false }, context) => {
        if (AllocationId === undefined || NetworkInterfaceId === undefined) {
          const missing = AllocationId === undefined ? 'allocationId' : 'networkInterfaceId';
          throw new AwsError('MissingParameter', `The request must contain the parameter ${missing}`);
        }
        const address = existingOne(addresses.get(AllocationId), AllocationId, ...NOT_FOUND);
        const to = changeableInterface(state, NetworkInterfaceId);
        const privateIp = PrivateIpAddress ?? to.privateIps[0];
        if (!to.privateIps.includes(privateIp)) {
          const message = `Invalid value '${privateIp}' for privateIpAddress: it is not an address of ${to.id}.`;
          throw new AwsError('InvalidParameterValue', message);
        }
        const there = to.associations.get(privateIp)?.elastic;
        if (there?.allocationId === AllocationId) return { AssociationId: there.associationId };
        const elsewhere = addresses.associationOf(AllocationId)?.associationId;
        if (!AllowReassociation && elsewhere !== undefined) {
          throw alreadyAssociated(AllocationId, elsewhere);
        }
        if (!AllowReassociation && there !== undefined) throw alreadyAssociated(to.id, there.associationId);
        const associationId = addresses.associate(address, to, privateIp);
        state.cloudTrail.called(context, trailOfAssociation(AllocationId, to, privateIp, associationId));
        return { AssociationId: associationId };
      },
      ({ AllocationId = '', NetworkInterfaceId = '' }) =>
        [AllocationId, NetworkInterfaceId].map((id) => permissionOn(state, 'AssociateAddress', id)),
    ),
    DisassociateAddress: operation<DisassociateAddressCommandInput, DisassociateAddressCommandOutput>(
      DisassociateAddress$,
      ['AssociationId'],
      ({ AssociationId }) => {
        if (AssociationId === undefined) {
          throw new AwsError('MissingParameter', 'The request must contain the parameter associationId');
        }
        const found = addresses.association(AssociationId);
        addresses.disassociate(existingOne(found, AssociationId, 'InvalidAssociationID', 'association ID'));
        return {};
      },
      ({ AssociationId = '' }) => {
        const found = addresses.association(AssociationId);
        const allocationId = found?.interface.associations.get(found.privateIp)?.elastic?.allocationId;
        return [
          found === undefined
            ? { action: 'ec2:DisassociateAddress', resource: arnOf(state, 'network-interface', '*') }
            : permissionOn(state, 'DisassociateAddress', found.interface.id),
          ...(allocationId === undefined ? [] : [permissionOn(state, 'DisassociateAddress', allocationId)]),
        ];
      },
    ),
  };
}

const alreadyAssociated = (resource: string, associationId: string): AwsError =>
  new AwsError(
    'Resource.AlreadyAssociated',
    `resource ${resource} is already associated with associate-id ${associationId}`,
  );

function describe({ world, networks }: Ec2State, { allocationId, publicIp, tags }: ElasticAddress): Address {
  const association = networks.addresses.associationOf(allocationId);
  return {
    AllocationId: allocationId,
    PublicIp: publicIp,
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: world.region,
    Domain: 'vpc',
    ...(association !== undefined && {
      AssociationId: association.associationId,
      NetworkInterfaceId: association.interface.id,
      NetworkInterfaceOwnerId: world.accountId,
      InstanceId: association.interface.attachment.instanceId,
      PrivateIpAddress: association.privateIp,
    }),
    Tags: describedTags(tags),
  };
}

function addressFields({ networks }: Ec2State): FilterFields<ElasticAddress> {
  const at = ({ allocationId }: ElasticAddress) => networks.addresses.associationOf(allocationId);
  return {
    'allocation-id': ({ allocationId }) => allocationId,
    'public-ip': ({ publicIp }) => publicIp,
    'association-id': (address) => at(address)?.associationId,
    'instance-id': (address) => at(address)?.interface.attachment.instanceId,
    'network-interface-id': (address) => at(address)?.interface.id,
    'private-ip-address': (address) => at(address)?.privateIp,
  };
}
