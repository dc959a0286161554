import { pairKey } from '../../shared/releases/ami-type.ts';
import type { KnownRelease } from '../../shared/releases/release-ledger.ts';
import { type Target, targetOf } from '../../shared/releases/target-release.ts';
import { decide as watch } from '../../watch-ami-releases/decide.ts';
import { HOUR } from '../model/observation.fixture.ts';
import type { AnyRelease } from './any-fleet.fixture.ts';

export const DAY = 24 * HOUR;
export const AL2023 = 'AL2023_x86_64_STANDARD';

/** The releases of a play, the same for every Kubernetes version, and what the ledger knows of them. */
export class ReleaseHistory {
  readonly #start: number;
  readonly #releases: readonly AnyRelease[];
  readonly #known = new Map<string, KnownRelease>();

  /** @param start of the play, epoch milliseconds */
  constructor(start: number, releases: readonly AnyRelease[]) {
    this.#start = start;
    this.#releases = releases;
  }

  /** The name of a release by the day of the play on which it comes out. */
  nameOf = (version: string, day: number): string =>
    `${version}.1-${new Date(this.#start + day * DAY).toISOString().slice(0, 10).replaceAll('-', '')}`;

  /** When a release or an AMI came out, epoch milliseconds. */
  publishedAt = (name: string): number =>
    name.startsWith('ami-')
      ? this.#start + Number(name.slice(4)) * DAY
      : Date.parse(name.replace(/^.*-(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3T00:00:00Z'));

  /** The day of the play whose release Amazon recommends at a time. */
  recommendedDay = (at: number): number =>
    this.#releases.reduce((newest, { day, withdrawnAfter = Number.POSITIVE_INFINITY }) => {
      const age = at - (this.#start + day * DAY);
      return age >= 0 && age < withdrawnAfter * HOUR ? Math.max(newest, day) : newest;
    }, -1);

  isBad = (name: string): boolean =>
    !name.startsWith('ami-') &&
    this.#releases.some(({ day, isBad }) => isBad && this.#start + day * DAY === this.publishedAt(name));

  /** Has the ledger of releases kept by the function that keeps it. */
  watch(versions: readonly string[], now: number): void {
    for (const kubernetesVersion of new Set(versions)) {
      const pair = { kubernetesVersion, amiType: AL2023 };
      const before = this.#known.get(pairKey(pair));
      const { known } = watch(
        { pair, isInUse: true, recommended: this.#recommended(kubernetesVersion, now), known: before },
        now,
      );
      if (known !== undefined) this.#known.set(pairKey(pair), known);
    }
  }

  targetOf(kubernetesVersion: string, now: number): Target {
    const pair = { kubernetesVersion, amiType: AL2023 };
    return targetOf(pair, this.#recommended(kubernetesVersion, now), this.#known.get(pairKey(pair)));
  }

  #recommended = (version: string, now: number) =>
    ({ kind: 'release', releaseVersion: this.nameOf(version, this.recommendedDay(now)) }) as const;
}
