import { isDeepStrictEqual } from 'node:util';
import type { PolicyDocument } from '../account/iam/policy-evaluation.ts';
import { urlSuffixOf } from '../account/partition.ts';
import type { ServiceCall } from './authorization.ts';
import { CLUSTER_RESOURCES } from './cluster-resources.ts';
import { EVENT_RESOURCES } from './event-resources.ts';
import { FUNCTION_RESOURCES } from './function-resources.ts';
import { IDENTITY_RESOURCES } from './identity-resources.ts';
import { type Identity, Resolver } from './intrinsics.ts';
import { MESSAGING_RESOURCES } from './messaging-resources.ts';
import { MONITORING_RESOURCES } from './monitoring-resources.ts';
import type { Naming, ResourceType, StackServices } from './resource-type.ts';
import { STORAGE_RESOURCES } from './storage-resources.ts';
import { type SynthesizedStack, TemplateError, type TemplateResource } from './template.ts';

/**
 * All types that the sandbox supports, in the order of creation: dependencies first, and what starts time running
 * (rules and schedules) last.
 */
const TYPES: ReadonlyMap<string, ResourceType> = new Map(
  Object.entries({
    ...IDENTITY_RESOURCES,
    ...CLUSTER_RESOURCES,
    ...STORAGE_RESOURCES,
    ...MESSAGING_RESOURCES,
    ...FUNCTION_RESOURCES,
    ...MONITORING_RESOURCES,
    ...EVENT_RESOURCES,
  }),
);

const FUNCTION = 'AWS::Lambda::Function';

const SUFFIX_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A deployed template, like a CloudFormation stack. */
export class Stack {
  readonly name: string;
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  #synthesized: SynthesizedStack;
  readonly #services: StackServices;
  #resolver: Resolver;
  readonly #identities = new Map<string, Identity>();

  private constructor(synthesized: SynthesizedStack, services: StackServices) {
    const { accountId, region, partition } = services.world;
    this.name = synthesized.stackName;
    this.id = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${this.name}/sandbox`;
    this.createdAt = services.world.time.now;
    this.#synthesized = synthesized;
    this.#services = services;
    this.#resolver = this.#resolverOf(synthesized);
  }

  #resolverOf({ template }: SynthesizedStack): Resolver {
    const { accountId, region, partition } = this.#services.world;
    return new Resolver({
      template,
      pseudoParameters: {
        'AWS::AccountId': accountId,
        'AWS::Region': region,
        'AWS::Partition': partition,
        'AWS::URLSuffix': urlSuffixOf(region),
        'AWS::StackName': this.name,
        'AWS::StackId': this.id,
      },
      identify: (logicalId) => this.#identify(logicalId),
    });
  }

  /**
   * Creates everything that the template declares.
   * @throws TemplateError that names type and logical id of what the sandbox does not support
   */
  static async deploy(synthesized: SynthesizedStack, services: StackServices): Promise<Stack> {
    const stack = new Stack(synthesized, services);
    await stack.#create();
    return stack;
  }

  /**
   * Updates the stack in place, like CloudFormation does with functions: their code and configuration change,
   * everything else goes on.
   *
   * @returns the logical ids of the functions that changed
   * @throws TemplateError for any other change, before anything is done
   */
  async update(synthesized: SynthesizedStack): Promise<string[]> {
    const resources = synthesized.template.Resources;
    const ids = [...new Set([...Object.keys(this.#synthesized.template.Resources), ...Object.keys(resources)])];
    const changed = ids.filter((id) => !isDeepStrictEqual(this.#synthesized.template.Resources[id], resources[id]));
    for (const id of changed) {
      const [before, after] = [this.#synthesized.template.Resources[id], resources[id]];
      if (before?.Type === FUNCTION && after?.Type === FUNCTION) continue;
      throw new TemplateError(`The sandbox updates functions in place, and ${id} is none, or comes or goes.`);
    }
    this.#synthesized = synthesized;
    this.#resolver = this.#resolverOf(synthesized);
    await this.#create(changed);
    return changed;
  }

  /**
   * The `Ref` of the only resource of this type whose logical id has this prefix, such as a queue's URL or a table's
   * name.
   */
  ref(type: string, logicalIdPrefix = ''): string {
    return this.#identify(this.logicalId(type, logicalIdPrefix)).ref;
  }

  /** Like {@link ref}, for `Fn::GetAtt`. */
  attribute(type: string, logicalIdPrefix: string, attribute: string): string {
    const logicalId = this.logicalId(type, logicalIdPrefix);
    const found = this.#identify(logicalId).attributes[attribute];
    if (found === undefined) throw new TemplateError(`${logicalId} has no ${attribute}.`);
    return found;
  }

  /** @throws TemplateError unless exactly one resource matches */
  logicalId(type: string, prefix = ''): string {
    const fitting = this.#present().filter(([id, resource]) => resource.Type === type && id.startsWith(prefix));
    const [only, ...others] = fitting;
    if (only !== undefined && others.length === 0) return only[0];
    throw new TemplateError(
      `${fitting.length} resources of type ${type} have a logical id that starts with "${prefix}".`,
    );
  }

  /** The template's outputs by name. */
  get outputs(): Readonly<Record<string, unknown>> {
    const entries = Object.entries(this.#synthesized.template.Outputs);
    return Object.fromEntries(
      entries.map(([name, { Value }]) => [name, this.#resolver.resolve(Value, `Outputs.${name}`)]),
    );
  }

  /** The template's description of an output, or of the stack itself when none is named. */
  description(output?: string): string | undefined {
    const { Description, Outputs } = this.#synthesized.template;
    return output === undefined ? Description : Outputs[output]?.Description;
  }

  /** The policies of a role with all intrinsic functions resolved. */
  policiesOf(roleLogicalId: string): ReadonlyArray<{ readonly name: string; readonly document: PolicyDocument }> {
    const role = this.#services.authorization.roles.find(({ logicalId }) => logicalId === roleLogicalId);
    if (role === undefined) throw new TemplateError(`There is no role ${roleLogicalId} in the template.`);
    return role.policies;
  }

  /** The calls of AWS services with the stack's roles so far: polling queues, writing logs, sending wake-ups. */
  get serviceCalls(): readonly ServiceCall[] {
    return [...this.#services.authorization.serviceCalls.values()];
  }

  /** The resources whose condition is true. */
  #present(): Array<[string, TemplateResource]> {
    return Object.entries(this.#synthesized.template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || this.#resolver.condition(Condition),
    );
  }

  /** @param only these resources; absent: all */
  async #create(only?: readonly string[]): Promise<void> {
    const present = this.#present().filter(([logicalId]) => only === undefined || only.includes(logicalId));
    for (const [logicalId, { Type }] of present) {
      if (!TYPES.has(Type)) throw new TemplateError(`The sandbox does not know ${Type}, the type of ${logicalId}.`);
    }
    for (const [type, { create }] of TYPES) {
      for (const [logicalId, { Type, Properties }] of present) {
        if (Type !== type) continue;
        await create(this.#resolver.resolve(Properties, logicalId), {
          ...this.#services,
          logicalId,
          stackName: this.name,
          identity: this.#identify(logicalId),
          assetDirectory: this.#synthesized.assetDirectory,
        });
      }
    }
  }

  #identify(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#synthesized.template.Resources[logicalId];
    const type = TYPES.get(resource?.Type ?? '');
    if (resource === undefined || type === undefined) {
      throw new TemplateError(`The sandbox does not know ${resource?.Type}, the type of ${logicalId}.`);
    }
    const identity = type.identify(this.#naming(logicalId, resource));
    this.#identities.set(logicalId, identity);
    return identity;
  }

  #naming(logicalId: string, { Properties }: TemplateResource): Naming {
    const { world } = this.#services;
    return {
      logicalId,
      world,
      given: (property) => {
        const value = this.#resolver.resolve(Properties[property], `${logicalId}.${property}`);
        return value === undefined ? undefined : String(value);
      },
      generated: (longest) => {
        // Derived from the logical id, so that a resource keeps its name when others are added or removed.
        const random = world.random.fork(`physical name of ${logicalId}`);
        const suffix = Array.from({ length: 12 }, () => SUFFIX_ALPHABET[random.integer(0, 35)]).join('');
        return `${`${this.name}-${logicalId}`.slice(0, longest - suffix.length - 1)}-${suffix}`;
      },
    };
  }
}
