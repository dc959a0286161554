import * as z from 'zod';

/** Where the events that this project makes itself come from. */
export const SOURCE = 'eks-host-remediator' as const;

/**
 * The schema of an EventBridge event with the given source, detail type and detail. Members that AWS adds later are
 * ignored, so that a richer event still works.
 */
export const eventSchema = <Source extends string, DetailType extends string, Detail extends z.ZodType>(
  source: Source,
  detailType: DetailType,
  detail: Detail,
) =>
  z.object({
    // AWS's own samples leave it out.
    version: z.literal('0').default('0'),
    id: z.string().min(1),
    source: z.literal(source),
    'detail-type': z.literal(detailType),
    account: z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'),
    region: z.string().min(1),
    time: z.iso.datetime({ offset: true }),
    resources: z.array(z.string()),
    detail,
  });

/** What is known where a hint is made: the envelope around one detail. */
export interface HintOrigin {
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly time: string;
}

/** An event of this project's own, complete as EventBridge would deliver it. `id` names its cause: the same cause, the same event. */
export const ownEvent = <DetailType extends string, Detail>(
  detailType: DetailType,
  origin: HintOrigin,
  id: string,
  detail: Detail,
) => ({
  version: '0' as const,
  id,
  source: SOURCE,
  'detail-type': detailType,
  ...origin,
  resources: [],
  detail,
});
