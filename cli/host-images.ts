import { type EC2Client, paginateDescribeInstanceImageMetadata } from '@aws-sdk/client-ec2';
import { WORKER_TAGS } from '../functions/review-actions/workers.ts';
import { type Ownership, workerOf } from '../functions/shared/fleet/worker.ts';
import { spanOf } from './age.ts';

const LARGEST_PAGE = 1_000;

/** The AMI that a host runs, and who manages the host. */
export interface HostImage {
  readonly ownership: Ownership | undefined;
  /** Epoch milliseconds. */
  readonly launchedAt: number | undefined;
  readonly imageId: string;
  /** Empty where EC2 no longer knows the AMI. */
  readonly name: string;
  /** When the AMI was created, epoch milliseconds. */
  readonly createdAt: number | undefined;
  /** Whether the owner of the AMI has deprecated it by now. */
  readonly isDeprecated: boolean;
  /** False where the account's Allowed AMIs setting forbids launching it again. */
  readonly isAllowed: boolean;
}

/**
 * The AMI of every host, by instance id, even where the AMI is gone or belongs to another account. EC2 leaves out
 * instances that AWS manages, such as those of EKS Auto Mode.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceImageMetadata.html
 */
export async function readHostImages(ec2: EC2Client, now: number): Promise<Map<string, HostImage>> {
  const hosts = new Map<string, HostImage>();
  const config = { client: ec2, pageSize: LARGEST_PAGE };
  const input = { Filters: [{ Name: 'tag-key', Values: WORKER_TAGS }] };
  for await (const { InstanceImageMetadata = [] } of paginateDescribeInstanceImageMetadata(config, input)) {
    for (const { InstanceId, Tags, LaunchTime, ImageMetadata = {} } of InstanceImageMetadata) {
      if (InstanceId === undefined) continue;
      const { ImageId = '', Name = '', CreationDate, DeprecationTime, ImageAllowed } = ImageMetadata;
      const deprecatedAt = timeOf(DeprecationTime);
      hosts.set(InstanceId, {
        ownership: workerOf({ Tags })?.ownership,
        launchedAt: LaunchTime?.getTime(),
        imageId: ImageId,
        name: Name,
        createdAt: timeOf(CreationDate),
        isDeprecated: deprecatedAt !== undefined && deprecatedAt <= now,
        isAllowed: ImageAllowed !== false,
      });
    }
  }
  return hosts;
}

function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Column headings of {@link hostCells} and {@link groupCells}. */
export const HOST_HEADINGS = ['KIND', 'LAUNCHED', 'AMI', 'AMI AGE'] as const;

/** The cells of a host in a table: who manages it, how long ago it was launched, its AMI, and the age of that AMI. */
export function hostCells(host: HostImage | undefined, now: number): string[] {
  if (host === undefined) return ['', '', '', ''];
  return [host.ownership ?? '', ageOf(host.launchedAt, now), nameOf(host), ageOf(host.createdAt, now)];
}

/** The different AMIs that hosts run, the oldest first, with how many run each. */
const imagesOf = (hosts: readonly HostImage[]): Array<{ readonly image: HostImage; readonly workers: number }> =>
  [...Map.groupBy(hosts, ({ imageId }) => imageId).values()]
    .flatMap((same) => same.slice(0, 1).map((image) => ({ image, workers: same.length })))
    .toSorted((one, other) => (one.image.createdAt ?? 0) - (other.image.createdAt ?? 0));

/** The cells of a group in a table: its oldest host, and each different AMI that its hosts run, the oldest first. */
export function groupCells(hosts: readonly HostImage[], now: number): string[] {
  const images = imagesOf(hosts).map(({ image }) => image);
  const launches = hosts.flatMap(({ launchedAt }) => launchedAt ?? []);
  const oldest = launches.length === 0 ? undefined : Math.min(...launches);
  return [
    hosts[0]?.ownership ?? '',
    ageOf(oldest, now),
    images.map(nameOf).join(', '),
    ageOf(images[0]?.createdAt, now),
  ];
}

/** A host in JSON, with stable names; empty where EC2 returned nothing about it. */
export const hostJson = (host: HostImage | undefined): object =>
  host === undefined
    ? {}
    : {
        ...(host.ownership !== undefined && { kind: host.ownership }),
        ...(host.launchedAt !== undefined && { launchedAt: new Date(host.launchedAt).toISOString() }),
        image: imageJson(host),
      };

/** The AMIs of a group in JSON, with stable names. */
export const groupJson = (hosts: readonly HostImage[]): object => ({
  ...(hosts[0]?.ownership !== undefined && { kind: hosts[0].ownership }),
  images: imagesOf(hosts).map(({ image, workers }) => ({ ...imageJson(image), workers })),
});

/** An AMI in JSON, with stable names. */
const imageJson = ({ imageId: id, name, createdAt, isDeprecated, isAllowed }: HostImage): object => ({
  id,
  name,
  ...(createdAt !== undefined && { createdAt: new Date(createdAt).toISOString() }),
  deprecated: isDeprecated,
  allowed: isAllowed,
});

const ageOf = (at: number | undefined, now: number): string => (at === undefined ? '' : spanOf(now - at));

function nameOf({ name, imageId, isDeprecated, isAllowed }: HostImage): string {
  const remarks = [...(isDeprecated ? ['deprecated'] : []), ...(isAllowed ? [] : ['not allowed'])];
  return `${name || imageId}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`;
}
