import { type EC2Client, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeImages } from '../fleet/images.ts';
import { read, type Unreadable } from '../fleet/reading.ts';
import type { Wanted } from '../policy/wanted-image-section.ts';
import { once } from '../runtime/once.ts';
import type { Candidate, MachineImage } from './wanted-image.ts';

/** The AMIs that the policy names at a place. `none` means that none of them exists, and says why in a sentence. */
export type WantedReading =
  | { readonly kind: 'named'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'none'; readonly message: string }
  | Unreadable;

/** Reads the wanted AMIs of a place by the Kubernetes version of its control plane. */
export type WantedReader = (wanted: Wanted, controlPlane: string) => Promise<WantedReading>;

interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/** DescribeImages returns at most a thousand AMIs per page. */
const IMAGES_PER_PAGE = 1000;

/**
 * How many AMIs are read for one name. EC2 does not sort AMIs, so the newest may be on the last page; and pages may have
 * few AMIs, or none, before others that have more.
 */
const IMAGES_AT_MOST = 20_000;

/** Creates a reader that asks for the same AMIs only once. */
export function createWantedReader(clients: Clients): WantedReader {
  const readOnce = once((key: string) => readWanted(clients, JSON.parse(key) as Wanted));
  return (wanted, controlPlane) => readOnce(JSON.stringify(wanted).replaceAll('{kubernetesVersion}', controlPlane));
}

async function readWanted(clients: Clients, wanted: Wanted): Promise<WantedReading> {
  const reading = await read(
    () =>
      wanted.ssmParameter === undefined ? readNamed(clients.ec2, wanted) : readParameter(clients, wanted.ssmParameter),
    'tell',
  );
  if (reading.kind === 'gone') return { kind: 'none', message: 'What names the AMI does not exist.' };
  return reading.kind === 'unreadable' ? reading : reading.found;
}

async function readParameter({ ec2, ssm }: Clients, name: string): Promise<WantedReading> {
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [name] }));
  const { Value: imageId, LastModifiedDate: namedAt } = Parameters[0] ?? {};
  if (imageId === undefined) return { kind: 'none', message: `There is no parameter ${name}.` };
  if (!/^ami-[0-9a-f]{8,17}$/.test(imageId)) {
    return { kind: 'none', message: `The value of the parameter ${name} is not the id of an AMI.` };
  }
  const image = imageOf((await describeImages(ec2, [imageId])).get(imageId));
  if (image === undefined) {
    return {
      kind: 'none',
      message: `${imageId}, which the parameter ${name} names, does not exist or is not shared with this account.`,
    };
  }
  return { kind: 'named', candidates: [{ image, ...(namedAt !== undefined && { namedAt: namedAt.getTime() }) }] };
}

async function readNamed(
  ec2: EC2Client,
  { owners = [], namePattern = '', architecture = 'x86_64' }: Wanted,
): Promise<WantedReading> {
  const candidates: Candidate[] = [];
  const pages = paginateDescribeImages(
    { client: ec2, pageSize: IMAGES_PER_PAGE },
    {
      Owners: owners,
      Filters: [
        { Name: 'name', Values: [namePattern] },
        { Name: 'architecture', Values: [architecture] },
        { Name: 'state', Values: ['available'] },
      ],
    },
  );
  for await (const { Images = [], NextToken } of pages) {
    candidates.push(...Images.flatMap((described) => imageOf(described) ?? []).map((image) => ({ image })));
    // The newest AMI of some pages may not be the newest of all, so an incomplete list counts as none.
    if (candidates.length >= IMAGES_AT_MOST && NextToken !== undefined)
      return { kind: 'none', message: tooMany(namePattern) };
  }
  if (candidates.length > 0) return { kind: 'named', candidates };
  const whose = owners.length === 1 ? `${owners[0]} has` : `${owners.join(', ')} have`;
  return { kind: 'none', message: `${whose} no AMI of ${architecture} that is named ${namePattern}.` };
}

const tooMany = (namePattern: string): string =>
  `More AMIs are named ${namePattern} than are read for one name (${IMAGES_AT_MOST}). Which is the newest is not known: make namePattern narrower, or name one AMI by a parameter.`;

/** An AMI as EC2 describes it; undefined where it lacks its creation time or its id. */
export function imageOf(image: Image | undefined): MachineImage | undefined {
  const createdAt = Date.parse(image?.CreationDate ?? '');
  if (image?.ImageId === undefined || Number.isNaN(createdAt)) return undefined;
  const deprecatedAt = Date.parse(image.DeprecationTime ?? '');
  return {
    imageId: image.ImageId,
    name: image.Name ?? '',
    owner: image.OwnerId ?? '',
    architecture: image.Architecture ?? '',
    platform: image.PlatformDetails ?? image.Platform ?? '',
    rootDevice: image.RootDeviceName ?? '',
    rootDeviceType: image.RootDeviceType ?? '',
    virtualization: image.VirtualizationType ?? '',
    state: image.State ?? '',
    createdAt,
    ...(!Number.isNaN(deprecatedAt) && { deprecatedAt }),
    ...(image.ImageAllowed !== undefined && { isAllowed: image.ImageAllowed }),
  };
}
