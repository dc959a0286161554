import { ListInsights$, type ListInsightsCommandInput, type ListInsightsCommandOutput } from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';
import type { EksInsight } from './cluster.ts';
import type { EksState } from './state.ts';

/** ListInsights returns at most a hundred (EKS API reference). */
const MAX_PAGE = 100;

/** EKS refreshes insights once a day (EKS user guide, cluster insights). */
const DAY_MS = 86_400_000;

/** The upgrade insights of clusters. Source: the EKS API reference, ListInsights. */
export function insightOperations(
  world: World,
  state: EksState,
  clusterArn: (name: string | undefined) => string,
): Record<string, Operation> {
  const describe = ({ id, name, kubernetesVersion, status, reason, changedAt }: EksInsight) => ({
    id,
    name,
    category: 'UPGRADE_READINESS' as const,
    kubernetesVersion,
    lastRefreshTime: new Date(Math.max(changedAt, world.time.now - (world.time.now % DAY_MS))),
    lastTransitionTime: new Date(changedAt),
    description: `Checks what stands in the way of Kubernetes ${kubernetesVersion}.`,
    insightStatus: { status, reason },
  });
  return {
    ListInsights: operation<ListInsightsCommandInput, ListInsightsCommandOutput>(
      ListInsights$,
      ['clusterName', 'filter', 'maxResults', 'nextToken'],
      ({ clusterName, filter = {}, maxResults = MAX_PAGE, nextToken }) => {
        const cluster = state.cluster(clusterName);
        const invalid = (message: string) => new AwsError('InvalidParameterException', message);
        if (maxResults < 1 || maxResults > MAX_PAGE) throw invalid(`maxResults must be between 1 and ${MAX_PAGE}.`);
        const { categories, kubernetesVersions, statuses } = filter;
        const found = cluster.insights.filter(
          ({ kubernetesVersion, status }) =>
            (categories?.includes('UPGRADE_READINESS') ?? true) &&
            (kubernetesVersions?.includes(kubernetesVersion) ?? true) &&
            (statuses?.includes(status) ?? true),
        );
        const idOf = ({ id }: EksInsight) => id;
        const page = pageOf(found.sort(byText(idOf)), idOf, maxResults, nextToken, () =>
          invalid('The nextToken is invalid.'),
        );
        return { insights: page.items.map(describe), nextToken: page.nextToken };
      },
      ({ clusterName }) => [{ action: 'eks:ListInsights', resource: clusterArn(clusterName) }],
    ),
  };
}
