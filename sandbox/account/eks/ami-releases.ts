import { createHash } from 'node:crypto';
import { type AmiType, imageName } from './ami-types.ts';

/** One AMI that AWS published for one Kubernetes version and one AMI type. */
export interface AmiRelease {
  readonly kubernetesVersion: string;
  readonly amiType: AmiType;
  readonly releaseVersion: string;
  /** When it appeared, epoch ms. */
  readonly at: number;
  /** When AWS took it back, epoch ms. */
  readonly withdrawnAt?: number;
  /** Every so many hours the public parameters answer the release before, for an hour. */
  readonly stepsBackEvery?: number;
}

/** A release with the image that it is. */
export interface PublishedRelease extends AmiRelease {
  readonly imageId: string;
  readonly imageName: string;
}

/** Every release that the account will ever see, asked as of a moment. */
export class AmiReleases {
  readonly #region: string;
  readonly #byPair = new Map<string, PublishedRelease[]>();
  readonly #byImageId = new Map<string, PublishedRelease>();

  constructor(region: string) {
    this.#region = region;
  }

  /** Adds a release; a second one of the same name is refused with false. */
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

  /** Every release of a pair, those to come and those withdrawn among them, oldest first. */
  history(kubernetesVersion: string, amiType: AmiType): readonly PublishedRelease[] {
    return this.#byPair.get(pairKey(kubernetesVersion, amiType)) ?? [];
  }

  /** The releases of a pair that are out and not withdrawn at `now` (epoch ms), oldest first. */
  offered(kubernetesVersion: string, amiType: AmiType, now: number): PublishedRelease[] {
    const releases = this.history(kubernetesVersion, amiType);
    return releases.filter(({ at, withdrawnAt = Number.POSITIVE_INFINITY }) => at <= now && now < withdrawnAt);
  }

  /** What the public parameters name at `now` (epoch ms): the youngest release on offer. */
  latest(kubernetesVersion: string, amiType: AmiType, now: number): PublishedRelease | undefined {
    return this.offered(kubernetesVersion, amiType, now).findLast((release) => !isSteppedBack(release, now));
  }

  byImageId(imageId: string): PublishedRelease | undefined {
    return this.#byImageId.get(imageId);
  }

  /** All images that are out at `now` (epoch ms). A withdrawn release's image still runs, so it stays. */
  images(now: number): PublishedRelease[] {
    return [...this.#byImageId.values()].filter(({ at }) => at <= now);
  }
}

const HOUR_MS = 3_600_000;

const isSteppedBack = ({ at, stepsBackEvery }: AmiRelease, now: number): boolean =>
  stepsBackEvery !== undefined && (Math.floor((now - at) / HOUR_MS) + 1) % stepsBackEvery === 0;

const pairKey = (kubernetesVersion: string, amiType: AmiType): string => `${kubernetesVersion}/${amiType}`;

/** The same image has the same id in every run; as at AWS, another one in each region. */
function imageIdOf(region: string, name: string): string {
  return `ami-0${createHash('sha256').update(`${region}/${name}`).digest('hex').slice(0, 16)}`;
}
