import { AmiReleases } from '../account/eks/ami-releases.ts';
import { amiTypes, releaseDate } from '../account/eks/ami-types.ts';
import realHistory from '../releases/eks-ami-releases.json' with { type: 'json' };
import type { FleetFile } from './schema.ts';
import { parseDate, parseIso, parseTime } from './time.ts';

const DAY_MS = 86_400_000;

/**
 * A changelog's tag has the day of a release, not the hour, so every release appears at the same hour UTC. For two tags
 * the release versions have an earlier day. The tag's day is the day of publication.
 */
const APPEARS_AT_HOUR_MS = 17 * 3_600_000;

/** A release that a fleet file contains twice, or needs and lacks. */
export interface ReleaseProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * All releases that a fleet knows: those in `releases`, and those that its groups run. The latter must once have been
 * published, on the day in their name, or else 30 days before the start.
 */
export function knownReleases(fleet: FleetFile): { releases: AmiReleases; problems: ReleaseProblem[] } {
  const releases = new AmiReleases(fleet.region);
  const problems: ReleaseProblem[] = [];
  const startsAt = parseIso(fleet.startsAt) ?? 0;
  for (const [index, entry] of fleet.releases.entries()) {
    const path = `releases[${index}]`;
    if ('history' in entry) {
      if (addHistory(releases, entry.from, entry.to) === 0) {
        problems.push({ path: `${path}.from`, message: `there is no release from ${entry.from} to ${entry.to}` });
      }
      continue;
    }
    const { kubernetesVersion, releaseVersion, amiType, withdrawnAt, stepsBackEvery } = entry;
    const at = parseTime(entry.at, startsAt) ?? startsAt;
    const end = withdrawnAt === undefined ? undefined : parseTime(withdrawnAt, startsAt);
    if (end !== undefined && end <= at) {
      problems.push({ path: `${path}.withdrawnAt`, message: `must be later than at (${entry.at})` });
    }
    for (const type of entry.amiTypes ?? (amiType === undefined ? [] : [amiType])) {
      const added = releases.add({
        kubernetesVersion,
        releaseVersion,
        amiType: type,
        at,
        ...(end === undefined ? {} : { withdrawnAt: end }),
        ...(stepsBackEvery === undefined ? {} : { stepsBackEvery }),
      });
      if (!added) problems.push({ path, message: `${releaseVersion} of ${type} is there already` });
    }
  }
  for (const [at, cluster] of fleet.clusters.entries()) {
    for (const [index, { amiType, version = cluster.version, releaseVersion }] of cluster.nodeGroups.entries()) {
      if (amiType === 'CUSTOM') continue;
      if (releaseVersion !== undefined) {
        const published = Math.min(releaseDate(releaseVersion) ?? startsAt - 30 * DAY_MS, startsAt);
        releases.add({ kubernetesVersion: version, amiType, releaseVersion, at: published });
      } else if (releases.latest(version, amiType, startsAt) === undefined) {
        problems.push({
          path: `clusters[${at}].nodeGroups[${index}].releaseVersion`,
          message: `needed: no release of ${amiType} for Kubernetes ${version} is known at the start`,
        });
      }
    }
  }
  return { releases, problems };
}

/** Adds the real releases published from the day `from` to the day `to`, and returns their number. */
function addHistory(releases: AmiReleases, from: string, to: string): number {
  const [first, last] = [parseDate(from) ?? 0, parseDate(to) ?? 0];
  let count = 0;
  for (const { tag, images } of realHistory.releases) {
    const day = parseDate(`${tag.slice(1, 5)}-${tag.slice(5, 7)}-${tag.slice(7, 9)}`) ?? 0;
    if (day < first || day > last) continue;
    count += 1;
    for (const image of images) {
      for (const amiType of amiTypes.filter((type) => image.amiTypes.includes(type))) {
        for (const releaseVersion of image.releaseVersions) {
          const kubernetesVersion = releaseVersion.split('.', 2).join('.');
          releases.add({ kubernetesVersion, amiType, releaseVersion, at: day + APPEARS_AT_HOUR_MS });
        }
      }
    }
  }
  return count;
}
