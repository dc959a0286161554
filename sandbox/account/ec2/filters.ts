import { matchesWildcard } from '../../../functions/shared/text/wildcard.ts';
import { AwsError } from '../../wire/aws-error.ts';

/** EC2's limit of filter values per call, over all filters (from the message of FilterLimitExceeded). */
const MAX_VALUES = 200;
/** EC2's limit of characters per value ("The maximum length for a filter value is 255 characters"). */
const MAX_LENGTH = 255;

/** A filter as in the inputs of EC2 and Auto Scaling. */
export interface RequestedFilter {
  readonly Name?: string | undefined;
  readonly Values?: string[] | undefined;
}

/**
 * The values of a resource that a filter of each name compares. Any of several values may match; an absent value
 * matches nothing.
 */
export type FilterFields<Resource> = Readonly<
  Record<string, (resource: Resource) => string | readonly string[] | undefined>
>;

/** Stand for wildcards that are meant as themselves. Nobody writes these characters: Unicode has no names for them. */
const MEANT: Readonly<Record<string, string>> = { '*': '\uE000', '?': '\uE001' };
const meant = (text: string): string => text.replaceAll(/[*?]/g, (one) => MEANT[one] ?? one);
const patternOf = (value: string): string => value.replaceAll(/\\(.)/gs, (_, one: string) => meant(one));

/**
 * Keeps the resources that match all filters, each by any of its values. `*` and `?` are wildcards, and a backslash says
 * that the character behind it is meant. Source: EC2 user guide, "List and filter using the CLI and API" (wildcards with
 * filters).
 *
 * @param tags of a resource, for `tag:KEY` and `tag-key`
 * @throws InvalidParameterValue for an unknown filter name, FilterLimitExceeded for too many values, or too long ones
 */
export function applyFilters<Resource>(
  resources: readonly Resource[],
  filters: readonly RequestedFilter[] | undefined,
  fields: FilterFields<Resource>,
  tags: (resource: Resource) => ReadonlyMap<string, string>,
): Resource[] {
  const all = (filters ?? []).flatMap(({ Values = [] }) => Values);
  if (all.length > MAX_VALUES) {
    const message = `The maximum number of filter values specified on a single call is ${MAX_VALUES}`;
    throw new AwsError('FilterLimitExceeded', message);
  }
  if (all.some((value) => value.length > MAX_LENGTH)) {
    throw new AwsError('FilterLimitExceeded', `The maximum length for a filter value is ${MAX_LENGTH} characters`);
  }
  const tests = (filters ?? []).map(({ Name = '', Values = [] }) => {
    // Filters often have hundreds of ids for thousands of instances, so only values with wildcards become patterns.
    const exact = new Set(Values.filter((value) => !/[*?\\]/.test(value)));
    const patterns = Values.filter((value) => !exact.has(value)).map(patternOf);
    const matchesOne = (one: string): boolean =>
      exact.has(one) || patterns.some((pattern) => matchesWildcard(pattern, meant(one), '?'));
    const matches = (value: string | readonly string[] | undefined): boolean =>
      typeof value === 'string' ? matchesOne(value) : (value?.some(matchesOne) ?? false);
    if (Name.startsWith('tag:')) return (resource: Resource) => matches(tags(resource).get(Name.slice(4)));
    if (Name === 'tag-key') return (resource: Resource) => matches([...tags(resource).keys()]);
    const field = fields[Name];
    if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    return (resource: Resource) => matches(field(resource));
  });
  return resources.filter((resource) => tests.every((test) => test(resource)));
}
