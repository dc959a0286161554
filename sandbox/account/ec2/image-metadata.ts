import {
  DescribeInstanceImageMetadata$,
  type DescribeInstanceImageMetadataCommandInput,
  type DescribeInstanceImageMetadataCommandOutput,
  type Image,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import { instanceStateCodes } from './descriptions.ts';
import { type Instance, launchTimeOf } from './instance.ts';
import { describedTags, search } from './search.ts';
import type { Ec2State } from './state.ts';

const LARGEST_PAGE = 1000;

/** The AMI that each instance was launched from, even if the AMI itself is no longer visible. */
export function imageMetadataOperations({ world, instances, images }: Ec2State): Record<string, Operation> {
  const fields = {
    'instance-id': ({ id }: Instance) => id,
    'instance-state-name': ({ state }: Instance) => state,
    'instance-type': ({ instanceType }: Instance) => instanceType,
    'availability-zone': ({ availabilityZone }: Instance) => availabilityZone,
  };
  return {
    DescribeInstanceImageMetadata: operation<
      DescribeInstanceImageMetadataCommandInput,
      DescribeInstanceImageMetadataCommandOutput
    >(DescribeInstanceImageMetadata$, ['Filters', 'MaxResults', 'NextToken'], (input) => {
      const known = new Map(images.all().map((image) => [image.ImageId, image]));
      const visible = instances.list().filter(({ operator }) => operator === undefined);
      const { items, nextToken } = search(
        visible,
        ({ id }) => id,
        fields,
        ({ tags }) => tags,
        input,
        LARGEST_PAGE,
      );
      return {
        InstanceImageMetadata: items.map((instance) => ({
          InstanceId: instance.id,
          InstanceType: instance.instanceType,
          LaunchTime: launchTimeOf(instance),
          AvailabilityZone: instance.availabilityZone,
          State: { Name: instance.state, Code: instanceStateCodes[instance.state] },
          OwnerId: world.accountId,
          Tags: describedTags(instance.tags),
          ImageMetadata: metadataOf(instance.imageId, known.get(instance.imageId)),
        })),
        NextToken: nextToken,
      };
    }),
  };
}

const metadataOf = (imageId: string, image: Image | undefined) => ({
  ImageId: imageId,
  Name: image?.Name,
  OwnerId: image?.OwnerId,
  ImageOwnerAlias: image?.ImageOwnerAlias,
  State: image?.State,
  CreationDate: image?.CreationDate,
  DeprecationTime: image?.DeprecationTime,
  IsPublic: image?.Public,
  ImageAllowed: image?.ImageAllowed,
});
