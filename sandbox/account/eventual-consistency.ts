import { copierOf } from '../in-process/schema-copy.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Instances } from './ec2/instances.ts';
import type { CallContext, Operation, Service } from './service.ts';
import type { World } from './world.ts';

/**
 * How long a change may take until every read shows it, ms. AWS gives no figure; seconds to half a minute are observed.
 */
const LONGEST = 30_000;

/** Share of reads that are answered from a stale replica. */
const STALE = 0.5;

/**
 * Services whose reads may lag behind what was done. Sources: EC2 API reference, "Eventual consistency"; IAM user
 * guide, "Changes that I make are not always immediately visible".
 */
const EVENTUAL: ReadonlySet<string> = new Set(['ec2', 'iam', 'autoscaling', 'elasticloadbalancing', 'ssm']);

/**
 * Reads that ignore unknown ids. Source: EC2 Auto Scaling API reference, DescribeAutoScalingInstances: "If you specify
 * an ID that does not exist, it is ignored with no error."
 */
const IGNORES_UNKNOWN: ReadonlySet<string> = new Set(['DescribeAutoScalingInstances']);

/** Reads that are never stale: parameters, and commands that are looked up by an id the caller has just received. */
const IMMEDIATE = /^(GetParameters?|GetCommandInvocation|ListCommand\w*|GetServiceSetting|DescribeInstanceAttribute)$/;

const READ = /^(Describe|List|Get)/;

interface Answer {
  readonly at: number;
  readonly output: unknown;
}

/**
 * An account in which changes take up to half a minute to appear everywhere. New resources are unknown to some calls,
 * and some reads return an earlier state. Repeated reads may show the new state first and the old one then. Only calls
 * of functions are affected, not those of operators.
 */
export class EventualConsistency {
  readonly #time: World['time'];
  readonly #chance: World['random'];
  readonly #instances: Instances;
  readonly #earlier = new Map<string, Answer[]>();
  #forgottenAt = 0;
  /** Creation times of security groups, epoch ms. */
  readonly #groups = new Map<string, number>();

  constructor(world: World, instances: Instances) {
    this.#time = world.time;
    this.#chance = world.random.fork('eventual-consistency');
    this.#instances = instances;
  }

  /** Wraps a service as its clients experience it. */
  around(service: Service): Service {
    if (!EVENTUAL.has(service.signingName)) return service;
    const operations = Object.entries(service.operations).map(([name, operation]) => [
      name,
      this.#around(`${service.signingName} ${name}`, name, operation),
    ]);
    return { ...service, operations: Object.fromEntries(operations) };
  }

  #around(key: string, name: string, operation: Operation): Operation {
    const run = async (input: never, context: CallContext): Promise<unknown> => {
      if (context.caller.function === 'operator') return operation.run(input, context);
      if (!IGNORES_UNKNOWN.has(name)) this.#refuseUnknown(input);
      if (!READ.test(name) || IMMEDIATE.test(name)) {
        const made = await operation.run(input, context);
        if (name === 'CreateSecurityGroup') this.#groups.set(idOf(made, 'GroupId'), this.#time.now);
        return made;
      }
      return this.#read(
        `${key} ${JSON.stringify(input)}`,
        async () => this.#known(await operation.run(input, context)),
        copierOf(operation.schema[5]),
      );
    };
    return { ...operation, run };
  }

  /** @throws AwsError for the id of a resource that this call does not know yet */
  #refuseUnknown(input: unknown): void {
    for (const id of idsIn(input)) {
      if (!this.#isHidden(id)) continue;
      if (id.startsWith('sg-')) {
        throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
      }
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
  }

  /**
   * The result of a read: a stale one, or the current one.
   * @param copy makes what is kept independent of the account's state; callers get copies of every result anyway
   */
  async #read(key: string, now: () => Promise<unknown>, copy: (output: unknown) => unknown): Promise<unknown> {
    const recent = (this.#earlier.get(key) ?? []).filter(({ at }) => this.#time.now - at <= LONGEST);
    const lag = this.#chance.next() < STALE ? this.#chance.integer(0, LONGEST) : 0;
    const stale = lag === 0 ? undefined : (recent.findLast(({ at }) => at <= this.#time.now - lag) ?? recent[0]);
    if (stale !== undefined) return stale.output;
    const output = await now();
    this.#earlier.set(key, [...recent, { at: this.#time.now, output: copy(output) }]);
    if (this.#time.now - this.#forgottenAt > LONGEST) this.#forget();
    return output;
  }

  /** Drops answers that no read can get any more. */
  #forget(): void {
    this.#forgottenAt = this.#time.now;
    for (const [key, answers] of this.#earlier) {
      if (this.#time.now - (answers.at(-1)?.at ?? 0) > LONGEST) this.#earlier.delete(key);
    }
  }

  /** Removes from a result the security groups and instances that are not visible to it yet. */
  #known(output: unknown): unknown {
    if (typeof output !== 'object' || output === null) return output;
    const known = <Item>(items: Item[], key: string) => items.filter((item) => !this.#isHidden(idOf(item, key)));
    if ('SecurityGroups' in output && Array.isArray(output.SecurityGroups)) {
      return { ...output, SecurityGroups: known(output.SecurityGroups, 'GroupId') };
    }
    if ('AutoScalingInstances' in output && Array.isArray(output.AutoScalingInstances)) {
      return { ...output, AutoScalingInstances: known(output.AutoScalingInstances, 'InstanceId') };
    }
    if ('Tags' in output && Array.isArray(output.Tags)) {
      return { ...output, Tags: known(output.Tags, 'ResourceId') };
    }
    if ('Reservations' in output && Array.isArray(output.Reservations)) {
      const reservations = output.Reservations.map((reservation: { Instances?: object[] }) => ({
        ...reservation,
        Instances: known(reservation.Instances ?? [], 'InstanceId').map((instance) => this.#withoutTags(instance)),
      }));
      return { ...output, Reservations: reservations.filter(({ Instances }) => Instances.length > 0) };
    }
    return output;
  }

  /** A new instance may appear before its tags do. */
  #withoutTags(instance: object): object {
    return this.#isHidden(idOf(instance, 'InstanceId')) ? { ...instance, Tags: [] } : instance;
  }

  /** Whether an id is still unknown to a call made now. */
  #isHidden(id: string): boolean {
    const since = this.#groups.get(id) ?? this.#instances.get(id)?.launchedAt;
    return since !== undefined && this.#time.now - since < LONGEST && this.#chance.next() < STALE
      ? this.#time.now - since < this.#chance.integer(0, LONGEST)
      : false;
  }
}

const idOf = (item: unknown, key: string): string => {
  const id: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, key) : undefined;
  return typeof id === 'string' ? id : '';
};

/** Ids of security groups and instances anywhere in an input, except in filters, which simply match nothing. */
function idsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^(sg|i)-[0-9a-f]+$/.test(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === 'Filters' ? [] : idsIn(member)));
}
