import type { EC2Client, ImageMetadata, Instance } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { readImageMetadata } from '../fleet/image-metadata.ts';
import { describeImages } from '../fleet/images.ts';
import { EXISTING, filtersOf, instancePages } from '../fleet/instances.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { imageOf } from './read-wanted-images.ts';
import type { MachineImage } from './wanted-image.ts';

/** The state of an AMI that is available to others. */
const HIDDEN = 'hidden from this account';

/**
 * The AMIs that hosts run, by id. EC2 describes no AMI that was deregistered, is not shared any more, or is none of
 * those that the account allows. What runs it still tells what it is: the instance its architecture and devices,
 * DescribeInstanceImageMetadata all else. An AMI that no instance runs either is missing. Sources: EC2 API reference,
 * DescribeImages and DescribeInstanceImageMetadata.
 */
export async function readRunningImages(
  ec2: EC2Client,
  imageIds: readonly string[],
): Promise<Map<string, MachineImage>> {
  const described = [...(await describeImages(ec2, imageIds)).values()].flatMap((image) => imageOf(image) ?? []);
  const known = new Map(described.map((image) => [image.imageId, image]));
  const missing = [...new Set(imageIds)].filter((id) => !known.has(id));
  const hosts = await pMap(missing, (imageId) => oneHostOf(ec2, imageId), { concurrency: READ_CONCURRENCY });
  const ids = hosts.flatMap((host) => host?.InstanceId ?? []);
  const metadata = await readMetadata(ec2, ids);
  for (const host of hosts) {
    const image = host && imageOfHost(host, metadata.get(host.InstanceId ?? ''));
    if (image !== undefined) known.set(image.imageId, image);
  }
  return known;
}

/** An instance that runs an AMI. One is enough, so a page is as small as EC2 lets it be. */
async function oneHostOf(ec2: EC2Client, imageId: string): Promise<Instance | undefined> {
  for await (const [host] of instancePages(ec2, [{ Name: 'image-id', Values: [imageId] }, EXISTING], 5)) {
    if (host !== undefined) return host;
  }
  return undefined;
}

async function readMetadata(ec2: EC2Client, instanceIds: readonly string[]): Promise<Map<string, ImageMetadata>> {
  const found = new Map<string, ImageMetadata>();
  for (const filter of filtersOf('instance-id', instanceIds)) {
    for (const [id, metadata] of await readImageMetadata(ec2, filter)) found.set(id, metadata);
  }
  return found;
}

/** The AMI of an instance as the two tell of it; undefined where the metadata is of another one, or not there. */
function imageOfHost(host: Instance, metadata: ImageMetadata | undefined): MachineImage | undefined {
  if (metadata === undefined || metadata.ImageId !== host.ImageId) return undefined;
  const { State } = metadata;
  const image = imageOf({
    ...metadata,
    Architecture: host.Architecture,
    PlatformDetails: host.PlatformDetails,
    RootDeviceName: host.RootDeviceName,
    RootDeviceType: host.RootDeviceType,
    VirtualizationType: host.VirtualizationType,
  });
  return image && { ...image, state: State === undefined || State === 'available' ? HIDDEN : State };
}
