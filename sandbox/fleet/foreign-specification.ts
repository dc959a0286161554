import { architectureOf, isInstanceType, type LaunchSpecification } from '../account/ec2/instances.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { DEFAULT_OS_IMAGE, osImageOf } from '../account/eks/node-os.ts';
import type { Random } from '../time/random.ts';
import type { SeededHosts } from './hosts.ts';
import type { FleetState } from './state.ts';

/** The instance type of nodes for which the fleet file names none. */
export const DEFAULT_TYPE = 'm7i.large';

/** How a node is launched into a zone. */
export type Specify = (zone: number) => LaunchSpecification;

interface Image {
  readonly imageId: string;
  readonly instanceType: string | undefined;
  /** Set for an image that is not Amazon's. */
  readonly osImage: string | undefined;
}

/** The launch specification of nodes outside of managed node groups. */
export function specification(
  { images, releases }: FleetState,
  cluster: EksCluster,
  { hosts, subnets }: SeededHosts,
  { imageId, instanceType: wanted = '', osImage = DEFAULT_OS_IMAGE }: Image,
  tags: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
  clusterTag = true,
): Specify {
  const instanceType = isInstanceType(wanted) ? wanted : DEFAULT_TYPE;
  const architecture = architectureOf(instanceType);
  images.addOwn(imageId, architecture);
  const release = releases.byImageId(imageId);
  return (zone) => {
    const subnet = subnets[zone % subnets.length];
    return {
      ...hosts,
      imageId,
      instanceType,
      architecture,
      windows: false,
      osImage:
        release === undefined ? osImage : osImageOf(release.amiType, release.kubernetesVersion, release.releaseVersion),
      subnetId: subnet?.id ?? '',
      availabilityZone: subnet?.availabilityZone ?? '',
      vpcId: cluster.vpcId,
      kubernetes: {
        clusterName: cluster.name,
        version: release?.kubernetesVersion ?? images.kubelets.get(imageId) ?? cluster.version,
        labels,
        ...(!clusterTag && { untagged: true }),
      },
      tags,
    };
  };
}

export const unchanged = (specified: LaunchSpecification): LaunchSpecification => specified;

/** When a node of the first day was launched, epoch milliseconds. */
export const someDaysAgo = (now: number, random: Random): number => now - random.integer(1, 14 * 24) * 3_600_000;
