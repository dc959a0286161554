import type { Tag } from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { applyFilters, type FilterFields, type RequestedFilter } from './filters.ts';

const DEFAULT_PAGE = 1000;

/** The common inputs of EC2's describe operations. */
export interface SearchRequest {
  readonly Filters?: RequestedFilter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * The things with the given ids, or all.
 * @throws `<code>.NotFound` that names the first unknown id
 */
export function namedOnes<Thing>(
  known: readonly Thing[],
  id: (thing: Thing) => string,
  ids: readonly string[] | undefined,
  code: string,
  what: string,
): Thing[] {
  if (ids === undefined) return [...known];
  return ids.map((wanted) =>
    existingOne(
      known.find((thing) => id(thing) === wanted),
      wanted,
      code,
      what,
    ),
  );
}

/** @throws `<code>.NotFound` when there is none */
export function existingOne<Thing>(thing: Thing | undefined, id: string, code: string, what: string): Thing {
  if (thing !== undefined) return thing;
  throw new AwsError(`${code}.NotFound`, `The ${what} '${id}' does not exist`);
}

/**
 * Filters, sorts by id and returns a page.
 * @throws InvalidParameterValue
 */
export function search<Thing>(
  things: readonly Thing[],
  id: (thing: Thing) => string,
  fields: FilterFields<Thing>,
  tags: (thing: Thing) => ReadonlyMap<string, string>,
  { Filters, MaxResults, NextToken }: SearchRequest,
  largestPage: number,
) {
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > largestPage)) {
    const message = `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and ${largestPage}.`;
    throw new AwsError('InvalidParameterValue', message);
  }
  const found = applyFilters(things, Filters, fields, tags).sort(byText(id));
  return pageOf(found, id, MaxResults ?? DEFAULT_PAGE, NextToken, () => {
    return new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
  });
}

/** Tags as EC2 returns them. */
export const describedTags = (tags: ReadonlyMap<string, string>): Tag[] =>
  [...tags].map(([Key, Value]) => ({ Key, Value }));

/** Tags as EC2 accepts them. */
export const tagMap = (tags: readonly Tag[] | undefined): Map<string, string> =>
  new Map((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
