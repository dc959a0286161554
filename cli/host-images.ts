import type { Instance } from '@aws-sdk/client-ec2';
import { type Host, imageNameOf, imagesOf, ownerOfGroup, readHosts } from '../functions/shared/fleet/hosts.ts';
import { isWarmed, readLifecycleStates } from '../functions/shared/fleet/lifecycle.ts';
import { spanOf } from './age.ts';
import type { Clients } from './clients.ts';

/** A host with its state in its Auto Scaling group. */
export interface HostImage extends Host {
  /** The host's state in its Auto Scaling group, such as `Warmed:Stopped`; undefined where it is in none. */
  readonly lifecycleState: string | undefined;
}

/** What every host runs, by instance id, and its state in its Auto Scaling group. */
export async function readHostImages(
  { ec2, autoScaling }: Pick<Clients, 'ec2' | 'autoScaling'>,
  workers: ReadonlyMap<string, Instance>,
  now: number,
): Promise<Map<string, HostImage>> {
  const [hosts, lifecycleStates] = await Promise.all([
    readHosts(ec2, workers.values(), now),
    readLifecycleStates(autoScaling, [...workers.values()]),
  ]);
  return new Map([...hosts].map(([id, host]) => [id, { ...host, lifecycleState: lifecycleStates.get(id) }]));
}

/** Column headings of {@link hostCells} and {@link groupCells}. */
export const HOST_HEADINGS = ['KIND', 'LAUNCHED', 'OS', 'AMI', 'AMI AGE'] as const;

/**
 * The cells of a host in a table: who owns it, how long ago it was launched, its system, its AMI, and the age of that.
 */
export function hostCells(host: HostImage | undefined, now: number): string[] {
  if (host === undefined) return HOST_HEADINGS.map(() => '');
  const { owner = '', launchedAt, system, createdAt } = host;
  return [owner, ageOf(launchedAt, now), system.os, imageNameOf(host), ageOf(createdAt, now)];
}

/** How many of the hosts run an AMI in the warm pool of their group: they are no nodes until a scale-out. */
const warmedWith = (hosts: readonly HostImage[], { imageId }: HostImage): number =>
  hosts.filter(({ imageId: own, lifecycleState = '' }) => own === imageId && isWarmed(lifecycleState)).length;

/**
 * The cells of a group in a table: its oldest host, and each different AMI that its hosts run, the oldest first, with
 * how many of these hosts are warmed.
 */
export function groupCells(hosts: readonly HostImage[], now: number): string[] {
  const images = imagesOf(hosts).map(({ image }) => image);
  const launches = hosts.flatMap(({ launchedAt }) => launchedAt ?? []);
  const oldest = launches.length === 0 ? undefined : Math.min(...launches);
  return [
    ownerOfGroup(hosts) ?? '',
    ageOf(oldest, now),
    [...new Set(images.map(({ system }) => system.os))].join(', '),
    images
      .map((image) => {
        const warmed = warmedWith(hosts, image);
        return `${imageNameOf(image)}${warmed === 0 ? '' : ` (${warmed} warmed)`}`;
      })
      .join(', '),
    ageOf(images[0]?.createdAt, now),
  ];
}

/** A host in JSON, with stable names; empty where EC2 returned nothing about it. */
export const hostJson = (host: HostImage | undefined): object =>
  host === undefined
    ? {}
    : {
        ...(host.owner !== undefined && { kind: host.owner }),
        ...(host.launchedAt !== undefined && { launchedAt: new Date(host.launchedAt).toISOString() }),
        ...(host.lifecycleState !== undefined && { lifecycleState: host.lifecycleState }),
        image: imageJson(host),
      };

/** The AMIs of a group in JSON, with stable names. */
export const groupJson = (hosts: readonly HostImage[]): object => ({
  ...(hosts.length > 0 && { kind: ownerOfGroup(hosts) }),
  images: imagesOf(hosts).map(({ image, workers }) => {
    const warmed = warmedWith(hosts, image);
    return { ...imageJson(image), workers, ...(warmed > 0 && { warmed }) };
  }),
});

/** An AMI in JSON, with stable names. */
const imageJson = ({
  imageId: id,
  name,
  system,
  createdAt,
  isDeprecated,
  isAllowed,
  withdrawn,
}: HostImage): object => ({
  id,
  name,
  ...system,
  ...(createdAt !== undefined && { createdAt: new Date(createdAt).toISOString() }),
  ...(isDeprecated !== undefined && { deprecated: isDeprecated }),
  ...(isAllowed !== undefined && { allowed: isAllowed }),
  ...(withdrawn !== undefined && { withdrawn }),
});

const ageOf = (at: number | undefined, now: number): string => (at === undefined ? '' : spanOf(now - at));
