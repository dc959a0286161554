import type { Draw } from '../choices.ts';
import type { Fleet, Group } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Mode, Policy } from '../policy.ts';
import { type ControlPlanes, FIRST_VERSION, NEXT_VERSION, type OfControlPlanes } from './control-planes.ts';
import { PARAMETERS } from './self-managed.ts';

/** Managed node groups of a day that run an AMI of their owner, and what the policy says about them all day. */
export interface OwnImages {
  readonly groups: ReadonlyArray<Group & { readonly isKeptAsCode: boolean }>;
  /** When the second and the third AMI for the first Kubernetes version come out, minutes. */
  readonly atMinutes: readonly [number, number];
  readonly mode: Mode;
}

/** The members of a scenario for it. */
export interface OfOwnImages {
  /** Absent: all managed node groups run releases of Amazon's. */
  readonly ownImages?: OwnImages;
}

/** An AMI of the owner of the node groups. Later ones have greater ids. */
interface OwnImage {
  readonly imageId: string;
  readonly kubernetesVersion: string;
}

/** The AMIs of a day, from the oldest one on. The last one is for the next Kubernetes version. */
export const IMAGES: readonly OwnImage[] = [FIRST_VERSION, FIRST_VERSION, FIRST_VERSION, NEXT_VERSION].map(
  (kubernetesVersion, index) => ({ imageId: `ami-0abcdef000000000${index}`, kubernetesVersion }),
);

/** The tag by which CloudFormation knows what is its own. */
export const KEPT_AS_CODE = 'aws:cloudformation:stack-name';

/** The parameters that name the newest AMI, each by a Kubernetes version. */
const OWN_PARAMETERS = `${PARAMETERS}/own`;

/** Draws own AMIs for some node groups of an eighth of all days. */
function drawOwnImages(draw: Draw, { groups, busyMinutes }: Ground): OfOwnImages {
  if (!draw.happens(0.12)) return {};
  const some = groups.filter(() => draw.happens(0.6));
  const second = draw.number(30, 240);
  return {
    ownImages: {
      groups: (some.length === 0 ? groups : some).map((group) => ({ ...group, isKeptAsCode: draw.happens(0.1) })),
      atMinutes: [second, second + draw.number(20, busyMinutes - second)],
      mode: draw.of('enforce', 'enforce', 'enforce', 'observe'),
    },
  };
}

/** A drawn policy with what it says about AMIs of their owner: the newest one by its parameter is wanted. */
const withOwnImages = (policy: Policy, { ownImages }: OfOwnImages): Policy =>
  ownImages === undefined
    ? policy
    : {
        ...policy,
        upgrades: {
          ...policy.upgrades,
          image: {
            mode: ownImages.mode,
            templates: 'change',
            wanted: { ssmParameter: `${OWN_PARAMETERS}/{kubernetesVersion}` },
          },
        },
      };

/** A drawn fleet with the AMIs, and with node groups that run the first one, so that none is behind its control plane. */
function fleetWithOwnImages(fleet: Fleet, { ownImages, controlPlanes }: OfOwnImages & OfControlPlanes): Fleet {
  if (ownImages === undefined) return fleet;
  const times = timesOf(ownImages, controlPlanes);
  return {
    ...fleet,
    images: [
      ...(fleet.images ?? []),
      ...IMAGES.map(({ imageId, kubernetesVersion }, index) => ({
        imageId,
        name: `own-eks-${kubernetesVersion}-${index}`,
        at: times[index],
        kubernetesVersion,
        parameter: `${OWN_PARAMETERS}/${kubernetesVersion}`,
      })),
    ],
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      nodeGroups: cluster.nodeGroups.map((group) => {
        const own = ownImages.groups.find((one) => one.cluster === cluster.name && one.nodeGroup === group.name);
        if (own === undefined) return group;
        const { version: _, ...rest } = group;
        const tags = own.isKeptAsCode ? { [KEPT_AS_CODE]: 'nodes' } : {};
        return { ...rest, amiType: 'CUSTOM', launchTemplate: { imageId: IMAGES[0]?.imageId, tags } };
      }),
    })),
  };
}

/** When each AMI comes out, as a fleet file says it. That for the next Kubernetes version comes with other AMIs for it. */
const timesOf = ({ atMinutes: [second, third] }: OwnImages, controlPlanes?: ControlPlanes): string[] => [
  '-30d',
  `+${second}m`,
  `+${third}m`,
  `+${controlPlanes?.imageAtMinute ?? third}m`,
];

export const OWN_IMAGES: Part<OfOwnImages & OfControlPlanes> = {
  stream: 'own-images',
  draw: drawOwnImages,
  policy: withOwnImages,
  fleet: fleetWithOwnImages,
};

/** The newest AMI that is wanted for a Kubernetes version, among those that have come out. */
export const newestImage = (isOut: (imageId: string) => boolean, kubernetesVersion: string): string | undefined =>
  IMAGES.findLast((image) => image.kubernetesVersion === kubernetesVersion && isOut(image.imageId))?.imageId;

/** The Kubernetes version of an own AMI; undefined for every other release. */
export const versionOfImage = (imageId: string): string | undefined =>
  IMAGES.find((image) => image.imageId === imageId)?.kubernetesVersion;
