import type { Images } from '../account/ec2/images.ts';
import type { AmiReleases } from '../account/eks/ami-releases.ts';
import type { Vulnerability } from '../account/inspector/finding.ts';
import type { Fleet } from './fleet.ts';
import type { FleetFile } from './schema.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

type VulnerabilityFile = NonNullable<FleetFile['inspector']>['vulnerabilities'][number];

/** Enables Inspector by the fleet file, and schedules new knowledge about packages. */
export function seedInspector(
  { world, inspector, instances, releases, images }: FleetState,
  { inspector: file }: Fleet,
): void {
  if (file === undefined) return;
  inspector.members.push(...file.members);
  inspector.vmScanner = file.vmScanner;
  for (const { nodeGroup, reason } of file.notScanned) inspector.reasons.set(nodeGroup, reason);
  for (const each of file.vulnerabilities) {
    for (let n = 1; n <= each.repeat; n += 1) {
      const id = each.id.replaceAll('{n}', String(n).padStart(2, '0'));
      inspector.publish(vulnerabilityOf({ ...each, id }, releases, images, world.time.now));
    }
  }
  if (file.ec2) inspector.seedEnabled(instances);
}

function vulnerabilityOf(
  file: VulnerabilityFile,
  releases: AmiReleases,
  images: Images,
  startsAt: number,
): Vulnerability {
  const { repeat: _, publishedAt, fixedSince, amiTypes, fixedInVersion, epss, ...same } = file;
  const fixed = fixedSince === undefined ? Number.POSITIVE_INFINITY : (parseTime(fixedSince, startsAt) ?? startsAt);
  return {
    ...same,
    fixedInVersion,
    epss,
    publishedAt: parseTime(publishedAt, startsAt) ?? startsAt,
    affects: (imageId) => {
      const release = releases.byImageId(imageId);
      if (release === undefined) return amiTypes === undefined && (images.createdAt(imageId) ?? 0) < fixed;
      return release.at < fixed && (amiTypes === undefined || amiTypes.includes(release.amiType));
    },
  };
}
