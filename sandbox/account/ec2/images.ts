import {
  type ArchitectureValues,
  DescribeImages$,
  type DescribeImagesCommandInput,
  type DescribeImagesCommandOutput,
  type Image,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import type { AmiReleases } from '../eks/ami-releases.ts';
import { amiFamily } from '../eks/ami-types.ts';
import { operation } from '../service.ts';
import type { World } from '../world.ts';
import { search } from './search.ts';

/** The accounts that publish the EKS AMIs in commercial regions. */
const publishers = {
  AL2023: '602401143452',
  AL2: '602401143452',
  BOTTLEROCKET: '092701018921',
  WINDOWS: '801119661308',
};

/**
 * Time from the creation of a public AMI to its deprecation, unless its publisher sets another, ms.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
 */
const UNTIL_DEPRECATED = 2 * 365 * 86_400_000;

/** Source: EC2 API reference, DescribeImages (MaxResults). */
const LARGEST_PAGE = 1000;

/** The images visible to the account: those of Amazon's published releases, and its own. */
export class Images {
  /** The Kubernetes version of the kubelet in an image of the account's own, by the image's id, where one is known. */
  readonly kubelets = new Map<string, string>();
  readonly #world: World;
  readonly #releases: AmiReleases;
  readonly #own = new Map<string, Image>();

  constructor(world: World, releases: AmiReleases) {
    this.#world = world;
    this.#releases = releases;
  }

  /** Adds an image of the account's own, as custom launch templates name it, unless it is there already. */
  addOwn(imageId: string, architecture: ArchitectureValues, more: Partial<Image> = {}): void {
    if (this.#releases.byImageId(imageId) !== undefined || this.#own.has(imageId)) return;
    this.#own.set(imageId, {
      ImageId: imageId,
      Name: `custom-${imageId.slice(4)}`,
      OwnerId: this.#world.accountId,
      CreationDate: new Date(this.#world.time.now).toISOString(),
      State: 'available',
      Architecture: architecture,
      Public: false,
      PlatformDetails: 'Linux/UNIX',
      RootDeviceName: '/dev/xvda',
      RootDeviceType: 'ebs',
      VirtualizationType: 'hvm',
      ...more,
    });
  }

  /** When an image of the account's own was created, epoch ms; undefined where it is none. */
  createdAt(imageId: string): number | undefined {
    const created = this.#own.get(imageId)?.CreationDate;
    return created === undefined ? undefined : Date.parse(created);
  }

  /** Disables or deregisters an image of the account's own, from now on. */
  setState(imageId: string, State: 'disabled' | 'deregistered'): void {
    const image = this.#own.get(imageId);
    if (image !== undefined) this.#own.set(imageId, { ...image, State });
  }

  /** The images that EC2 describes, disabled ones among them. */
  list(): Image[] {
    return this.all().filter(({ State }) => State !== 'deregistered');
  }

  /** Also those that were deregistered, of which EC2 tells only what an instance runs. */
  all(): Image[] {
    const published = this.#releases.images(this.#world.time.now).map((release): Image => {
      const { platform, architecture } = amiFamily(release.amiType);
      return {
        ImageId: release.imageId,
        Name: release.imageName,
        OwnerId: publishers[platform],
        ImageOwnerAlias: 'amazon',
        CreationDate: new Date(release.at).toISOString(),
        DeprecationTime: new Date(release.at + UNTIL_DEPRECATED).toISOString(),
        State: 'available',
        Architecture: architecture,
        Public: true,
        PlatformDetails: platform === 'WINDOWS' ? 'Windows' : 'Linux/UNIX',
        RootDeviceName: platform === 'WINDOWS' ? '/dev/sda1' : '/dev/xvda',
        RootDeviceType: 'ebs',
        VirtualizationType: 'hvm',
      };
    });
    const made = [...this.#own.values()].filter(
      ({ CreationDate = '' }) => Date.parse(CreationDate) <= this.#world.time.now,
    );
    return [...published, ...made];
  }
}

export const describeImages = (images: Images, { accountId, time }: World) =>
  operation<DescribeImagesCommandInput, DescribeImagesCommandOutput>(
    DescribeImages$,
    ['ImageIds', 'Filters', 'Owners', 'IncludeDeprecated', 'IncludeDisabled', 'MaxResults', 'NextToken'],
    ({ ImageIds, Filters, Owners, IncludeDeprecated = false, IncludeDisabled = false, MaxResults, NextToken }) => {
      // Who does not own a disabled AMI never sees it (EC2 user guide, "Disable an Amazon EC2 AMI").
      let found = images
        .list()
        .filter(({ State, OwnerId }) => State !== 'disabled' || (IncludeDisabled && OwnerId === accountId));
      // Deprecated AMIs are returned when named by id, and to their owner. A filter by id does not count as naming.
      if (ImageIds === undefined && !IncludeDeprecated) {
        const isCurrent = ({ DeprecationTime, OwnerId }: Image) =>
          DeprecationTime === undefined || Date.parse(DeprecationTime) > time.now || OwnerId === accountId;
        found = found.filter(isCurrent);
      }
      if (ImageIds !== undefined) {
        const known = new Map(found.map((image) => [image.ImageId, image]));
        found = ImageIds.map((id) => known.get(id) ?? missingImage(id));
      }
      if (Owners !== undefined) {
        const owners = new Set(Owners.map((owner) => (owner === 'self' ? accountId : owner)));
        found = found.filter(
          ({ OwnerId = '', ImageOwnerAlias = '' }) => owners.has(OwnerId) || owners.has(ImageOwnerAlias),
        );
      }
      const fields = {
        'image-id': ({ ImageId }: Image) => ImageId,
        name: ({ Name }: Image) => Name,
        state: ({ State }: Image) => State,
        architecture: ({ Architecture }: Image) => Architecture,
        'owner-id': ({ OwnerId }: Image) => OwnerId,
        'owner-alias': ({ ImageOwnerAlias }: Image) => ImageOwnerAlias,
      };
      const { items, nextToken } = search(
        found,
        ({ ImageId = '' }) => ImageId,
        fields,
        () => new Map(),
        { Filters, MaxResults, NextToken },
        LARGEST_PAGE,
      );
      return { Images: items, NextToken: nextToken };
    },
  );

function missingImage(id: string): never {
  if (!/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) {
    throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${id}"`);
  }
  throw new AwsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
}
