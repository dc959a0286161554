import { type EC2Client, type Filter, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { filtersOf } from './instances.ts';

/**
 * Reads AMIs by id. The ids are passed as a filter, so that a deleted AMI is merely missing, whereas one in `ImageIds`
 * would fail the call. By default a filter does not find deprecated AMIs; public AMIs are deprecated two years after
 * their creation, while instances still run them. AMIs that their owner has disabled are asked for as well: no host is
 * launched from them any more, and those that run them are to be moved. A list ends with its last token: where there are
 * filters, EC2 may return an empty page before others, and an AMI that is merely on the next one would count as deleted.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html
 */
export async function describeImages(ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, Image>> {
  const found = new Map<string, Image>();
  const describe = async (filter: Filter): Promise<void> => {
    const asked = { Filters: [filter], IncludeDeprecated: true, IncludeDisabled: true };
    for await (const { Images = [] } of paginateDescribeImages({ client: ec2 }, asked)) {
      for (const image of Images) found.set(image.ImageId ?? '', image);
    }
  };
  await pMap(filtersOf('image-id', [...new Set(imageIds)]), describe, { concurrency: READ_CONCURRENCY });
  return found;
}
