import { AwsError } from '../wire/aws-error.ts';

/** A filter as EC2's and Auto Scaling's inputs carry it. */
export interface RequestedFilter {
  readonly Name?: string | undefined;
  readonly Values?: string[] | undefined;
}

/** What a filter of that name compares, for one resource; absent values match nothing. */
export type FilterFields<Resource> = Readonly<Record<string, (resource: Resource) => string | undefined>>;

/**
 * Keeps what all filters match: any value of one filter, every filter. `*` and `?` are wildcards, as in EC2.
 *
 * @param tags of a resource, for `tag:KEY` and `tag-key`
 * @throws InvalidParameterValue for a filter whose name is not known
 */
export function applyFilters<Resource>(
  resources: readonly Resource[],
  filters: readonly RequestedFilter[] | undefined,
  fields: FilterFields<Resource>,
  tags: (resource: Resource) => ReadonlyMap<string, string>,
): Resource[] {
  const tests = (filters ?? []).map(({ Name = '', Values = [] }) => {
    const patterns = Values.map(wildcard);
    const matches = (value: string | undefined) =>
      value !== undefined && patterns.some((pattern) => pattern.test(value));
    if (Name.startsWith('tag:')) return (resource: Resource) => matches(tags(resource).get(Name.slice(4)));
    if (Name === 'tag-key') return (resource: Resource) => [...tags(resource).keys()].some(matches);
    const field = fields[Name];
    if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    return (resource: Resource) => matches(field(resource));
  });
  return resources.filter((resource) => tests.every((test) => test(resource)));
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
