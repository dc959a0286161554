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
import { applyFilters, type FilterFields } from './ec2-filters.ts';
import { describeImages, type Images } from './ec2-images.ts';
import type { Instance, Instances } from './ec2-instances.ts';
import { byText, pageOf } from './pagination.ts';
import { operation, type Service } from './service.ts';
import type { World } from './world.ts';

/** Amazon EC2, as far as instances, their tags and images go. */
export function createEc2(world: World, instances: Instances, images: Images): Service {
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
        (input) => findInstances(world, instances, input),
      ),
      DescribeImages: describeImages(images, world),
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
  world: World,
  instances: Instances,
  input: DescribeInstancesCommandInput,
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
      OwnerId: world.accountId,
      Instances: [describeInstance(world, instance)],
    })),
    NextToken: nextToken,
  };
}

const instanceFields: FilterFields<Instance> = {
  'instance-id': ({ id }) => id,
  'instance-state-name': ({ state }) => state,
  'instance-state-code': ({ state }) => String(stateCodes[state]),
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

const stateCodes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 };

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

function describeInstance({ partition, accountId }: World, instance: Instance): DescribedInstance {
  // A terminated instance has no place in the network any more.
  const network =
    instance.state === 'terminated'
      ? {}
      : { PrivateIpAddress: instance.privateIp, SubnetId: instance.subnetId, VpcId: instance.vpcId };
  const { operator } = instance;
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    State: { Code: stateCodes[instance.state], Name: instance.state },
    PrivateDnsName: instance.state === 'terminated' ? '' : instance.privateDnsName,
    ...network,
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
    Architecture: instance.architecture,
    PlatformDetails: instance.windows ? 'Windows' : 'Linux/UNIX',
    IamInstanceProfile: {
      Arn: `arn:${partition}:iam::${accountId}:instance-profile/${instance.roleName}`,
    },
    Tags: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
    Operator:
      operator === undefined ? { Managed: false } : { Managed: true, Principal: operator, HiddenByDefault: true },
  };
}
