import {
  type Instance as DescribedInstance,
  DescribeInstanceAttribute$,
  type DescribeInstanceAttributeCommandInput,
  type DescribeInstanceAttributeCommandOutput,
  DescribeInstances$,
  type DescribeInstancesCommandInput,
  type DescribeInstancesCommandOutput,
  type InstanceStateName,
  ModifyInstanceAttribute$,
  type ModifyInstanceAttributeCommandInput,
  type ModifyInstanceAttributeCommandOutput,
  ModifyInstanceMetadataOptions$,
  type ModifyInstanceMetadataOptionsCommandInput,
  type ModifyInstanceMetadataOptionsCommandOutput,
  TerminateInstances$,
  type TerminateInstancesCommandInput,
  type TerminateInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { type Operation, operation } from '../service.ts';
import { describeInstance, instanceStateCodes } from './descriptions.ts';
import { changeable, existingInstance } from './existing-instance.ts';
import { applyFilters, type FilterFields } from './filters.ts';
import type { Instance, Instances } from './instances.ts';
import { permissionOn } from './resources.ts';
import type { Ec2State } from './state.ts';

/**
 * Refuses what EC2 refuses of metadata options. The sources are two texts of the user guide, "Modify instance metadata
 * options for existing instances": "When you specify a value for HttpTokens, you must also set HttpEndpoint to enabled",
 * and "an attempt to set httpTokens to optional will result in an UnsupportedOperation exception".
 *
 * @throws AwsError
 */
function refuseMetadataOptions({ metadataDefaults }: Ec2State, tokens: string, endpoint: string | undefined): void {
  if (endpoint !== 'enabled') {
    throw new AwsError('InvalidParameterCombination', 'HttpTokens can only be set with HttpEndpoint enabled.');
  }
  if (tokens === 'optional' && metadataDefaults.httpTokensEnforced) {
    const message = "You can't enable IMDSv1 because httpTokensEnforced is enabled for this account.";
    throw new AwsError('UnsupportedOperation', message);
  }
}

/** Describes, protects and terminates instances. */
export function instanceOperations(state: Ec2State): Record<string, Operation> {
  const { world, instances, networks, iam } = state;
  const terminations = world.random.fork('ec2-terminations');
  return {
    DescribeInstances: operation<DescribeInstancesCommandInput, DescribeInstancesCommandOutput>(
      DescribeInstances$,
      ['InstanceIds', 'Filters', 'MaxResults', 'NextToken', 'IncludeManagedResources'],
      (input) => {
        const describe = (instance: Instance) => describeInstance(world, instance, networks, iam);
        return findInstances(instances, input, describe, world.accountId);
      },
    ),
    DescribeInstanceAttribute: operation<DescribeInstanceAttributeCommandInput, DescribeInstanceAttributeCommandOutput>(
      DescribeInstanceAttribute$,
      ['InstanceId', 'Attribute'],
      ({ InstanceId = '', Attribute }) => {
        const { id, disableApiTermination } = existingInstance(instances, InstanceId);
        if (Attribute !== 'disableApiTermination') throw new NotImplemented(`the instance attribute ${Attribute}`);
        return { InstanceId: id, DisableApiTermination: { Value: disableApiTermination } };
      },
      ({ InstanceId = '' }) => [permissionOn(state, 'DescribeInstanceAttribute', InstanceId)],
    ),
    ModifyInstanceAttribute: operation<ModifyInstanceAttributeCommandInput, ModifyInstanceAttributeCommandOutput>(
      ModifyInstanceAttribute$,
      ['InstanceId', 'DisableApiTermination'],
      ({ InstanceId = '', DisableApiTermination }) => {
        const instance = changeable(existingInstance(instances, InstanceId));
        if (DisableApiTermination?.Value === undefined) {
          throw new AwsError('InvalidParameterCombination', 'No attributes specified.');
        }
        // Not supported for Spot Instances: EC2 user guide, "Change instance termination protection".
        if (instance.spot === true) {
          const message = "The operation 'modifyInstanceAttribute' is not supported for Spot Instances.";
          throw new AwsError('UnsupportedOperation', message);
        }
        instance.disableApiTermination = DisableApiTermination.Value;
        return {};
      },
      ({ InstanceId = '' }) => [
        permissionOn(state, 'ModifyInstanceAttribute', InstanceId, { 'ec2:Attribute': 'DisableApiTermination' }),
      ],
    ),
    ModifyInstanceMetadataOptions: operation<
      ModifyInstanceMetadataOptionsCommandInput,
      ModifyInstanceMetadataOptionsCommandOutput
    >(
      ModifyInstanceMetadataOptions$,
      ['InstanceId', 'HttpTokens', 'HttpEndpoint'],
      ({ InstanceId = '', HttpTokens, HttpEndpoint }) => {
        const instance = changeable(existingInstance(instances, InstanceId));
        // Members that are not given keep their values. Source: EC2's API reference, ModifyInstanceMetadataOptions.
        if (HttpTokens === undefined) throw new AwsError('InvalidParameterCombination', 'No options specified.');
        refuseMetadataOptions(state, HttpTokens, HttpEndpoint);
        if (HttpEndpoint !== instance.metadataEndpoint) throw new NotImplemented('switching a metadata service on');
        if (instance.state === 'terminated' || instance.state === 'shutting-down') {
          const message = `The instance '${instance.id}' is not in a state from which its metadata options can be modified.`;
          throw new AwsError('IncorrectInstanceState', message);
        }
        instance.metadataTokens = HttpTokens;
        const { MetadataOptions } = describeInstance(world, instance, networks, iam);
        return { InstanceId, InstanceMetadataOptions: { ...MetadataOptions, State: 'pending' } };
      },
      ({ InstanceId = '' }) => [permissionOn(state, 'ModifyInstanceMetadataOptions', InstanceId)],
    ),
    TerminateInstances: operation<TerminateInstancesCommandInput, TerminateInstancesCommandOutput>(
      TerminateInstances$,
      ['InstanceIds'],
      ({ InstanceIds = [] }) => {
        const doomed = InstanceIds.map((id) => changeable(existingInstance(instances, id)));
        const kept = doomed.find(({ disableApiTermination }) => disableApiTermination);
        if (kept !== undefined) {
          const message = `The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
          throw new AwsError('OperationNotPermitted', message);
        }
        return {
          TerminatingInstances: doomed.map((instance) => {
            const before = instance.state;
            instances.terminate(instance, terminations.integer(20, 60) * 1000, () => {});
            const { id: InstanceId, state: after } = instance;
            return { InstanceId, PreviousState: stateOf(before), CurrentState: stateOf(after) };
          }),
        };
      },
      ({ InstanceIds = [] }) => InstanceIds.map((id) => permissionOn(state, 'TerminateInstances', id)),
    ),
  };
}

const stateOf = (Name: InstanceStateName) => ({ Code: instanceStateCodes[Name], Name });

function findInstances(
  instances: Instances,
  input: DescribeInstancesCommandInput,
  describe: (instance: Instance) => DescribedInstance,
  accountId: string,
): Omit<DescribeInstancesCommandOutput, '$metadata'> {
  const { InstanceIds, Filters, MaxResults, NextToken, IncludeManagedResources = false } = input;
  if (InstanceIds !== undefined && MaxResults !== undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > 1000)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    );
  }
  const named = InstanceIds?.map((id) => existingInstance(instances, id)) ?? instances.list();
  const shown = named.filter(({ operator }) => operator === undefined || IncludeManagedResources);
  const found = applyFilters(shown, Filters, instanceFields, ({ tags }) => tags);
  const id = (instance: Instance) => instance.id;
  const { items, nextToken } = pageOf(found.sort(byText(id)), id, MaxResults ?? 1000, NextToken, () => {
    return new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
  });
  return {
    Reservations: items.map((instance) => ({
      ReservationId: `r-${instance.id.slice(2)}`,
      OwnerId: accountId,
      Instances: [describe(instance)],
    })),
    NextToken: nextToken,
  };
}

const instanceFields: FilterFields<Instance> = {
  'instance-id': ({ id }) => id,
  'instance-state-name': ({ state }) => state,
  'instance-state-code': ({ state }) => String(instanceStateCodes[state]),
  'instance-type': ({ instanceType }) => instanceType,
  'image-id': ({ imageId }) => imageId,
  architecture: ({ architecture }) => architecture,
  'availability-zone': ({ availabilityZone }) => availabilityZone,
  'private-dns-name': ({ privateDnsName }) => privateDnsName,
  'private-ip-address': ({ privateIp }) => privateIp,
  'ip-address': ({ interfaces }) => interfaces[0]?.associations.get(interfaces[0].privateIps[0])?.publicIp,
  'subnet-id': ({ subnetId }) => subnetId,
  'vpc-id': ({ vpcId }) => vpcId,
  'instance.group-id': ({ interfaces }) => interfaces[0]?.securityGroupIds,
  'network-interface.network-interface-id': ({ interfaces }) => interfaces.map(({ id }) => id),
  'network-interface.addresses.association.public-ip': ({ interfaces }) =>
    interfaces.flatMap(({ associations }) => [...associations.values()].map(({ publicIp }) => publicIp)),
  'network-interface.ipv6-addresses.ipv6-address': ({ interfaces }) =>
    interfaces.flatMap(({ ipv6Addresses }) => ipv6Addresses.map(({ address }) => address)),
  'network-interface.vpc-id': ({ interfaces }) => interfaces.map(({ vpcId }) => vpcId),
  'network-interface.group-id': ({ interfaces }) => interfaces.flatMap(({ securityGroupIds }) => securityGroupIds),
  'operator.managed': ({ operator }) => String(operator !== undefined),
  'operator.principal': ({ operator }) => operator,
};
