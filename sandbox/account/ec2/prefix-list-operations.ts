import {
  DescribeManagedPrefixLists$,
  type DescribeManagedPrefixListsCommandInput,
  type DescribeManagedPrefixListsCommandOutput,
  GetManagedPrefixListEntries$,
  type GetManagedPrefixListEntriesCommandInput,
  type GetManagedPrefixListEntriesCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { pageOf } from '../pagination.ts';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import type { PrefixList } from './prefix-lists.ts';
import { describedTags, existingOne, namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';

const NO_SUCH = ['InvalidPrefixListID', 'prefix list ID'] as const;
const LARGEST_PAGE = 100;

/** Reads managed prefix lists. A list that is no longer shared appears not to exist (EC2 API, error codes). */
export function prefixListOperations({ world, networks }: Ec2State): Record<string, Operation> {
  const arnOf = (id: string) => `arn:${world.partition}:ec2:${world.region}:${world.accountId}:prefix-list/${id}`;
  const readable = () => networks.prefixLists.list().filter((list) => list.readable);
  return {
    DescribeManagedPrefixLists: operation<
      DescribeManagedPrefixListsCommandInput,
      DescribeManagedPrefixListsCommandOutput
    >(
      DescribeManagedPrefixLists$,
      ['PrefixListIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ PrefixListIds, ...request }) => {
        const id = (list: PrefixList) => list.id;
        const named = namedOnes(readable(), id, PrefixListIds, ...NO_SUCH);
        const { items, nextToken } = search(named, id, fields, ({ tags }) => tags, request, LARGEST_PAGE);
        return {
          PrefixLists: items.map((list) => ({
            PrefixListId: list.id,
            PrefixListName: list.name,
            PrefixListArn: arnOf(list.id),
            AddressFamily: list.cidrs.some((cidr) => cidr.includes(':')) ? 'IPv6' : 'IPv4',
            State: 'create-complete' as const,
            MaxEntries: list.cidrs.length,
            Version: 1,
            OwnerId: world.accountId,
            Tags: describedTags(list.tags),
          })),
          NextToken: nextToken,
        };
      },
    ),
    GetManagedPrefixListEntries: operation<
      GetManagedPrefixListEntriesCommandInput,
      GetManagedPrefixListEntriesCommandOutput
    >(
      GetManagedPrefixListEntries$,
      ['PrefixListId', 'MaxResults', 'NextToken'],
      ({ PrefixListId = '', MaxResults = LARGEST_PAGE, NextToken }) => {
        const found = readable().find(({ id }) => id === PrefixListId);
        const { cidrs } = existingOne(found, PrefixListId, ...NO_SUCH);
        const { items, nextToken } = pageOf(
          [...cidrs].sort(),
          (cidr) => cidr,
          MaxResults,
          NextToken,
          () => {
            return new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
          },
        );
        return { Entries: items.map((Cidr) => ({ Cidr })), NextToken: nextToken };
      },
      ({ PrefixListId = '' }) => [{ action: 'ec2:GetManagedPrefixListEntries', resource: arnOf(PrefixListId) }],
    ),
  };
}

const fields: FilterFields<PrefixList> = {
  'prefix-list-id': ({ id }) => id,
  'prefix-list-name': ({ name }) => name,
};
