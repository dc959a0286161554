import type { HealthPlannedLifecycle } from '../../events/health-planned-lifecycle.ts';
import type { Decision } from './decide.ts';

/** A plan of AWS Health, and the clusters of this account and region that it is about. */
export interface Plan {
  readonly eventArn: string;
  readonly byCluster: ReadonlyMap<string, Decision>;
}

/**
 * What there is to tell of a plan of AWS Health; a pure function. The event is only a hint: it counts for clusters that are there.
 *
 * @param clusters the ARNs of the clusters that exist here, by name
 */
export function decidePlanned(
  { eventArn, eventTypeCode, statusCode, startTime, affectedEntities }: HealthPlannedLifecycle['detail'],
  clusters: ReadonlyMap<string, string>,
): Plan {
  const at = Date.parse(startTime ?? '');
  const begins = Number.isNaN(at)
    ? 'AWS Health does not say when it begins'
    : `It begins on ${new Date(at).toISOString().slice(0, 10)}`;
  const byCluster = new Map<string, Decision>();
  for (const [name, arn] of clusters) {
    const entity = affectedEntities.find(({ entityValue }) => entityValue === arn || entityValue === name);
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
  return { eventArn, byCluster };
}
