import {
  ListFargateProfiles$,
  type ListFargateProfilesCommandInput,
  type ListFargateProfilesCommandOutput,
} from '@aws-sdk/client-eks';
import { type Operation, operation } from '../service.ts';
import { pageOfNames } from './pages.ts';
import type { EksState } from './state.ts';

/** The Fargate profiles of clusters. EKS API reference. */
export const fargateOperations = (
  state: EksState,
  clusterArn: (name: string | undefined) => string,
): Record<string, Operation> => ({
  ListFargateProfiles: operation<ListFargateProfilesCommandInput, ListFargateProfilesCommandOutput>(
    ListFargateProfiles$,
    ['clusterName', 'maxResults', 'nextToken'],
    ({ clusterName, ...page }) => {
      const { items, nextToken } = pageOfNames([...state.cluster(clusterName).fargateProfiles], page);
      return { fargateProfileNames: items, nextToken };
    },
    ({ clusterName }) => [{ action: 'eks:ListFargateProfiles', resource: clusterArn(clusterName) }],
  ),
});
