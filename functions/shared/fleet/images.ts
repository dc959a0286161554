import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { filtersOf } from './instances.ts';

/**
 * AMIs by id. The ids go into a filter: an AMI that is gone is missing from the answer then, whereas `ImageIds` would refuse
 * all of them. A filter does not find deprecated AMIs by itself, and public ones are deprecated two years after their
 * creation, while instances go on running them.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
 */
export async function describeImages(ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, Image>> {
  const answers = await pMap(
    filtersOf('image-id', [...new Set(imageIds)]),
    (filter) => ec2.send(new DescribeImagesCommand({ Filters: [filter], IncludeDeprecated: true })),
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(answers.flatMap(({ Images = [] }) => Images.map((image) => [image.ImageId ?? '', image])));
}
