import type { EC2Client, ImageMetadata } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from './described-instance.ts';
import { type HostSystem, hostSystemOf } from './host-system.ts';
import { readImageMetadata } from './image-metadata.ts';
import { type Owner, ownerOf, WORKER_TAGS } from './worker.ts';

/** Who owns a host, and the AMI and the operating system that it runs. */
export interface Host {
  /** Absent for an instance that is no worker. */
  readonly owner?: Owner;
  /** Set while EC2 has it stopped, as in the warm pool of a group. */
  readonly isStopped?: true;
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
  /** How the owner of the AMI has withdrawn it: nobody launches another host from it. Absent where EC2 tells of none. */
  readonly withdrawn?: 'deregistered' | 'disabled';
}

/**
 * What every host runs, by instance id, even where its AMI is gone or belongs to another account.
 *
 * @param now epoch milliseconds
 * @param pages how many pages of a thousand AMIs are read at most. Of hosts beyond these, the AMI has no name.
 */
export async function readHosts(
  ec2: EC2Client,
  instances: Iterable<DescribedInstance>,
  now: number,
  pages = Number.POSITIVE_INFINITY,
): Promise<Map<string, Host>> {
  const metadata = await readImageMetadata(ec2, { Name: 'tag-key', Values: [...WORKER_TAGS] }, pages);
  return new Map(
    [...instances].map((instance) => {
      const { InstanceId = '' } = instance;
      return [InstanceId, hostOf(instance, metadata.get(InstanceId), now)];
    }),
  );
}

function hostOf(instance: DescribedInstance, image: ImageMetadata | undefined, now: number): Host {
  const { Name = '', ImageOwnerAlias, CreationDate, DeprecationTime, State } = image ?? {};
  const deprecatedAt = timeOf(DeprecationTime);
  const owner = ownerOf(instance);
  return {
    ...(owner !== undefined && { owner }),
    ...(STOPPED.has(instance.State?.Name ?? '') && { isStopped: true as const }),
    launchedAt: instance.LaunchTime?.getTime(),
    imageId: image?.ImageId ?? instance.ImageId ?? '',
    name: Name,
    system: hostSystemOf({ name: Name, isAmazons: ImageOwnerAlias === 'amazon', platform: instance.PlatformDetails }),
    createdAt: timeOf(CreationDate),
    isDeprecated: image === undefined ? undefined : deprecatedAt !== undefined && deprecatedAt <= now,
    isAllowed: image === undefined ? undefined : image.ImageAllowed !== false,
    ...((State === 'deregistered' || State === 'disabled') && { withdrawn: State }),
  };
}

const STOPPED: ReadonlySet<string> = new Set(['stopping', 'stopped']);

function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** The name of a host's AMI, or its id where EC2 does not tell the name, with what speaks against the AMI. */
export function imageNameOf({ name, imageId, isDeprecated, isAllowed, withdrawn }: Host): string {
  const remarks = [
    ...(withdrawn === undefined ? [] : [withdrawn]),
    ...(isDeprecated ? ['deprecated'] : []),
    ...(isAllowed === false ? ['not allowed'] : []),
  ];
  return `${name || imageId}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`;
}

/** The different AMIs that hosts run, the oldest first, with how many run each. */
export const imagesOf = <H extends Host>(hosts: readonly H[]): Array<{ readonly image: H; readonly workers: number }> =>
  [...Map.groupBy(hosts, ({ imageId }) => imageId).values()]
    .flatMap((same) => same.slice(0, 1).map((image) => ({ image, workers: same.length })))
    .toSorted((one, other) => (one.image.createdAt ?? 0) - (other.image.createdAt ?? 0));

/** The owner of a group of hosts. A member that has left its Auto Scaling group does not speak for the others. */
export const ownerOfGroup = (hosts: readonly Host[]): Owner | undefined =>
  hosts.find(({ owner }) => owner !== 'stray')?.owner ?? hosts[0]?.owner;
