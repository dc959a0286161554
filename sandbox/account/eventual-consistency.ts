import { AwsError } from '../wire/aws-error.ts';
import type { Instances } from './ec2/instances.ts';
import type { CallContext, Operation, Service } from './service.ts';
import type { World } from './world.ts';

/** How long a change may take until every read shows it, ms. AWS gives no figure; seconds to half a minute are seen. */
const LONGEST = 30_000;

/** Share of reads that are answered by a place which has not heard yet. */
const STALE = 0.5;

/**
 * Services whose reads may lag behind what was done. Sources: EC2 API reference, "Eventual consistency"; IAM user guide,
 * "Changes that I make are not always immediately visible".
 */
const EVENTUAL: ReadonlySet<string> = new Set(['ec2', 'iam', 'autoscaling', 'elasticloadbalancing', 'ssm']);

/**
 * Reads that ignore ids which they do not know. Source: EC2 Auto Scaling API reference, DescribeAutoScalingInstances: "If you
 * specify an ID that does not exist, it is ignored with no error."
 */
const IGNORES_UNKNOWN: ReadonlySet<string> = new Set(['DescribeAutoScalingInstances']);

/** Reads that are of the moment: parameters and commands are looked up by what the caller has just been told. */
const IMMEDIATE = /^(GetParameters?|GetCommandInvocation|ListCommand\w*|GetServiceSetting|DescribeInstanceAttribute)$/;

const READ = /^(Describe|List|Get)/;

interface Answer {
  readonly at: number;
  readonly output: unknown;
}

/**
 * An account whose parts hear of a change one after the other, for up to half a minute: what was just made is unknown to
 * some calls, and some reads tell what was true before. Who asks twice may hear the new first and the old then. Only
 * functions meet it; an operator is patient.
 */
export class EventualConsistency {
  readonly #time: World['time'];
  readonly #chance: World['random'];
  readonly #instances: Instances;
  readonly #earlier = new Map<string, Answer[]>();
  /** Since when groups are there, epoch ms. */
  readonly #groups = new Map<string, number>();

  constructor(world: World, instances: Instances) {
    this.#time = world.time;
    this.#chance = world.random.fork('eventual-consistency');
    this.#instances = instances;
  }

  /** The same service, as its clients meet it. */
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
      return this.#read(`${key} ${JSON.stringify(input)}`, async () =>
        this.#known(await operation.run(input, context)),
      );
    };
    return { ...operation, run };
  }

  /** @throws AwsError for the id of what this call has not heard of yet */
  #refuseUnknown(input: unknown): void {
    for (const id of idsIn(input)) {
      if (!this.#isHidden(id)) continue;
      if (id.startsWith('sg-')) {
        throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
      }
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
  }

  /** What a read of a place that lags behind tells, or what is true now. */
  async #read(key: string, now: () => Promise<unknown>): Promise<unknown> {
    const recent = (this.#earlier.get(key) ?? []).filter(({ at }) => this.#time.now - at <= LONGEST);
    const lag = this.#chance.next() < STALE ? this.#chance.integer(0, LONGEST) : 0;
    const stale = lag === 0 ? undefined : (recent.findLast(({ at }) => at <= this.#time.now - lag) ?? recent[0]);
    if (stale !== undefined) return structuredClone(stale.output);
    const output = await now();
    this.#earlier.set(key, [...recent, { at: this.#time.now, output: structuredClone(output) }]);
    return output;
  }

  /** An answer without the groups and instances that its place has not heard of. */
  #known(output: unknown): unknown {
    if (typeof output !== 'object' || output === null) return output;
    const known = <Item>(items: Item[], key: string) => items.filter((item) => !this.#isHidden(idOf(item, key)));
    if ('SecurityGroups' in output && Array.isArray(output.SecurityGroups)) {
      return { ...output, SecurityGroups: known(output.SecurityGroups, 'GroupId') };
    }
    if ('AutoScalingInstances' in output && Array.isArray(output.AutoScalingInstances)) {
      return { ...output, AutoScalingInstances: known(output.AutoScalingInstances, 'InstanceId') };
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

  /** A new instance may be shown before its tags are. */
  #withoutTags(instance: object): object {
    return this.#isHidden(idOf(instance, 'InstanceId')) ? { ...instance, Tags: [] } : instance;
  }

  /** Whether a call that is made now does not know an id yet. */
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

/** Ids of groups and instances anywhere in an input, but for filters: what fits none is simply not in the answer. */
function idsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^(sg|i)-[0-9a-f]+$/.test(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === 'Filters' ? [] : idsIn(member)));
}
