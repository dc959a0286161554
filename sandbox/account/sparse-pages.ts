import { NormalizedSchema } from '@smithy/core/schema';
import { isRecord } from '../wire/json-codec.ts';
import { membersOf } from '../wire/schema-members.ts';
import type { CallContext, Operation, Service } from './service.ts';
import type { World } from './world.ts';

/**
 * Lists that may begin with a page without items, although more follow by its token: services look through so many
 * items for a page, and leave out those that are not asked for. Sources, by service:
 * - inspector2: aws/aws-sdk-go-v2#3303 (both kinds of findings; coverage is listed alike)
 * - ssm: aws/aws-cli#2626 (DescribeInstanceInformation), boto/boto3#2643 (ListCommandInvocations)
 * - ec2, where there are filters: boto/boto3#2888 (DescribeInstanceTypes, explained by AWS),
 *   amazon-archives/aws-sdk-core-ruby#196 (DescribeInstances)
 * - autoscaling, where there are filters: boto/boto3#3458
 * - iam: API reference, `MaxItems`: "IAM might return fewer results, even when there are more results available"
 */
const SPARSE: Readonly<Record<string, RegExp>> = {
  inspector2: /^List/,
  ssm: /^(DescribeInstanceInformation|ListCommandInvocations)$/,
  ec2: /^Describe/,
  autoscaling: /^DescribeAutoScalingGroups$/,
  iam: /^List/,
};

/** Services that leave out items only where there are filters. */
const FILTERING: ReadonlySet<string> = new Set(['ec2', 'autoscaling']);

/** The token of an empty page, which no service issues otherwise. */
const AFTER_NOTHING = 'sandbox-after-nothing';

/** Share of lists that begin with an empty page. */
const EMPTY = 0.3;

/**
 * An account whose lists may begin with an empty page. A caller that takes the first page for all of it misses
 * everything. Only calls of functions are affected, not those of operators.
 */
export class SparsePages {
  readonly #chance: World['random'];

  constructor(world: World) {
    this.#chance = world.random.fork('sparse-pages');
  }

  /** Wraps a service as its clients experience it. */
  around(service: Service): Service {
    const sparse = SPARSE[service.signingName];
    if (sparse === undefined) return service;
    const operations = Object.entries(service.operations).map(([name, operation]) => {
      const token = sparse.test(name) ? tokenOf(operation) : undefined;
      return [
        name,
        token === undefined ? operation : this.#around(operation, token, FILTERING.has(service.signingName)),
      ];
    });
    return { ...service, operations: Object.fromEntries(operations) };
  }

  #around(operation: Operation, token: Token, needsFilters: boolean): Operation {
    const run = async (input: Readonly<Record<string, unknown>>, context: CallContext): Promise<unknown> => {
      const { [token.asked]: asked, ...rest } = input;
      const wanted = asked === AFTER_NOTHING ? rest : input;
      const answer = await operation.run(wanted as never, context);
      const mayBeEmpty = asked === undefined && (!needsFilters || hasItems(input.Filters));
      if (!mayBeEmpty || context.caller.function === 'operator' || this.#chance.next() >= EMPTY) return answer;
      return isRecord(answer) ? emptied(answer, token) : answer;
    };
    return { ...operation, run };
  }
}

/** The names of an operation's tokens. */
interface Token {
  readonly asked: string;
  readonly told: string;
}

function tokenOf({ schema }: Operation): Token | undefined {
  const named = (structure: unknown, names: readonly string[]) =>
    membersOf(NormalizedSchema.of(structure as Parameters<typeof NormalizedSchema.of>[0])).find(([name]) =>
      names.includes(name),
    )?.[0];
  const asked = named(schema[4], ['NextToken', 'nextToken', 'Marker']);
  const told = named(schema[5], ['NextToken', 'nextToken', 'Marker']);
  return asked === undefined || told === undefined ? undefined : { asked, told };
}

const hasItems = (filters: unknown): boolean => Array.isArray(filters) && filters.length > 0;

/** The same answer without its items, and with a token. */
const emptied = (answer: Readonly<Record<string, unknown>>, { told }: Token): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, Array.isArray(value) ? [] : value])),
  ...('IsTruncated' in answer && { IsTruncated: true }),
  [told]: AFTER_NOTHING,
});
