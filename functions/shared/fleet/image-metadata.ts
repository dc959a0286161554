import {
  type EC2Client,
  type Filter,
  type ImageMetadata,
  paginateDescribeInstanceImageMetadata,
} from '@aws-sdk/client-ec2';

const LARGEST_PAGE = 1_000;

/**
 * What EC2 tells of the AMIs of instances, by instance id. EC2 leaves out instances that AWS manages, such as those of
 * EKS Auto Mode.
 *
 * @param pages how many pages of a thousand instances are read at most
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceImageMetadata.html
 */
export async function readImageMetadata(
  ec2: EC2Client,
  filter: Filter,
  pages = Number.POSITIVE_INFINITY,
): Promise<Map<string, ImageMetadata>> {
  const found = new Map<string, ImageMetadata>();
  let read = 0;
  const config = { client: ec2, pageSize: LARGEST_PAGE };
  for await (const page of paginateDescribeInstanceImageMetadata(config, { Filters: [filter] })) {
    // The tags of each instance come with its AMI. Memory does not hold them a second time.
    for (const { InstanceId = '', ImageMetadata } of page.InstanceImageMetadata ?? [])
      if (ImageMetadata !== undefined) found.set(InstanceId, ImageMetadata);
    read += 1;
    if (read >= pages) break;
  }
  return found;
}
