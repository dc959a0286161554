import {
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  type EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { filtersOf } from './instances.ts';

/**
 * AMIs by id. They are asked for by a filter: one that is gone is missing then, where its id alone would have all refused.
 *
 * @param more whether those count that their owner has deprecated
 */
export async function describeImages(
  ec2: EC2Client,
  imageIds: readonly string[],
  more: Pick<DescribeImagesCommandInput, 'IncludeDeprecated'> = {},
): Promise<Map<string, Image>> {
  const answers = await pMap(
    filtersOf('image-id', [...new Set(imageIds)]),
    (filter) => ec2.send(new DescribeImagesCommand({ Filters: [filter], ...more })),
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(answers.flatMap(({ Images = [] }) => Images.map((image) => [image.ImageId ?? '', image])));
}
