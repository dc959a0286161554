import type { AmiReleases } from '../account/eks-ami-releases.ts';
import type { Vulnerability } from '../account/inspector-state.ts';
import type { Fleet } from './fleet.ts';
import type { FleetFile } from './schema.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

type VulnerabilityFile = NonNullable<FleetFile['inspector']>['vulnerabilities'][number];

/** Switches Inspector on as the fleet file says, and plans what becomes known of packages. */
export function seedInspector({ world, inspector, instances, releases }: FleetState, { inspector: file }: Fleet): void {
  if (file === undefined) return;
  for (const each of file.vulnerabilities) inspector.publish(vulnerabilityOf(each, releases, world.time.now));
  if (file.ec2) inspector.seedEnabled(instances);
}

function vulnerabilityOf(file: VulnerabilityFile, releases: AmiReleases, startsAt: number): Vulnerability {
  const { publishedAt, fixedSince, amiTypes, fixedInVersion, epss, ...same } = file;
  const fixed = fixedSince === undefined ? Number.POSITIVE_INFINITY : (parseTime(fixedSince, startsAt) ?? startsAt);
  return {
    ...same,
    fixedInVersion,
    epss,
    publishedAt: parseTime(publishedAt, startsAt) ?? startsAt,
    affects: (imageId) => {
      const release = releases.byImageId(imageId);
      if (release === undefined) return amiTypes === undefined;
      return release.at < fixed && (amiTypes === undefined || amiTypes.includes(release.amiType));
    },
  };
}
