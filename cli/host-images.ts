import {
  type EC2Client,
  type Instance,
  type InstanceImageMetadata,
  paginateDescribeInstanceImageMetadata,
} from '@aws-sdk/client-ec2';
import { WORKER_TAGS } from '../functions/review-actions/workers.ts';
import { readLifecycleStates } from '../functions/shared/fleet/lifecycle.ts';
import { type Ownership, workerOf } from '../functions/shared/fleet/worker.ts';
import { spanOf } from './age.ts';
import type { Clients } from './clients.ts';
import { type HostSystem, hostSystemOf } from './host-system.ts';

const LARGEST_PAGE = 1_000;

/** The AMI and the operating system that a host runs, and who manages the host. */
export interface HostImage {
  readonly ownership: Ownership | undefined;
  /** Epoch milliseconds. */
  readonly launchedAt: number | undefined;
  readonly imageId: string;
  /** Empty where EC2 does not tell the name of the AMI. */
  readonly name: string;
  readonly system: HostSystem;
  /** When the AMI was created, epoch milliseconds. */
  readonly createdAt: number | undefined;
  /** Whether the owner of the AMI has deprecated it by now; undefined where EC2 does not tell. */
  readonly isDeprecated: boolean | undefined;
  /** False where the account's Allowed AMIs setting forbids launching it again; undefined where EC2 does not tell. */
  readonly isAllowed: boolean | undefined;
  /** The host's state in its Auto Scaling group, such as `Warmed:Stopped`; undefined where it is in none. */
  readonly lifecycleState: string | undefined;
}

/** The AMI of every host, by instance id, even where the AMI is gone or belongs to another account. */
export async function readHostImages(
  { ec2, autoScaling }: Pick<Clients, 'ec2' | 'autoScaling'>,
  workers: ReadonlyMap<string, Instance>,
  now: number,
): Promise<Map<string, HostImage>> {
  const [metadata, lifecycleStates] = await Promise.all([
    readMetadata(ec2),
    readLifecycleStates(autoScaling, [...workers.values()]),
  ]);
  return new Map(
    [...workers].map(([id, instance]) => [id, hostOf(instance, metadata.get(id), lifecycleStates.get(id), now)]),
  );
}

/**
 * What EC2 tells of the AMIs of instances, by instance id. EC2 leaves out instances that AWS manages, such as those of
 * EKS Auto Mode.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceImageMetadata.html
 */
async function readMetadata(ec2: EC2Client): Promise<Map<string, InstanceImageMetadata>> {
  const found = new Map<string, InstanceImageMetadata>();
  const config = { client: ec2, pageSize: LARGEST_PAGE };
  const input = { Filters: [{ Name: 'tag-key', Values: WORKER_TAGS }] };
  for await (const { InstanceImageMetadata = [] } of paginateDescribeInstanceImageMetadata(config, input)) {
    for (const each of InstanceImageMetadata) if (each.InstanceId !== undefined) found.set(each.InstanceId, each);
  }
  return found;
}

function hostOf(
  instance: Instance,
  metadata: InstanceImageMetadata | undefined,
  lifecycleState: string | undefined,
  now: number,
): HostImage {
  const { ImageMetadata: image } = metadata ?? {};
  const { Name = '', ImageOwnerAlias, CreationDate, DeprecationTime } = image ?? {};
  const deprecatedAt = timeOf(DeprecationTime);
  return {
    ownership: workerOf(instance)?.ownership,
    launchedAt: instance.LaunchTime?.getTime(),
    imageId: image?.ImageId ?? instance.ImageId ?? '',
    name: Name,
    system: hostSystemOf({ name: Name, isAmazons: ImageOwnerAlias === 'amazon', platform: instance.PlatformDetails }),
    createdAt: timeOf(CreationDate),
    isDeprecated: image === undefined ? undefined : deprecatedAt !== undefined && deprecatedAt <= now,
    isAllowed: image === undefined ? undefined : image.ImageAllowed !== false,
    lifecycleState,
  };
}

function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Column headings of {@link hostCells} and {@link groupCells}. */
export const HOST_HEADINGS = ['KIND', 'LAUNCHED', 'OS', 'AMI', 'AMI AGE'] as const;

/** The cells of a host in a table: who manages it, how long ago it was launched, its system, its AMI, and the age of that. */
export function hostCells(host: HostImage | undefined, now: number): string[] {
  if (host === undefined) return HOST_HEADINGS.map(() => '');
  const { ownership = '', launchedAt, system, createdAt } = host;
  return [ownership, ageOf(launchedAt, now), system.os, nameOf(host), ageOf(createdAt, now)];
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
    [...new Set(images.map(({ system }) => system.os))].join(', '),
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
        ...(host.lifecycleState !== undefined && { lifecycleState: host.lifecycleState }),
        image: imageJson(host),
      };

/** The AMIs of a group in JSON, with stable names. */
export const groupJson = (hosts: readonly HostImage[]): object => ({
  ...(hosts[0]?.ownership !== undefined && { kind: hosts[0].ownership }),
  images: imagesOf(hosts).map(({ image, workers }) => ({ ...imageJson(image), workers })),
});

/** An AMI in JSON, with stable names. */
const imageJson = ({ imageId: id, name, system, createdAt, isDeprecated, isAllowed }: HostImage): object => ({
  id,
  name,
  ...system,
  ...(createdAt !== undefined && { createdAt: new Date(createdAt).toISOString() }),
  ...(isDeprecated !== undefined && { deprecated: isDeprecated }),
  ...(isAllowed !== undefined && { allowed: isAllowed }),
});

const ageOf = (at: number | undefined, now: number): string => (at === undefined ? '' : spanOf(now - at));

function nameOf({ name, imageId, isDeprecated, isAllowed }: HostImage): string {
  const remarks = [...(isDeprecated ? ['deprecated'] : []), ...(isAllowed === false ? ['not allowed'] : [])];
  return `${name || imageId}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`;
}
