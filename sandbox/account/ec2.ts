import {
  CreateTags$,
  type CreateTagsCommandInput,
  type CreateTagsCommandOutput,
  DeleteTags$,
  type DeleteTagsCommandInput,
  type DeleteTagsCommandOutput,
  type Instance as DescribedInstance,
  DescribeInstances$,
  type DescribeInstancesCommandInput,
  type DescribeInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../wire/aws-error.ts';
import { describeInstance, instanceStateCodes } from './ec2-descriptions.ts';
import { applyFilters, type FilterFields } from './ec2-filters.ts';
import { describeImages, type Images } from './ec2-images.ts';
import type { Instance, Instances } from './ec2-instances.ts';
import type { Networks } from './ec2-network.ts';
import { networkOperations } from './ec2-network-operations.ts';
import type { Iam } from './iam-state.ts';
import { byText, pageOf } from './pagination.ts';
import { operation, type Service } from './service.ts';
import type { World } from './world.ts';

/** Amazon EC2, as far as instances, their tags, images and networks go. */
export function createEc2(world: World, instances: Instances, images: Images, networks: Networks, iam: Iam): Service {
  const tagPermissions = (action: string) => (input: { Resources: string[] | undefined }) =>
    (input.Resources ?? []).map((id) => ({
      action: `ec2:${action}`,
      resource: `arn:${world.partition}:ec2:${world.region}:${world.accountId}:instance/${id}`,
    }));
  return {
    signingName: 'ec2',
    iamPrefix: 'ec2',
    protocol: 'ec2-query',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    operations: {
      DescribeInstances: operation<DescribeInstancesCommandInput, DescribeInstancesCommandOutput>(
        DescribeInstances$,
        ['InstanceIds', 'Filters', 'MaxResults', 'NextToken', 'IncludeManagedResources'],
        (input) =>
          findInstances(
            instances,
            input,
            (instance) => describeInstance(world, instance, networks, iam),
            world.accountId,
          ),
      ),
      DescribeImages: describeImages(images, world),
      ...networkOperations(networks),
      CreateTags: operation<CreateTagsCommandInput, CreateTagsCommandOutput>(
        CreateTags$,
        ['Resources', 'Tags'],
        ({ Resources = [], Tags = [] }) => {
          const tagged = Resources.map((id) => existing(instances, id));
          for (const { Key = '' } of Tags) {
            if (Key.startsWith('aws:')) {
              throw new AwsError(
                'InvalidParameterValue',
                `Tag keys starting with 'aws:' are reserved for internal use`,
              );
            }
          }
          for (const { tags } of tagged) for (const { Key = '', Value = '' } of Tags) tags.set(Key, Value);
          return {};
        },
        tagPermissions('CreateTags'),
      ),
      DeleteTags: operation<DeleteTagsCommandInput, DeleteTagsCommandOutput>(
        DeleteTags$,
        ['Resources', 'Tags'],
        ({ Resources = [], Tags }) => {
          for (const { tags } of Resources.map((id) => existing(instances, id))) {
            const doomed = Tags ?? [...tags].map(([Key]) => ({ Key }));
            for (const tag of doomed) {
              const { Key = '', Value = undefined } = { Value: undefined, ...tag };
              // EC2 deletes a tag whose value is given only when it has that value.
              if (!Key.startsWith('aws:') && (Value === undefined || tags.get(Key) === Value)) tags.delete(Key);
            }
          }
          return {};
        },
        tagPermissions('DeleteTags'),
      ),
    },
  };
}

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
  const named = InstanceIds?.map((id) => existing(instances, id)) ?? instances.list();
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
  'subnet-id': ({ subnetId }) => subnetId,
  'vpc-id': ({ vpcId }) => vpcId,
  'operator.managed': ({ operator }) => String(operator !== undefined),
  'operator.principal': ({ operator }) => operator,
};

function existing(instances: Instances, id: string): Instance {
  if (!/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) {
    throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  }
  const instance = instances.get(id);
  if (instance === undefined) {
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
  }
  return instance;
}
