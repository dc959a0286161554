import {
  CreateAccessEntry$,
  type CreateAccessEntryCommandInput,
  type CreateAccessEntryCommandOutput,
  DescribeAccessEntry$,
  type DescribeAccessEntryCommandInput,
  type DescribeAccessEntryCommandOutput,
  ListAccessEntries$,
  type ListAccessEntriesCommandInput,
  type ListAccessEntriesCommandOutput,
} from '@aws-sdk/client-eks';
import { type Operation, operation } from '../service.ts';
import type { AccessEntries } from './access-entries.ts';
import { pageOfNames } from './pages.ts';
import type { EksState } from './state.ts';

/** Creates, describes and lists access entries. */
export function accessEntryOperations(
  state: EksState,
  entries: AccessEntries,
  clusterArn: (name: string | undefined) => string,
): Record<string, Operation> {
  return {
    CreateAccessEntry: operation<CreateAccessEntryCommandInput, CreateAccessEntryCommandOutput>(
      CreateAccessEntry$,
      ['clusterName', 'principalArn', 'kubernetesGroups', 'tags', 'username', 'type', 'clientRequestToken'],
      ({ clusterName, principalArn = '', ...request }) => ({
        accessEntry: entries.create(state.cluster(clusterName), { principalArn, ...request }),
      }),
      ({ clusterName }) => [{ action: 'eks:CreateAccessEntry', resource: clusterArn(clusterName) }],
    ),
    DescribeAccessEntry: operation<DescribeAccessEntryCommandInput, DescribeAccessEntryCommandOutput>(
      DescribeAccessEntry$,
      ['clusterName', 'principalArn'],
      ({ clusterName, principalArn = '' }) => ({ accessEntry: entries.get(state.cluster(clusterName), principalArn) }),
      ({ clusterName, principalArn = '' }) => [
        { action: 'eks:DescribeAccessEntry', resource: entries.arnOf(clusterName ?? '', principalArn) },
      ],
    ),
    ListAccessEntries: operation<ListAccessEntriesCommandInput, ListAccessEntriesCommandOutput>(
      ListAccessEntries$,
      ['clusterName', 'maxResults', 'nextToken'],
      ({ clusterName, ...request }) => {
        const principals = entries.list(state.cluster(clusterName)).map(({ principalArn }) => principalArn);
        const { items, nextToken } = pageOfNames(principals, request);
        return { accessEntries: items, nextToken };
      },
      ({ clusterName }) => [{ action: 'eks:ListAccessEntries', resource: clusterArn(clusterName) }],
    ),
  };
}
