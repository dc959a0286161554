import type {
  LaunchTemplateBlockDeviceMapping,
  LaunchTemplateBlockDeviceMappingRequest,
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import type { World } from '../world.ts';

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly description?: string;
  readonly data: ResponseLaunchTemplateData;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly tags: Map<string, string>;
  /** The service principal that alone may change it; undefined where everybody with the right may. */
  readonly operator?: string;
  readonly versions: readonly LaunchTemplateVersion[];
  /** Epoch ms. */
  readonly createdAt: number;
}

interface NewTemplate extends Pick<LaunchTemplate, 'id' | 'name' | 'operator'> {
  readonly tags?: Readonly<Record<string, string>>;
}

/** The version of launches that name none. Nothing here changes a template's default version. */
export const DEFAULT_VERSION = 1;

/** The source of a new version, which supplies everything that the request does not give. */
interface Source {
  readonly source?: number;
  readonly description?: string | undefined;
}

/** The account's launch templates and their versions, which never change. */
export class LaunchTemplates {
  readonly #world: World;
  readonly #byId = new Map<string, LaunchTemplate & { versions: LaunchTemplateVersion[] }>();
  /**
   * Templates whose versions are all copies of one. EKS makes a new version for each update of a managed node group.
   */
  readonly #copied = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @param isCopied whether every version has the same data, whatever its number */
  add({ id, name, tags = {}, operator }: NewTemplate, data: ResponseLaunchTemplateData, isCopied = false): void {
    const createdAt = this.#world.time.now;
    const versions = [{ number: 1, data, createdAt }];
    const owned = operator !== undefined && { operator };
    this.#byId.set(id, { id, name, tags: new Map(Object.entries(tags)), versions, createdAt, ...owned });
    if (isCopied) this.#copied.add(id);
  }

  find(id: string): LaunchTemplate | undefined {
    return this.#byId.get(id);
  }

  list(): LaunchTemplate[] {
    return [...this.#byId.values()];
  }

  /** @throws InvalidLaunchTemplateId.NotFound */
  get(id: string): LaunchTemplate {
    const template = this.#byId.get(id);
    if (template !== undefined) return template;
    if (!/^lt-[0-9a-f]{17}$/.test(id)) {
      throw new AwsError('InvalidLaunchTemplateId.Malformed', `Invalid launch template ID: "${id}".`);
    }
    throw new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      `Could not find the specified launch template with ID ${id}.`,
    );
  }

  /**
   * One version of a template.
   *
   * @param wanted a number, `$Latest` or `$Default`
   * @throws InvalidLaunchTemplateId.VersionNotFound
   */
  version(id: string, wanted: string): LaunchTemplateVersion {
    const { versions } = this.get(id);
    const number =
      wanted === '$Latest' ? versions.at(-1)?.number : wanted === '$Default' ? DEFAULT_VERSION : Number(wanted);
    const found = versions.find((version) => version.number === number);
    if (found !== undefined) return found;
    const [copied] = versions;
    if (this.#copied.has(id) && copied !== undefined && Number.isInteger(number)) {
      return { ...copied, number: Number(wanted) };
    }
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${wanted} for the launch template with ID ${id}.`,
    );
  }

  /** The data of a version; undefined where the version does not exist. */
  dataOf(id: string, number: number): ResponseLaunchTemplateData | undefined {
    return this.#byId.get(id)?.versions.find((version) => version.number === number)?.data;
  }

  /**
   * Makes a version. With a source, given members replace the source's, and the snapshots of its block devices are lost
   * (EC2 API reference, CreateLaunchTemplateVersion; aws/aws-cli#4297).
   */
  makeVersion(id: string, given: RequestLaunchTemplateData, { source, description }: Source): LaunchTemplateVersion {
    this.get(id);
    const template = this.#byId.get(id);
    if (template === undefined) throw new Error(`${id} is gone`);
    const inherited = source === undefined ? {} : withoutSnapshots(this.version(id, String(source)).data);
    const version: LaunchTemplateVersion = {
      number: (template.versions.at(-1)?.number ?? 0) + 1,
      ...(description !== undefined && { description }),
      data: { ...inherited, ...asAnswered(given) },
      createdAt: this.#world.time.now,
    };
    template.versions.push(version);
    return version;
  }
}

const withoutSnapshots = ({ BlockDeviceMappings, ...data }: ResponseLaunchTemplateData): ResponseLaunchTemplateData =>
  BlockDeviceMappings === undefined
    ? data
    : { ...data, BlockDeviceMappings: BlockDeviceMappings.map(({ Ebs, ...one }) => ({ ...one, ...withoutIts(Ebs) })) };

const withoutIts = (ebs: LaunchTemplateBlockDeviceMapping['Ebs']) => {
  if (ebs === undefined) return {};
  const { SnapshotId: _, ...rest } = ebs;
  return { Ebs: rest };
};

/** Data as EC2 returns it, which states whether the options of the metadata service are in effect. */
function asAnswered({ MetadataOptions, ...data }: RequestLaunchTemplateData): ResponseLaunchTemplateData {
  for (const { Ebs } of data.BlockDeviceMappings ?? []) refuseWrong(Ebs);
  return {
    ...data,
    ...(MetadataOptions !== undefined && { MetadataOptions: { ...MetadataOptions, State: 'pending' as const } }),
  } as ResponseLaunchTemplateData;
}

/** @throws InvalidParameterValue */
function refuseWrong(ebs: LaunchTemplateBlockDeviceMappingRequest['Ebs']): void {
  const { SnapshotId } = ebs ?? {};
  if (SnapshotId === undefined || /^snap-[0-9a-f]{8,17}$/.test(SnapshotId)) return;
  throw new AwsError('InvalidSnapshotID.Malformed', `Invalid id: "${SnapshotId}"`);
}
