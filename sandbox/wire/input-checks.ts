import { NormalizedSchema } from '@smithy/core/schema';
import type { Operation, Service } from '../account/service.ts';
import { AwsError, NotImplemented } from './aws-error.ts';
import { isRecord } from './json-codec.ts';
import { validationError } from './modeled-errors.ts';
import { membersOf, valueSchemaOf } from './schema-members.ts';

/**
 * Whether a call is a dry run, and its input without that member. Source: EC2 API reference, "DryRun": every EC2
 * operation whose model has it answers `DryRunOperation`, or `UnauthorizedOperation`, and changes nothing.
 */
export function dryRunIn(
  { protocol }: Service,
  input: Readonly<Record<string, unknown>>,
): { readonly isDry: boolean; readonly input: Readonly<Record<string, unknown>> } {
  if (protocol !== 'ec2-query') return { isDry: false, input };
  const { DryRun, ...rest } = input;
  return { isDry: DryRun === true, input: rest };
}

/**
 * Refuses input members that the sandbox would ignore.
 *
 * @throws NotImplemented
 */
export function refuseUnsupported(
  service: Service,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
): void {
  const unsupported = Object.keys(input).find((member) => !operation.supports.includes(member));
  if (unsupported === undefined) return;
  throw new NotImplemented(`${service.signingName}.${operation.schema[2]} with the parameter ${unsupported}`);
}

/**
 * Refuses an input that lacks members which the model requires.
 *
 * @throws AwsError in the wording of the service's protocol
 */
export function refuseIncomplete(
  service: Service,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
): void {
  const schema = NormalizedSchema.of(operation.schema[4]);
  if (isComplete(schema, input)) return;
  const missing = missingMembers(schema, input);
  const [first] = missing;
  if (first === undefined) return;
  if (service.protocol === 'ec2-query') {
    const parameter = first.charAt(0).toUpperCase() + first.slice(1);
    throw new AwsError('MissingParameter', `The request must contain the parameter ${parameter}`);
  }
  const problems = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const count = `${missing.length} validation error${missing.length === 1 ? '' : 's'} detected`;
  throw validationError(service, `${count}: ${problems.join('; ')}`);
}

/** Whether a value has each required member. Most inputs do, and need no paths. */
function isComplete(schema: NormalizedSchema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !requiresAny(schema)) return true;
  if (schema.isStructSchema() && isRecord(value)) {
    const required = requiredCount(schema);
    return membersOf(schema).every(([name, member], index) =>
      value[name] === undefined ? index >= required : isComplete(member, value[name]),
    );
  }
  if (!schema.isListSchema() && !schema.isMapSchema()) return true;
  return Object.values(value).every((each) => isComplete(valueSchemaOf(schema), each));
}

/**
 * The paths of required members that the input lacks, such as `entries.1.member.source`, in AWS's notation.
 *
 * The SDK's structure schemas list the required members first; the seventh element is their number.
 */
function missingMembers(schema: NormalizedSchema, value: unknown, path = ''): string[] {
  if (!requiresAny(schema)) return [];
  if (schema.isStructSchema() && isRecord(value)) {
    const required = requiredCount(schema);
    return membersOf(schema).flatMap(([name, member], index) => {
      const here = path + name.charAt(0).toLowerCase() + name.slice(1);
      if (value[name] === undefined) return index < required ? [here] : [];
      return missingMembers(member, value[name], `${here}.`);
    });
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    const item = valueSchemaOf(schema);
    return value.flatMap((entry: unknown, index) => missingMembers(item, entry, `${path}${index + 1}.member.`));
  }
  if (schema.isMapSchema() && isRecord(value)) {
    const item = valueSchemaOf(schema);
    return Object.entries(value).flatMap(([key, entry]) => missingMembers(item, entry, `${path}${key}.member.`));
  }
  return [];
}

/**
 * Whether the schema, or one that it contains at any depth, requires members. Most do not, and need no look at a value.
 */
function requiresAny(schema: NormalizedSchema): boolean {
  const key: unknown = schema.getSchema();
  const known = requiring.get(key);
  if (known !== undefined) return known;
  // Schemas refer to themselves. Each one is searched from anew, because a search that stops at a schema that is under
  // way knows nothing about those in between.
  const seen = new Set<unknown>();
  const search = (each: NormalizedSchema): boolean => {
    if (seen.has(each.getSchema())) return false;
    seen.add(each.getSchema());
    if (each.isStructSchema()) {
      return requiredCount(each) > 0 || membersOf(each).some(([, member]) => search(member));
    }
    return (each.isListSchema() || each.isMapSchema()) && search(valueSchemaOf(each));
  };
  const found = search(schema);
  requiring.set(key, found);
  return found;
}

const requiring = new Map<unknown, boolean>();

function requiredCount(schema: NormalizedSchema): number {
  const structure: unknown = schema.getSchema();
  const count: unknown = Array.isArray(structure) ? structure[6] : undefined;
  return typeof count === 'number' ? count : 0;
}
