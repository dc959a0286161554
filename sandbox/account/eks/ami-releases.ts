import { createHash } from 'node:crypto';
import { type AmiType, imageName } from './ami-types.ts';

/** One AMI that AWS published for one Kubernetes version and one AMI type. */
export interface AmiRelease {
  readonly kubernetesVersion: string;
  readonly amiType: AmiType;
  readonly releaseVersion: string;
  /** When it was published, epoch ms. */
  readonly at: number;
  /** When AWS withdrew it, epoch ms. */
  readonly withdrawnAt?: number;
  /** The interval, in hours, at which the public parameters return the previous release for one hour. */
  readonly stepsBackEvery?: number;
}

/** A release with its image. */
export interface PublishedRelease extends AmiRelease {
  readonly imageId: string;
  readonly imageName: string;
}

/** All releases of the whole run, queried for a given time. */
export class AmiReleases {
  readonly #region: string;
  readonly #byPair = new Map<string, PublishedRelease[]>();
  readonly #byImageId = new Map<string, PublishedRelease>();

  constructor(region: string) {
    this.#region = region;
  }

  /** Adds a release. Returns false for one that exists already. */
  add(release: AmiRelease): boolean {
    const { kubernetesVersion, amiType, releaseVersion } = release;
    if (this.find(kubernetesVersion, amiType, releaseVersion) !== undefined) return false;
    const name = imageName(amiType, kubernetesVersion, releaseVersion);
    const published = { ...release, imageName: name, imageId: imageIdOf(this.#region, name) };
    const key = pairKey(kubernetesVersion, amiType);
    const releases = [...(this.#byPair.get(key) ?? []), published];
    this.#byPair.set(
      key,
      releases.sort((a, b) => a.at - b.at),
    );
    this.#byImageId.set(published.imageId, published);
    return true;
  }

  /** The (Kubernetes version, AMI type) pairs that have a release at any time. */
  pairs(): Array<{ kubernetesVersion: string; amiType: AmiType }> {
    return [...this.#byPair.values()].flatMap((releases) => releases.slice(0, 1));
  }

  find(kubernetesVersion: string, amiType: AmiType, releaseVersion: string): PublishedRelease | undefined {
    return this.#byPair
      .get(pairKey(kubernetesVersion, amiType))
      ?.find((release) => release.releaseVersion === releaseVersion);
  }

  /** Every release of a pair, including future and withdrawn ones, oldest first. */
  history(kubernetesVersion: string, amiType: AmiType): readonly PublishedRelease[] {
    return this.#byPair.get(pairKey(kubernetesVersion, amiType)) ?? [];
  }

  /** The releases of a pair that are published and not withdrawn at `now` (epoch ms), oldest first. */
  offered(kubernetesVersion: string, amiType: AmiType, now: number): PublishedRelease[] {
    const releases = this.history(kubernetesVersion, amiType);
    return releases.filter(({ at, withdrawnAt = Number.POSITIVE_INFINITY }) => at <= now && now < withdrawnAt);
  }

  /** The release in the public parameters at `now` (epoch ms): the newest on offer. */
  latest(kubernetesVersion: string, amiType: AmiType, now: number): PublishedRelease | undefined {
    return this.offered(kubernetesVersion, amiType, now).findLast((release) => !isSteppedBack(release, now));
  }

  byImageId(imageId: string): PublishedRelease | undefined {
    return this.#byImageId.get(imageId);
  }

  /** All images published at `now` (epoch ms). The image of a withdrawn release stays, because it can still run. */
  images(now: number): PublishedRelease[] {
    return [...this.#byImageId.values()].filter(({ at }) => at <= now);
  }
}

const HOUR_MS = 3_600_000;

const isSteppedBack = ({ at, stepsBackEvery }: AmiRelease, now: number): boolean =>
  stepsBackEvery !== undefined && (Math.floor((now - at) / HOUR_MS) + 1) % stepsBackEvery === 0;

const pairKey = (kubernetesVersion: string, amiType: AmiType): string => `${kubernetesVersion}/${amiType}`;

/** The same image has the same id in every run, and different ids in different regions, as in AWS. */
function imageIdOf(region: string, name: string): string {
  return `ami-0${createHash('sha256').update(`${region}/${name}`).digest('hex').slice(0, 16)}`;
}
