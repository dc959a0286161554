import type { HealthPlannedLifecycle } from '../../events/health-planned-lifecycle.ts';
import type { Decision } from './decide.ts';

/**
 * Decides about a plan of AWS Health; a pure function. The event is only a hint, so it counts only for clusters that
 * exist. It may come from another Region or account, so only ARNs name a cluster.
 *
 * @param clusters the ARNs of the clusters that exist here, by name
 * @returns the decisions, by cluster
 */
export function decidePlanned(
  { eventTypeCode, statusCode, startTime, affectedEntities }: HealthPlannedLifecycle['detail'],
  clusters: ReadonlyMap<string, string>,
): ReadonlyMap<string, Decision> {
  const at = Date.parse(startTime ?? '');
  const begins = Number.isNaN(at)
    ? 'AWS Health does not say when it begins'
    : `It begins on ${new Date(at).toISOString().slice(0, 10)}`;
  const byCluster = new Map<string, Decision>();
  for (const [name, arn] of clusters) {
    const entity = affectedEntities.find(({ entityValue }) => entityValue === arn);
    if (entity === undefined) continue;
    const isOver = statusCode === 'closed' || entity.status === 'RESOLVED';
    byCluster.set(
      name,
      isOver
        ? { decision: 'done', reason: 'change-over', message: `${eventTypeCode} is over.`, variant: 'over' }
        : {
            decision: 'refused',
            reason: 'change-planned',
            message: `AWS Health plans ${eventTypeCode} for the cluster. ${begins}.`,
            variant: Number.isNaN(at) ? '' : String(at),
          },
    );
  }
  return byCluster;
}
