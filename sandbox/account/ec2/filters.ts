import { matchesWildcard } from '../../../functions/shared/text/wildcard.ts';
import { AwsError } from '../../wire/aws-error.ts';

/** EC2: a call takes at most so many values over all its filters (the message of FilterLimitExceeded says so). */
const MAX_VALUES = 200;
/** EC2: a value has at most so many characters ("The maximum length for a filter value is 255 characters"). */
const MAX_LENGTH = 255;

/** A filter as EC2's and Auto Scaling's inputs carry it. */
export interface RequestedFilter {
  readonly Name?: string | undefined;
  readonly Values?: string[] | undefined;
}

/** What a filter of that name compares, for one resource: any of several values; absent ones match nothing. */
export type FilterFields<Resource> = Readonly<
  Record<string, (resource: Resource) => string | readonly string[] | undefined>
>;

/**
 * Keeps what all filters match: any value of one filter, every filter. `*` and `?` are wildcards, as in EC2.
 *
 * @param tags of a resource, for `tag:KEY` and `tag-key`
 * @throws InvalidParameterValue for a filter whose name is not known, FilterLimitExceeded for too many values, or too long ones
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
    // Mostly hundreds of ids against thousands of instances: only what has a wildcard is worth a pattern.
    const exact = new Set(Values);
    const patterns = Values.filter((value) => /[*?]/.test(value));
    const matches = (value: string | readonly string[] | undefined) =>
      value !== undefined &&
      [value].flat().some((one) => exact.has(one) || patterns.some((pattern) => matchesWildcard(pattern, one, '?')));
    if (Name.startsWith('tag:')) return (resource: Resource) => matches(tags(resource).get(Name.slice(4)));
    if (Name === 'tag-key') return (resource: Resource) => matches([...tags(resource).keys()]);
    const field = fields[Name];
    if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    return (resource: Resource) => matches(field(resource));
  });
  return resources.filter((resource) => tests.every((test) => test(resource)));
}
