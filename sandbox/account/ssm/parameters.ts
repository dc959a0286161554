import type { Parameter, ParameterTier, PutParameterCommandInput } from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { Troubles } from '../troubles.ts';
import type { World } from '../world.ts';
import type { PublicParameters } from './public-parameters.ts';

/** Maximum size of a parameter's value, bytes. */
const VALUE_LIMITS = { Standard: 4096, Advanced: 8192, 'Intelligent-Tiering': 8192 } as const;

/** How many versions are kept. Source: Systems Manager user guide, "Working with parameter versions". */
const KEPT_VERSIONS = 100;

interface OwnParameter {
  readonly parameter: Parameter;
  readonly tier: ParameterTier;
  /** The kept versions, oldest first, including the current one. */
  readonly versions: readonly Parameter[];
}

/** The account's Parameter Store: its own parameters, and Amazon's public ones under `/aws/service/`. */
export class ParameterStore {
  readonly troubles: Troubles;
  readonly #world: World;
  readonly #public: PublicParameters;
  readonly #own = new Map<string, OwnParameter>();

  constructor(world: World, publicParameters: PublicParameters) {
    this.#world = world;
    this.troubles = new Troubles(world, 'ssm');
    this.#public = publicParameters;
  }

  /** The ARN of a parameter, whether it exists or not. Public parameters belong to no account. */
  arn(name: string): string {
    const { partition, region, accountId } = this.#world;
    const path = name.startsWith('/') ? name : `/${name}`;
    return `arn:${partition}:ssm:${region}:${path.startsWith('/aws/service/') ? '' : accountId}:parameter${path}`;
  }

  /**
   * @param nameOrArn a name, or the full ARN of a parameter; each may end in `:N` for version N
   * @throws AwsError `ParameterVersionNotFound`; labels count as missing versions, since nothing here sets any
   */
  get(nameOrArn: string): Parameter | undefined {
    const [name = '', selector] = nameOrArn.replace(/^arn:[^:]+:ssm:[^:]*:\d*:parameter/, '').split(':');
    const own = this.#own.get(name) ?? this.#own.get(name.replace(/^\//, ''));
    const latest = this.#public.get(name) ?? own?.parameter;
    if (selector === undefined || latest === undefined) return latest;
    const selected = [...(own?.versions ?? []), latest].find(({ Version }) => String(Version) === selector);
    if (selected !== undefined) return { ...selected, Selector: `:${selector}` };
    const message = `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`;
    throw new AwsError('ParameterVersionNotFound', message);
  }

  /** The parameters below `path`, on that level only or on all levels. */
  below(path: string, recursive: boolean): Parameter[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return [...this.#public.list(), ...[...this.#own.values()].map(({ parameter }) => parameter)].filter(
      ({ Name = '' }) => {
        return Name.startsWith(prefix) && (recursive || !Name.slice(prefix.length).includes('/'));
      },
    );
  }

  /**
   * Writes a parameter, and announces it as an event.
   * @throws ParameterAlreadyExists, ValidationException
   */
  put(input: PutParameterCommandInput): { Version: number; Tier: ParameterTier } {
    const { Name = '', Value = '', Description, Overwrite = false } = input;
    const earlier = this.#own.get(Name);
    // Each request decides the tier, or the account's default tier where none is given. A parameter never returns from
    // Advanced. Source: Systems Manager user guide, "Managing parameter tiers".
    const asked = input.Tier ?? 'Standard';
    if (input.Tier === 'Standard' && earlier?.tier === 'Advanced') {
      const message =
        'This parameter uses the advanced-parameter tier. You can’t downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.';
      throw new AwsError('ValidationException', message);
    }
    const isLarge = Buffer.byteLength(Value) > VALUE_LIMITS.Standard;
    const Tier: ParameterTier =
      earlier?.tier === 'Advanced' || (asked === 'Intelligent-Tiering' && isLarge)
        ? 'Advanced'
        : asked === 'Intelligent-Tiering'
          ? 'Standard'
          : asked;
    const Type = input.Type ?? earlier?.parameter.Type;
    if (Type === undefined) {
      throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
    }
    if (Type === 'SecureString') throw new NotImplemented('parameters of type SecureString');
    if (/^\/?(aws|ssm)/i.test(Name)) {
      const message = `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`;
      throw new AwsError('ValidationException', message);
    }
    if (!/^[\w./-]{1,1011}$/.test(Name)) {
      throw new AwsError('ValidationException', 'Parameter name must use only letters, numbers, and the symbols .-_/');
    }
    const limit = VALUE_LIMITS[asked];
    if (Value === '' || Buffer.byteLength(Value) > limit) {
      const words = `${asked} tier parameters support a maximum parameter value of ${limit} characters.`;
      throw new AwsError('ValidationException', Value === '' ? 'A parameter value is required.' : words);
    }
    if (earlier !== undefined && !Overwrite) {
      const message =
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
      throw new AwsError('ParameterAlreadyExists', message);
    }
    const Version = (earlier?.parameter.Version ?? 0) + 1;
    const LastModifiedDate = new Date(this.#world.time.now);
    const parameter = { Name, Type, Value, Version, LastModifiedDate, ARN: this.arn(Name), DataType: 'text' };
    const versions = [...(earlier?.versions ?? []), parameter].slice(-KEPT_VERSIONS);
    this.#own.set(Name, { parameter, tier: Tier, versions });
    this.#world.emit({
      source: 'aws.ssm',
      detailType: 'Parameter Store Change',
      resources: [this.arn(Name)],
      detail: {
        operation: earlier === undefined ? 'Create' : 'Update',
        name: Name,
        type: Type,
        ...(Description === undefined ? {} : { description: Description }),
      },
    });
    return { Version, Tier };
  }

  /**
   * Deletes one of the account's own parameters, and announces it as an event.
   * @throws ParameterNotFound
   */
  delete(name: string): void {
    const known = this.#own.get(name);
    if (known === undefined) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
    this.#own.delete(name);
    this.#world.emit({
      source: 'aws.ssm',
      detailType: 'Parameter Store Change',
      resources: [this.arn(name)],
      detail: { operation: 'Delete', name, type: known.parameter.Type },
    });
  }
}
