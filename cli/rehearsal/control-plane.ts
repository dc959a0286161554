import { DescribeUpdateCommand, paginateListInsights, paginateListUpdates } from '@aws-sdk/client-eks';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf } from './ground.ts';

/** The updates of the control plane's version that EKS lists, and since when. */
export async function controlPlaneUpdates({ clients, cluster }: Ground): Promise<Finding[]> {
  const name = cluster.name ?? '';
  const outcome = await outcomeOf(async () => {
    const told: string[] = [];
    for await (const { updateIds = [] } of paginateListUpdates({ client: clients.eks }, { name })) {
      for (const updateId of updateIds) {
        const { update } = await clients.eks.send(new DescribeUpdateCommand({ name, updateId }));
        const to = update?.params?.find(({ type }) => type === 'Version')?.value;
        if (to !== undefined) told.push(`${update?.createdAt?.toISOString()} ${update?.type} to ${to}`);
      }
    }
    return told.sort();
  });
  if (!('answer' in outcome)) return [failedTo('updates of the cluster', outcome)];
  if (outcome.answer.length === 0) return [open('EKS lists no update of its Kubernetes version')];
  return [answered(`it runs ${cluster.version}, and EKS lists: ${outcome.answer.join('; ')}`)];
}

/** Whether there are upgrade insights about the present version of the control plane. */
export async function insightsOfPresent({ clients, cluster }: Ground): Promise<Finding[]> {
  const { name: clusterName = '', version = '' } = cluster;
  const outcome = await outcomeOf(async () => {
    let count = 0;
    const filter = { categories: ['UPGRADE_READINESS' as const], kubernetesVersions: [version] };
    for await (const page of paginateListInsights({ client: clients.eks }, { clusterName, filter })) {
      count += page.insights?.length ?? 0;
    }
    return count;
  });
  if (!('answer' in outcome)) return [failedTo('upgrade insights', outcome)];
  return [answered(`there are ${outcome.answer} upgrade insights about ${version}, which it runs`)];
}
